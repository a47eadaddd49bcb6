//! A world where nothing is, for what is to be known of a VM alone.

use super::failure::VmFailure;
use super::guest::Guest;
use super::instance::Vm;
use super::port::{HttpCall, Port};
use crate::abi::Status;
use crate::callout::{GrpcCall, GrpcMessage};
use crate::filter::Filter;
use crate::process::{Limits, Listener, Process};
use std::rc::Rc;

/// Starts a VM up to where Envoy would configure it, and drops it: what the benchmark measures.
///
/// # Errors
/// If the module dies of it.
pub fn start_once(filter: &Filter) -> Result<(), VmFailure> {
    let process = Rc::new(Process::new(0, 0, Limits::default()));
    let guest = Guest::new(1, 1, filter.abi_version(), process, Rc::new(Nowhere), Rc::default());
    Vm::start(filter, guest).map(drop)
}

struct Nowhere;

impl Port for Nowhere {
    fn give_way(&self, _: u32) {}

    fn has_cluster(&self, _: &str) -> bool {
        false
    }

    fn http_call(&self, _: HttpCall) -> Result<(), Status> {
        Err(Status::BadArgument)
    }

    fn grpc_call(&self, _: GrpcCall) -> Result<(), Status> {
        Err(Status::BadArgument)
    }

    fn grpc_send(&self, _: u64, _: u32, _: GrpcMessage) -> bool {
        false
    }

    fn wake(&self, _: Listener, _: u32) {}

    fn tick_every(&self, _: u64, _: u32, _: u32) {}
}
