//! `sign` and `verify_signature`.
//!
//! Envoy has a whole crypto library for these. This host has none, and answers what Envoy answers for a key that it cannot
//! read, [`Status::BadArgument`]; where Envoy might have read it, the log says so, lest a test of a filter that is
//! denied here be taken for one that Envoy denies.

use crate::abi::{LogLevel, Status, protobuf};
use crate::process::LogLine;
use crate::state::HostState;
use std::rc::Rc;

/// `SignArguments { hash_function = 1; private_key = 2; text = 3; private_key_pem = 4 }`.
pub(super) fn sign(host: &HostState, arguments: &[u8]) -> Result<Vec<u8>, Status> {
    refuse(host, "sign", arguments, [2, 4])
}

/// `VerifySignatureArguments { hash_function = 1; public_key = 2; signature = 3; text = 4; public_key_pem = 5 }`.
pub(super) fn verify(host: &HostState, arguments: &[u8]) -> Result<Vec<u8>, Status> {
    refuse(host, "verify_signature", arguments, [2, 5])
}

fn refuse(
    host: &HostState,
    name: &str,
    arguments: &[u8],
    keys: [u64; 2],
) -> Result<Vec<u8>, Status> {
    let fields = protobuf::fields(arguments).ok_or(Status::BadArgument)?;
    // Envoy takes one key in one form, and nothing else.
    let given = keys.iter().filter(|number| !protobuf::bytes(&fields, **number).is_empty());
    if given.count() == 1 {
        let text = format!("{name} is not simulated: BAD_ARGUMENT, where Envoy would try the key");
        let (at, worker, plugin) = (host.process.now.get(), host.worker, Rc::from(""));
        let line = LogLine { at, worker, plugin, stream: None, level: LogLevel::Warn, text };
        host.process.log.borrow_mut().push(line);
    }
    Err(Status::BadArgument)
}
