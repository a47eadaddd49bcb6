//! A running module.

use super::callback::Callback;
use super::exports::{Exports, export};
use super::failure::{FailureKind, VmFailure};
use super::guest::{Deferred, Guest};
use crate::filter::{Filter, LoadError};
use std::time::Duration;
use wasmtime::Store;

/// An instance of a module, and the host's side of it.
pub struct Vm {
    store: Store<Guest>,
    exports: Exports,
    deadline: Option<Duration>,
}

impl Vm {
    /// Instantiates a module and runs its start functions, as Envoy does before it calls any callback.
    ///
    /// # Errors
    /// What killed it.
    pub fn start(filter: &Filter, guest: Guest) -> Result<Self, VmFailure> {
        let dead = |guest: &Guest, kind| failure(guest, kind, "its start");
        let mut store = Store::new(filter.engine(), guest);
        store.limiter(|guest| &mut guest.allowance);
        let deadline = filter.deadline();
        refuel(&mut store, deadline);
        store.data_mut().starting = true;
        let instance = filter
            .instance_pre()
            .instantiate(&mut store)
            .map_err(|error| dead(store.data(), instantiation(&error, store.data(), deadline)))?;
        let exports = Exports::find(&mut store, &instance, filter.abi_version());
        let exports = exports
            .map_err(|error| dead(store.data(), FailureKind::Instantiate(error.to_string())))?;
        let memory = instance.get_memory(&mut store, "memory");
        let allocate = allocator(&mut store, &instance)
            .map_err(|error| dead(store.data(), FailureKind::Instantiate(error.to_string())))?;
        let guest = store.data_mut();
        (guest.memory, guest.allocate) = (memory, Some(allocate));
        let mut vm = Self { store, exports, deadline };
        vm.run_start_functions()?;
        vm.guest_mut().starting = false;
        Ok(vm)
    }

    /// `_initialize` and then `main`; or, without the first, `_start`.
    fn run_start_functions(&mut self) -> Result<(), VmFailure> {
        let Self { store, exports, deadline } = self;
        let ran = match (&exports.initialize, &exports.main, &exports.start) {
            (Some(initialize), main, _) => initialize.call(&mut *store, ()).and_then(|()| {
                main.as_ref().map_or(Ok(()), |main| main.call(&mut *store, (0, 0)).map(|_| ()))
            }),
            (None, _, Some(start)) => start.call(&mut *store, ()),
            (None, _, None) => Ok(()),
        };
        ran.map_err(|error| {
            let kind = kind_of(&error, store.data(), *deadline);
            failure(store.data(), kind, "its start function")
        })
    }

    /// Calls a context back; `None` if the module does not export the callback.
    ///
    /// # Errors
    /// What killed the VM. It must not be called again.
    pub fn call(&mut self, context: u32, callback: Callback) -> Result<Option<u32>, VmFailure> {
        refuel(&mut self.store, self.deadline);
        let guest = self.store.data_mut();
        (guest.current, guest.effective) = (context, 0);
        let result = self.exports.call(&mut self.store, context, callback).transpose();
        let guest = self.store.data_mut();
        (guest.current, guest.effective) = (0, 0);
        result.map_err(|error| {
            let kind = kind_of(&error, self.store.data(), self.deadline);
            failure(self.store.data(), kind, callback.name())
        })
    }

    /// What the last call left to do, and whether it stopped the iteration.
    pub fn take_deferred(&mut self) -> (Vec<Deferred>, bool) {
        let guest = self.store.data_mut();
        (std::mem::take(&mut guest.deferred), std::mem::take(&mut guest.stop_iteration))
    }

    /// What the module exports.
    pub fn exports(&self) -> &Exports {
        &self.exports
    }

    /// The host's side.
    pub fn guest(&self) -> &Guest {
        self.store.data()
    }

    /// The host's side.
    pub fn guest_mut(&mut self) -> &mut Guest {
        self.store.data_mut()
    }
}

fn allocator(
    store: &mut Store<Guest>,
    instance: &wasmtime::Instance,
) -> Result<wasmtime::TypedFunc<u32, u32>, LoadError> {
    let malloc = export(store, instance, "malloc")?;
    let allocate = match malloc {
        Some(malloc) => Some(malloc),
        None => export(store, instance, "proxy_on_memory_allocate")?,
    };
    allocate.ok_or(LoadError::NoAllocator)
}

fn refuel(store: &mut Store<Guest>, deadline: Option<Duration>) {
    let fuel = store.data().process.limits.fuel;
    // Engines of this crate always meter fuel: the only way in which this could fail.
    let _ = store.set_fuel(fuel);
    if let Some(deadline) = deadline {
        store.set_epoch_deadline(crate::engine::epochs(deadline));
    }
}

fn kind_of(error: &wasmtime::Error, guest: &Guest, deadline: Option<Duration>) -> FailureKind {
    let ms = deadline.map_or(0, |deadline| u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX));
    FailureKind::of(error, guest.process.limits.fuel, ms)
}

/// A trap in a start section is the module's; everything else is the runtime's refusal.
fn instantiation(
    error: &wasmtime::Error,
    guest: &Guest,
    deadline: Option<Duration>,
) -> FailureKind {
    match kind_of(error, guest, deadline) {
        FailureKind::Trap(_) if error.downcast_ref::<wasmtime::Trap>().is_none() => {
            FailureKind::Instantiate(format!("{error:#}"))
        }
        kind => kind,
    }
}

fn failure(guest: &Guest, kind: FailureKind, callback: &'static str) -> VmFailure {
    VmFailure {
        kind,
        callback,
        worker: guest.worker,
        at: guest.process.now.get(),
        memory_refused: guest.allowance.exceeded(),
    }
}
