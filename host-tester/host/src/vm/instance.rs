//! A running module.

use super::callback::Callback;
use super::exports::{Exports, export};
use crate::filter::{Filter, LoadError};
use crate::state::{Deferred, HostState};
use crate::state::{FailureKind, VmFailure};
use std::time::Duration;
use wasmtime::Store;

/// An instance of a module, and the host's side of it.
pub struct Vm {
    store: Store<HostState>,
    exports: Exports,
    deadline: Option<Duration>,
}

impl Vm {
    /// Instantiates a module and runs its start functions, as Envoy does before it calls any callback.
    ///
    /// # Errors
    /// What killed it.
    pub fn start(filter: &Filter, host: HostState) -> Result<Self, VmFailure> {
        let dead = |host: &HostState, kind| failure(host, kind, "its start");
        let mut store = Store::new(filter.engine(), host);
        store.limiter(|host| &mut host.allowance);
        let deadline = filter.deadline();
        refuel(&mut store, deadline);
        store.data_mut().deadline = deadline;
        store.data_mut().starting = true;
        let instance = filter
            .instance_pre()
            .instantiate(&mut store)
            .map_err(|error| dead(store.data(), instantiation(&error, store.data())))?;
        let exports = Exports::find(&mut store, &instance, filter.abi_version());
        let exports = exports
            .map_err(|error| dead(store.data(), FailureKind::Instantiate(error.to_string())))?;
        let memory = instance.get_memory(&mut store, "memory");
        let allocate = allocator(&mut store, &instance)
            .map_err(|error| dead(store.data(), FailureKind::Instantiate(error.to_string())))?;
        let host = store.data_mut();
        (host.memory, host.allocate) = (memory, Some(allocate));
        let mut vm = Self { store, exports, deadline };
        vm.run_start_functions()?;
        vm.host_mut().starting = false;
        Ok(vm)
    }

    /// `_initialize` and then `main`; or, without the first, `_start`.
    fn run_start_functions(&mut self) -> Result<(), VmFailure> {
        let Self { store, exports, .. } = self;
        let ran = match (&exports.initialize, &exports.main, &exports.start) {
            (Some(initialize), main, _) => {
                let ran = initialize.call(&mut *store, ()).map_err(|error| ("_initialize", error));
                ran.and_then(|()| match main {
                    Some(main) => main.call(store, (0, 0)).map(|_| ()).map_err(|e| ("main", e)),
                    None => Ok(()),
                })
            }
            (None, _, Some(start)) => start.call(store, ()).map_err(|error| ("_start", error)),
            (None, _, None) => Ok(()),
        };
        ran.map_err(|(name, error)| self.failed(&error, name))
    }

    fn failed(&self, error: &wasmtime::Error, callback: &'static str) -> VmFailure {
        let host = self.store.data();
        failure(host, host.cause_of(error), callback)
    }

    /// An allocator that died lets its callback end, and the VM ends with it.
    fn allocator_failed(&mut self) -> Option<VmFailure> {
        let host = self.store.data_mut();
        let kind = host.allocator_failed.take()?;
        let name = host.allocate.as_ref().map_or("malloc", |(name, _)| *name);
        Some(failure(host, kind, name))
    }

    /// Calls a context back; `None` if the module does not export the callback.
    ///
    /// # Errors
    /// What killed the VM. It must not be called again.
    pub fn call(&mut self, context: u32, callback: Callback) -> Result<Option<u32>, VmFailure> {
        refuel(&mut self.store, self.deadline);
        let host = self.store.data_mut();
        (host.current, host.effective) = (context, context);
        let result = self.exports.call(&mut self.store, context, callback).transpose();
        let host = self.store.data_mut();
        (host.current, host.effective) = (0, 0);
        match self.allocator_failed() {
            Some(failure) => Err(failure),
            None => result.map_err(|error| self.failed(&error, callback.name())),
        }
    }

    /// What the last call left to do, and whether it stopped the iteration.
    pub fn take_deferred(&mut self) -> (Vec<Deferred>, bool) {
        let host = self.store.data_mut();
        (std::mem::take(&mut host.deferred), std::mem::take(&mut host.stop_iteration))
    }

    /// The host's side of the VM, to read.
    pub fn host(&self) -> &HostState {
        self.store.data()
    }

    /// The host's side of the VM, to change.
    pub fn host_mut(&mut self) -> &mut HostState {
        self.store.data_mut()
    }
}

/// `malloc` is preferred, as on Envoy.
fn allocator(
    store: &mut Store<HostState>,
    instance: &wasmtime::Instance,
) -> Result<(&'static str, wasmtime::TypedFunc<u32, u32>), LoadError> {
    for name in ["malloc", "proxy_on_memory_allocate"] {
        if let Some(allocate) = export(store, instance, name)? {
            return Ok((name, allocate));
        }
    }
    Err(LoadError::NoAllocator)
}

fn refuel(store: &mut Store<HostState>, deadline: Option<Duration>) {
    let fuel = store.data().process.limits.fuel;
    // Engines of this crate always meter fuel: the only way in which this could fail.
    let _ = store.set_fuel(fuel);
    if let Some(deadline) = deadline {
        store.set_epoch_deadline(crate::engine::epochs(deadline));
    }
}

/// A trap in a start section is the module's; everything else is the runtime's refusal.
fn instantiation(error: &wasmtime::Error, host: &HostState) -> FailureKind {
    match host.cause_of(error) {
        FailureKind::Trap(_) if error.downcast_ref::<wasmtime::Trap>().is_none() => {
            FailureKind::Instantiate(format!("{error:#}"))
        }
        kind => kind,
    }
}

fn failure(host: &HostState, kind: FailureKind, callback: &'static str) -> VmFailure {
    VmFailure {
        kind,
        callback,
        worker: host.worker,
        at: host.process.now.get(),
        memory_refused: host.allowance.exceeded(),
    }
}
