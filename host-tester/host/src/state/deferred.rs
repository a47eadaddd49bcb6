//! What a host call asks for, and what is done only when the callback that made it is over.

use crate::abi::StreamType;
use crate::abi::pairs::Pair;
use bytes::Bytes;

/// A response that a filter wants sent in the upstream's place.
#[derive(Clone, Debug)]
pub struct LocalReply {
    /// The HTTP status of the reply.
    pub status: u32,
    /// Envoy's response code details for the reply.
    pub details: Bytes,
    /// The body of the reply.
    pub body: Bytes,
    /// Headers besides those of the reply's body.
    pub headers: Vec<Pair>,
    /// The gRPC status of the reply, or less than 0 for none.
    pub grpc: i32,
}

/// What is done when the call is over.
#[derive(Debug)]
pub enum Deferred {
    /// A filter lets its stream go on.
    Continue {
        /// The filter's context.
        context: u32,
        /// The direction of the stream.
        stream: StreamType,
    },
    /// A filter closes its stream.
    Close {
        /// The filter's context.
        context: u32,
        /// The direction of the stream.
        stream: StreamType,
    },
    /// A filter answers in the upstream's place.
    Reply {
        /// The filter's context.
        context: u32,
        /// The reply in the upstream's place.
        reply: LocalReply,
    },
    /// A plugin that was asked to end has said that it is done.
    Done {
        /// The filter's context.
        context: u32,
    },
}
