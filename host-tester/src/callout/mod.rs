//! Callouts: requests that a filter makes of its own.

use crate::abi::Status;
use crate::abi::pairs::Pair;
use crate::http::HeaderMap;
use bytes::Bytes;

/// What a plugin sees of its gRPC callouts.
#[derive(Debug, Default)]
pub struct GrpcView {
    /// The last token that was given out. Calls have odd ones, streams even ones.
    pub last_token: u32,
    /// What is open.
    pub open: hashbrown::HashSet<u32>,
    /// What the peer sent first, while it is reported.
    pub initial: Option<HeaderMap>,
    /// A message of the peer's, while it is reported.
    pub message: Option<Vec<u8>>,
    /// What the peer sent last, while it is reported.
    pub trailing: Option<HeaderMap>,
}

/// Whether a token is that of a call, not of a stream.
pub const fn is_call(token: u32) -> bool {
    token % 2 == 1
}

impl GrpcView {
    /// The next token for a call or a stream.
    pub fn next_token(&mut self, call: bool) -> u32 {
        loop {
            self.last_token = self.last_token.wrapping_add(1);
            let token = self.last_token;
            if is_call(token) == call && token != 0 && !self.open.contains(&token) {
                self.open.insert(token);
                return token;
            }
        }
    }
}

/// A gRPC callout.
#[derive(Clone, Debug)]
pub struct GrpcCall {
    /// The VM that asks.
    pub vm: u64,
    /// Its root context, which gets the answers.
    pub context: u32,
    /// The number under which it gets them.
    pub token: u32,
    /// Whom it asks: a cluster.
    pub cluster: String,
    /// Which service.
    pub service: String,
    /// Which of its methods.
    pub method: String,
    /// With which metadata.
    pub metadata: Vec<Pair>,
    /// The one message of a call; a stream sends later.
    pub message: Option<Bytes>,
    /// How long it waits, milliseconds; 0 is for ever.
    pub timeout_ms: u32,
}

/// What a filter does on a gRPC stream.
#[derive(Clone, Debug)]
pub enum GrpcMessage {
    /// Sends a message, perhaps its last.
    Send {
        /// The message.
        message: Bytes,
        /// It is the last.
        end: bool,
    },
    /// Sends no more.
    Close,
    /// Wants no answer.
    Cancel,
}

/// The cluster that a gRPC callout means. Envoy takes its name, or a serialised `GrpcService` with an
/// `envoy_grpc` in it, which is what the SDKs' documentation shows.
///
/// # Errors
/// [`Status::ParseFailure`] if it is neither.
pub fn cluster_of(service: &[u8], exists: impl Fn(&str) -> bool) -> Result<String, Status> {
    let name = String::from_utf8_lossy(service);
    if exists(&name) {
        return Ok(name.into_owned());
    }
    let cluster = field(service, 1).and_then(|envoy_grpc| field(envoy_grpc, 1));
    cluster.map(|name| String::from_utf8_lossy(name).into_owned()).ok_or(Status::ParseFailure)
}

/// The bytes of a protobuf field of length-delimited type, if it comes first.
fn field(message: &[u8], number: u8) -> Option<&[u8]> {
    let rest = message.strip_prefix(&[number << 3 | 2])?;
    let (len, rest) = rest.split_first()?;
    // Longer than 127 bytes: no cluster is named so.
    (*len < 0x80).then(|| rest.get(..usize::from(*len))).flatten()
}
