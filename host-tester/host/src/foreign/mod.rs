//! The functions that Envoy offers under a name.
//!
//! | file | functions | what differs from Envoy |
//! |---|---|---|
//! | [`compress`] | `compress`, `uncompress` | the compressed bytes may be others; they mean the same |
//! | [`filter_state`] | `set_envoy_filter_state` | objects are kept as the text they are made of |
//! | [`declare_property`] | `declare_property` | types and life spans are taken, and make no difference here |
//! | [`signature`] | `sign`, `verify_signature` | no key can be read: `BAD_ARGUMENT`, and a line in the log |
//! | [`expression`] | `expr_create`, `expr_evaluate`, `expr_delete` | CEL without macros other than `has`, and without maps |
//!
//! `clear_route_cache` is a line, below.

mod compress;
mod declare_property;
mod expression;
mod filter_state;
mod signature;

use crate::abi::Status;
use crate::state::HostState;

/// Calls one.
///
/// # Errors
/// [`Status::NotFound`] if there is none of that name; else what Envoy answers.
pub fn call(host: &mut HostState, name: &[u8], arguments: &[u8]) -> Result<Vec<u8>, Status> {
    match name {
        b"clear_route_cache" => Ok(clear_route_cache(host)),
        b"compress" => compress::compress(arguments),
        b"uncompress" => compress::uncompress(arguments, host.process.limits.memory),
        b"set_envoy_filter_state" => filter_state::set(host, arguments),
        b"declare_property" => declare_property::declare(host, arguments),
        b"sign" => signature::sign(host, arguments),
        b"verify_signature" => signature::verify(host, arguments),
        b"expr_create" => expression::create(host, arguments),
        b"expr_evaluate" => expression::evaluate(host, arguments),
        b"expr_delete" => expression::delete(host, arguments),
        _ => Err(Status::NotFound),
    }
}

fn clear_route_cache(host: &HostState) -> Vec<u8> {
    if let Some(view) = host.http() {
        view.stream.stale_route.set(true);
    }
    Vec::new()
}
