//! What a host call asks for, and what is done only when the callback that made it is over.

use crate::abi::StreamType;
use crate::abi::pairs::Pair;
use bytes::Bytes;

/// A response that a filter wants sent in the upstream's place.
#[derive(Clone, Debug)]
pub struct LocalReply {
    /// HTTP status.
    pub status: u32,
    /// Envoy's response code details.
    pub details: Bytes,
    /// The body.
    pub body: Bytes,
    /// Headers to add.
    pub headers: Vec<Pair>,
    /// gRPC status, or less than 0 for none.
    pub grpc: i32,
}

/// What is done when the call is over.
#[derive(Debug)]
pub enum Deferred {
    /// A filter lets its stream go on.
    Continue {
        /// Its context.
        context: u32,
        /// In which direction.
        stream: StreamType,
    },
    /// A filter closes its stream.
    Close {
        /// Its context.
        context: u32,
        /// In which direction.
        stream: StreamType,
    },
    /// A filter answers in the upstream's place.
    Reply {
        /// Its context.
        context: u32,
        /// With what.
        reply: LocalReply,
    },
    /// A plugin that was asked to end has said that it is done.
    Done {
        /// Its context.
        context: u32,
    },
}
