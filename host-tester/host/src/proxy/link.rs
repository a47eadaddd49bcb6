//! What VMs ask of their proxy.

use super::events::Event;
use super::simulation::Simulation;
use crate::abi::Status;
use crate::callout::{GrpcCall, GrpcMessage};
use crate::process::Listener;
use crate::state::{HttpCall, Port};
use std::rc::Weak;

/// The simulation, as its VMs see it: they do not keep it alive.
pub(super) struct Link(Weak<Simulation>);

impl Link {
    pub(super) fn to(simulation: &Simulation) -> Self {
        Self(simulation.me())
    }

    fn with<T>(&self, work: impl FnOnce(&Simulation) -> T) -> Option<T> {
        self.0.upgrade().map(|simulation| work(&simulation))
    }
}

impl Port for Link {
    fn give_way(&self, worker: u32) {
        self.with(|simulation| simulation.give_way(worker));
    }

    fn has_cluster(&self, name: &str) -> bool {
        self.with(|simulation| simulation.upstreams.has(name)).unwrap_or(false)
    }

    fn http_call(&self, call: HttpCall) -> Result<(), Status> {
        self.with(|simulation| simulation.http_call(call)).unwrap_or(Err(Status::InternalFailure))
    }

    fn grpc_call(&self, call: GrpcCall) -> Result<(), Status> {
        self.with(|simulation| simulation.grpc_call(call)).unwrap_or(Err(Status::InternalFailure))
    }

    fn grpc_send(&self, vm: u64, token: u32, message: GrpcMessage) -> bool {
        self.with(|simulation| simulation.grpc_send(vm, token, message)).unwrap_or(false)
    }

    fn wake(&self, listener: Listener, token: u32) {
        let Listener { vm, context } = listener;
        self.with(|simulation| {
            simulation.put_at(simulation.now(), Event::QueueReady { vm, context, token })
        });
    }

    fn tick_every(&self, vm: u64, context: u32, ms: u32) {
        self.with(|simulation| simulation.tick_every(vm, context, ms));
    }
}
