//! Starting a VM on its own, without a proxy around it.

use super::instance::Vm;
use crate::abi::Status;
use crate::callout::{GrpcCall, GrpcMessage};
use crate::filter::Filter;
use crate::process::{Limits, Listener, Process};
use crate::state::{HostState, HttpCall, Port, VmFailure};
use std::rc::Rc;

/// Starts a VM up to the point where Envoy would configure it, and drops it.
///
/// A module whose start functions trap, or call what Envoy does not serve yet, fails here; and the time that this takes
/// is what a new VM costs before its filter does anything.
///
/// # Errors
/// If the module dies in its start functions.
///
/// ```
/// use serinus_host::engine::{Engine, EngineOptions};
/// use serinus_host::filter::Filter;
/// use serinus_host::vm::try_start;
///
/// let engine = Engine::new(&EngineOptions::default())?;
/// let panics = wat::parse_str(r#"(module
///     (memory (export "memory") 1)
///     (func (export "proxy_abi_version_0_2_1"))
///     (func (export "malloc") (param i32) (result i32) (i32.const 0))
///     (func (export "_initialize") unreachable))"#)?;
/// let failure = try_start(&Filter::compile(&engine, &panics)?).unwrap_err();
/// assert_eq!(failure.callback, "_initialize");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn try_start(filter: &Filter) -> Result<(), VmFailure> {
    let process = Rc::new(Process::new(0, 0, Limits::default()));
    let host = HostState::new(1, 1, filter.abi_version(), process, Rc::new(Nowhere), Rc::default());
    Vm::start(filter, host).map(drop)
}

/// A proxy of which there is nothing: no cluster, no other worker, no clock.
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
