//! Callouts: requests that a filter makes of its own.

use crate::abi::Status;
use crate::abi::pairs::Pair;
use crate::abi::protobuf;
use crate::http::HeaderMap;
use bytes::Bytes;
use hashbrown::HashMap;

/// The bits of a token that tell its kind.
const KIND: u32 = 3;
const CALL: u32 = 1;
const STREAM: u32 = 2;

/// The numbers of a VM's callouts: its kind in the low two bits, as Envoy gives them.
#[derive(Debug)]
pub struct Tokens {
    http: u32,
    call: u32,
    stream: u32,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { http: 0, call: CALL, stream: STREAM }
    }
}

impl Tokens {
    /// The next one of an HTTP callout.
    pub fn next_http(&mut self) -> u32 {
        next(&mut self.http)
    }

    /// The next one of a gRPC call.
    pub fn next_call(&mut self) -> u32 {
        next(&mut self.call)
    }

    /// The next one of a gRPC stream.
    pub fn next_stream(&mut self) -> u32 {
        next(&mut self.stream)
    }
}

fn next(last: &mut u32) -> u32 {
    *last = last.wrapping_add(KIND + 1);
    *last
}

/// Whether a token is that of a gRPC call.
pub const fn is_call(token: u32) -> bool {
    token & KIND == CALL
}

/// Whether a token is that of a gRPC stream.
pub const fn is_stream(token: u32) -> bool {
    token & KIND == STREAM
}

/// Which ends of a gRPC stream have closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// The filter will send no more, by `grpc_close`.
    pub local: bool,
    /// The peer's status has been reported.
    pub remote: bool,
}

/// What a plugin sees of its gRPC callouts.
#[derive(Debug, Default)]
pub struct GrpcView {
    /// The tokens that mean something. That of a stream does until both ends are closed, even if nothing comes of it.
    pub open: HashMap<u32, Ends>,
    /// What the peer sent first, while it is reported.
    pub initial: Option<HeaderMap>,
    /// A message of the peer's, while it is reported.
    pub message: Option<Vec<u8>>,
    /// What the peer sent last, while it is reported.
    pub trailing: Option<HeaderMap>,
}

impl GrpcView {
    /// The peer of a callout has closed.
    pub fn closed(&mut self, token: u32) {
        if let Some(ends) = self.open.get_mut(&token) {
            ends.remote = true;
        }
        let done = |ends: &Ends| is_call(token) || ends.local;
        if self.open.get(&token).is_some_and(done) {
            self.open.remove(&token);
        }
    }
}

/// A gRPC callout that a filter makes.
#[derive(Clone, Debug)]
pub struct GrpcCall {
    /// The number of the VM that asks.
    pub vm: u64,
    /// Its root context, which gets the answers.
    pub context: u32,
    /// The number under which it gets them.
    pub token: u32,
    /// The cluster that is asked.
    pub cluster: String,
    /// The gRPC service that is asked.
    pub service: String,
    /// The method of the service.
    pub method: String,
    /// The metadata that the filter sends.
    pub metadata: Vec<Pair>,
    /// The one message of a call; a stream sends later.
    pub message: Option<Bytes>,
    /// How long the VM waits for the answer, milliseconds; 0 is for ever.
    pub timeout_ms: u32,
}

/// What a filter does on a gRPC stream.
#[derive(Clone, Debug)]
pub enum GrpcMessage {
    /// The filter sends a message, perhaps its last.
    Send {
        /// The bytes of the message.
        message: Bytes,
        /// Whether the message is the last.
        end: bool,
    },
    /// The filter sends no more, and waits for the answer.
    Close,
    /// The filter wants no answer.
    Cancel,
}

/// The cluster that a gRPC callout means. Envoy takes a serialised `GrpcService` with an `envoy_grpc` in it, which
/// is what the SDKs' documentation shows, or what is none and the name of a cluster.
///
/// # Errors
/// [`Status::ParseFailure`] if it is neither, [`Status::BadArgument`] for a `GrpcService` without `envoy_grpc`.
pub fn cluster_of(service: &[u8], exists: impl Fn(&str) -> bool) -> Result<String, Status> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let Some(fields) = protobuf::fields(service) else {
        return Some(text(service)).filter(|name| exists(name)).ok_or(Status::ParseFailure);
    };
    let envoy_grpc = protobuf::fields(protobuf::bytes(&fields, 1)).ok_or(Status::ParseFailure)?;
    let cluster = protobuf::bytes(&envoy_grpc, 1);
    if cluster.is_empty() { Err(Status::BadArgument) } else { Ok(text(cluster)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_a_message_or_the_name_of_a_cluster() {
        let of = |service: &[u8]| cluster_of(service, |name| name == "authz");
        assert_eq!(of(b"authz").unwrap(), "authz");
        assert_eq!(of(b"\x0a\x07\x0a\x05authz").unwrap(), "authz");
        // With a timeout before it, and of a cluster that there is not: that is told later.
        assert_eq!(of(b"\x1a\x02\x08\x01\x0a\x06\x0a\x04nope").unwrap(), "nope");
        assert_eq!(of(b"web"), Err(Status::ParseFailure));
        assert_eq!(of(b""), Err(Status::BadArgument));
    }

    #[test]
    fn a_token_tells_its_kind() {
        let mut tokens = Tokens::default();
        let (http, call, stream) = (tokens.next_http(), tokens.next_call(), tokens.next_stream());
        assert_eq!((http, call, stream, tokens.next_http()), (4, 5, 6, 8));
        assert_eq!([http, call, stream].map(is_call), [false, true, false]);
        assert_eq!([http, call, stream].map(is_stream), [false, false, true]);
    }
}
