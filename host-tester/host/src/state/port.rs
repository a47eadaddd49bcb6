//! What a VM asks of the world around it.

use crate::abi::Status;
use crate::abi::pairs::Pair;
use crate::callout::{GrpcCall, GrpcMessage};
use crate::process::Listener;
use bytes::Bytes;

/// An HTTP callout that a filter makes.
#[derive(Clone, Debug)]
pub struct HttpCall {
    /// The number of the VM that asks.
    pub vm: u64,
    /// Its root context, which gets the answer.
    pub context: u32,
    /// The number under which it gets it.
    pub token: u32,
    /// The cluster that is asked.
    pub cluster: String,
    /// The request's headers.
    pub headers: Vec<Pair>,
    /// The request's body.
    pub body: Bytes,
    /// How long the VM waits for the answer, milliseconds; 0 is for ever.
    pub timeout_ms: u32,
}

/// What a VM asks of the proxy around it.
pub trait Port {
    /// Another worker may run here, if races are explored. Nothing of the proxy's may be borrowed.
    fn give_way(&self, worker: u32);

    /// Whether there is a cluster of that name.
    fn has_cluster(&self, name: &str) -> bool;

    /// Begins an HTTP callout.
    ///
    /// # Errors
    /// What Envoy answers.
    fn http_call(&self, call: HttpCall) -> Result<(), Status>;

    /// Begins a gRPC callout or stream.
    ///
    /// # Errors
    /// What Envoy answers.
    fn grpc_call(&self, call: GrpcCall) -> Result<(), Status>;

    /// Sends on a gRPC stream, half-closes it, or resets it; whether its peer was still there.
    fn grpc_send(&self, vm: u64, token: u32, message: GrpcMessage) -> bool;

    /// Wakes the VM that listens to a queue.
    fn wake(&self, listener: Listener, token: u32);

    /// Has a root context ticked, or no longer ticked for a period of 0.
    fn tick_every(&self, vm: u64, context: u32, ms: u32);
}
