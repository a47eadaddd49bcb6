//! One instance of a policy, from its making to its one answer.
//!
//! It is never used again. After an error the guest's own stack pointer stands where the error left it, and after a
//! success its memory holds what it liked to remember; the snapshot's `memory` is the only state that there is.

use crate::abi::{self, GuestMemory};
use crate::limits::Limits;
use serinus_core::policy::{About, Decision, Failure, Param, Snapshot};

use wasmi::{Engine, Error, Instance, Memory, Module, ResourceLimiter, Store, TrapCode, TypedFunc};
use wasmi::{WasmParams, WasmResults};
use wasmi_core::LimiterError;

/// Elements of all the tables of a policy; Rust has one for each function that is called by address.
const MAX_TABLE: usize = 10_000;

const ALLOCATE: &str = "cabi_realloc";
const INITIALIZE: &str = "_initialize";
const DESCRIBE: &str = "serinus:policy/promotion@1.0.0#describe";
const DESCRIBED: &str = "cabi_post_serinus:policy/promotion@1.0.0#describe";
const EVALUATE: &str = "serinus:policy/promotion@1.0.0#evaluate";
const EVALUATED: &str = "cabi_post_serinus:policy/promotion@1.0.0#evaluate";
const VALIDATE: &str = "serinus:policy/promotion@1.0.0#validate";
const VALIDATED: &str = "cabi_post_serinus:policy/promotion@1.0.0#validate";

/// What an instance may grow to.
struct Limiter {
    memory: usize,
    /// It was refused something: if it gives up now, this is why.
    refused: bool,
}

impl Limiter {
    fn allow(&mut self, allowed: bool) -> Result<bool, LimiterError> {
        self.refused |= !allowed;
        Ok(allowed)
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        _: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, LimiterError> {
        self.allow(desired <= self.memory.min(maximum.unwrap_or(usize::MAX)))
    }

    fn table_growing(
        &mut self,
        _: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, LimiterError> {
        self.allow(desired <= MAX_TABLE.min(maximum.unwrap_or(usize::MAX)))
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        1
    }

    fn memories(&self) -> usize {
        1
    }
}

/// An instance that nothing has been asked yet.
pub(crate) struct Fresh {
    store: Store<Limiter>,
    fuel: u64,
}

impl Fresh {
    pub(crate) fn new(engine: &Engine, limits: Limits) -> Self {
        let mut store = Store::new(engine, Limiter { memory: limits.memory, refused: false });
        store.limiter(|limiter| limiter);
        // Fails only where fuel is not counted, and then nothing runs at all: there is none.
        let fuelled = store.set_fuel(limits.fuel).is_ok();
        Self { store, fuel: if fuelled { limits.fuel } else { 0 } }
    }

    /// What has been used up until now.
    pub(crate) fn fuel_used(&self) -> u64 {
        self.fuel.saturating_sub(self.store.get_fuel().unwrap_or(0))
    }

    pub(crate) fn describe(&mut self, module: &Module) -> Result<About, Failure> {
        let mut guest = Running::start(&mut self.store, module)?;
        let describe = guest.function::<(), u32>(DESCRIBE)?;
        let answer = guest.call(&describe, ())?;
        let about = abi::lift_about(guest.memory(), answer)?;
        guest.done(DESCRIBED, answer)?;
        Ok(about)
    }

    pub(crate) fn evaluate(
        &mut self,
        module: &Module,
        snapshot: &Snapshot,
    ) -> Result<Decision, Failure> {
        let mut guest = Running::start(&mut self.store, module)?;
        let evaluate = guest.function::<u32, u32>(EVALUATE)?;
        let argument = abi::lower_snapshot(snapshot, &mut guest)?;
        let answer = guest.call(&evaluate, argument)?;
        let decision = abi::lift_decision(guest.memory(), answer)?;
        guest.done(EVALUATED, answer)?;
        Ok(decision)
    }

    pub(crate) fn validate(
        &mut self,
        module: &Module,
        params: &[Param],
    ) -> Result<Option<Vec<String>>, Failure> {
        let mut guest = Running::start(&mut self.store, module)?;
        let validate = guest.function::<(u32, u32), u32>(VALIDATE)?;
        let arguments = abi::lower_params(params, &mut guest)?;
        let answer = guest.call(&validate, arguments)?;
        let mistakes = abi::lift_mistakes(guest.memory(), answer)?;
        guest.done(VALIDATED, answer)?;
        Ok(mistakes)
    }
}

/// An instance at work.
struct Running<'s> {
    store: &'s mut Store<Limiter>,
    instance: Instance,
    memory: Memory,
    allocate: TypedFunc<(u32, u32, u32, u32), u32>,
}

impl<'s> Running<'s> {
    fn start(store: &'s mut Store<Limiter>, module: &Module) -> Result<Self, Failure> {
        let instance = match Instance::new(&mut *store, module, &[]) {
            Ok(instance) => instance,
            Err(error) => return Err(failure(&error, store, Failure::Signature)),
        };
        let memory = instance.get_memory(&*store, "memory").ok_or(Failure::Signature)?;
        let allocate =
            instance.get_typed_func(&*store, ALLOCATE).map_err(|_| Failure::Signature)?;
        let mut running = Self { store, instance, memory, allocate };
        if running.instance.get_export(&*running.store, INITIALIZE).is_some() {
            let initialize = running.function::<(), ()>(INITIALIZE)?;
            running.call(&initialize, ())?;
        }
        Ok(running)
    }

    fn function<P: WasmParams, R: WasmResults>(
        &self,
        name: &str,
    ) -> Result<TypedFunc<P, R>, Failure> {
        self.instance.get_typed_func(&*self.store, name).map_err(|_| Failure::Signature)
    }

    fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        function: &TypedFunc<P, R>,
        arguments: P,
    ) -> Result<R, Failure> {
        let called = function.call(&mut *self.store, arguments);
        called.map_err(|error| failure(&error, self.store, Failure::Trap))
    }

    /// Tells the guest that its answer has been read, if it wants to know.
    fn done(&mut self, name: &str, answer: u32) -> Result<(), Failure> {
        if self.instance.get_export(&*self.store, name).is_none() {
            return Ok(());
        }
        let done = self.function::<u32, ()>(name)?;
        self.call(&done, answer)
    }
}

impl GuestMemory for Running<'_> {
    fn allocate(&mut self, align: u32, size: u32) -> Result<u32, Failure> {
        let allocate = self.allocate;
        self.call(&allocate, (0, 0, align, size))
    }

    fn memory(&mut self) -> &mut [u8] {
        self.memory.data_mut(&mut *self.store)
    }
}

/// What an error says of the policy. An allocator that is refused memory panics, so a trap after a refusal is about
/// memory.
fn failure(error: &Error, store: &Store<Limiter>, otherwise: Failure) -> Failure {
    match error.as_trap_code() {
        Some(TrapCode::OutOfFuel) => Failure::Fuel,
        Some(TrapCode::StackOverflow) => Failure::Stack,
        _ if store.data().refused => Failure::Memory,
        Some(_) => Failure::Trap,
        None => otherwise,
    }
}
