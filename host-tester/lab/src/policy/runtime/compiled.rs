//! Policies on wasmtime: compiled once, a fresh instance for every question.
//!
//! A fresh one, because after a failure the guest's own stack pointer stands where that left it, and after an answer its
//! globals hold what it liked to remember: neither may reach the next question. With a pool of instances it costs
//! microseconds.

use super::{Evaluation, Limits};
use crate::policy::bindings::{Policy, PolicyPre};
use crate::policy::convert;
use serinus_core::policy::{About, Decision, Failure, MAX_DECISION, Param, Snapshot};
use serinus_host::engine::{EngineOptions, epochs, run_epochs};
use std::path::PathBuf;
use thiserror::Error;
use wasmtime::component::{self, Linker};
use wasmtime::{
    Cache, CacheConfig, Config, Engine, InstanceAllocationStrategy, OptLevel,
    PoolingAllocationConfig, ResourceLimiter, Store, Trap,
};

/// How many instances there can be at once.
const INSTANCES: u32 = 64;

/// Elements of all tables of a policy.
const MAX_TABLE: usize = 10_000;

/// What wasmtime copies out of a policy for one answer, bytes: an evidence counts as 16 of them in a decision's size, and
/// is 48 here.
const MAX_ANSWER: usize = 3 * MAX_DECISION;

/// How deep the native stack of a policy may become.
const STACK: usize = 256 << 10;

/// Why there is no component to ask.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The runtime cannot be set up here.
    #[error("the WebAssembly runtime cannot be set up: {0:#}")]
    Runtime(wasmtime::Error),
    /// It does not compile, or is no policy.
    #[error("{0:#}")]
    NoPolicy(wasmtime::Error),
}

/// Compiles policies. Cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    engine: Engine,
}

impl Runtime {
    /// A runtime.
    ///
    /// # Errors
    /// On a machine that it cannot run on.
    pub fn new() -> Result<Self, LoadError> {
        Self::with(None)
    }

    /// A runtime that keeps compiled components, where [`EngineOptions::cached`] keeps filters.
    ///
    /// # Errors
    /// On a machine that it cannot run on.
    pub fn cached() -> Result<Self, LoadError> {
        Self::with(EngineOptions::cached().cache)
    }

    fn with(cache: Option<PathBuf>) -> Result<Self, LoadError> {
        // Reserving addresses for many instances is refused on machines with a limit on them (`ulimit -v`).
        let pooled = Engine::new(&config(cache.clone(), true));
        let engine = pooled.or_else(|_| Engine::new(&config(cache, false)));
        let engine = engine.map_err(LoadError::Runtime)?;
        run_epochs(&engine);
        Ok(Self { engine })
    }

    /// Compiles a component. Whether the filter would take it as well, [`inspect`](crate::policy::inspect) tells.
    ///
    /// # Errors
    /// If it does not compile, imports something or does not export the contract.
    pub fn load(&self, component: &[u8], limits: Limits) -> Result<Component, LoadError> {
        let compile = || {
            let component = component::Component::from_binary(&self.engine, component)?;
            PolicyPre::new(Linker::new(&self.engine).instantiate_pre(&component)?)
        };
        let pre = compile().map_err(LoadError::NoPolicy)?;
        Ok(Component { pre, limits })
    }
}

fn config(cache: Option<PathBuf>, pooled: bool) -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .cranelift_opt_level(OptLevel::Speed)
        .max_wasm_stack(STACK);
    if let Some(folder) = cache {
        let mut cache = CacheConfig::new();
        cache.with_directory(folder);
        // A cache that cannot be had costs time, nothing else.
        config.cache(Cache::new(cache).ok());
    }
    if pooled {
        let mut pool = PoolingAllocationConfig::default();
        pool.total_component_instances(INSTANCES)
            .total_core_instances(INSTANCES)
            .total_memories(INSTANCES)
            .total_tables(INSTANCES)
            .table_elements(MAX_TABLE)
            .linear_memory_keep_resident(256 << 10)
            .table_keep_resident(64 << 10);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    } else {
        config.memory_reservation(0).memory_reservation_for_growth(1 << 20).memory_guard_size(0);
    }
    config
}

/// A policy that can be asked.
#[derive(Clone)]
pub struct Component {
    pre: PolicyPre<Limiter>,
    limits: Limits,
}

impl Component {
    /// Who is it?
    ///
    /// # Errors
    /// If it gives no answer.
    pub fn describe(&self) -> Result<About, Failure> {
        let (answer, _) =
            self.ask(|policy, store| policy.serinus_policy_promotion().call_describe(store));
        answer.map(convert::about)
    }

    /// Does it take these parameters? Otherwise, every mistake.
    ///
    /// # Errors
    /// If it gives no answer.
    pub fn validate(&self, params: &[Param]) -> Result<Result<(), Vec<String>>, Failure> {
        let params = convert::params(params);
        let (answer, _) = self
            .ask(|policy, store| policy.serinus_policy_promotion().call_validate(store, &params));
        answer
    }

    /// What does it decide?
    pub fn evaluate(&self, snapshot: &Snapshot) -> Evaluation {
        let snapshot = convert::snapshot(snapshot);
        let (answer, fuel_used) = self
            .ask(|policy, store| policy.serinus_policy_promotion().call_evaluate(store, &snapshot));
        let sound = |decision: Decision| decision.sound().map(|()| decision);
        Evaluation { outcome: answer.map(convert::decision).and_then(sound), fuel_used }
    }

    /// One question to a fresh instance; the answer, and the fuel that it took.
    fn ask<T>(
        &self,
        question: impl FnOnce(&Policy, &mut Store<Limiter>) -> wasmtime::Result<T>,
    ) -> (Result<T, Failure>, u64) {
        let mut store = self.store();
        let fuelled = store.set_fuel(self.limits.fuel);
        let policy = fuelled.and_then(|()| self.pre.instantiate(&mut store));
        let otherwise = if policy.is_ok() { Failure::Malformed } else { Failure::Signature };
        let answer = policy.and_then(|policy| question(&policy, &mut store));
        let left = store.get_fuel().unwrap_or(0);
        let answer = answer.map_err(|error| failure(&error, store.data(), otherwise));
        (answer, self.limits.fuel.saturating_sub(left))
    }

    fn store(&self) -> Store<Limiter> {
        let limiter = Limiter { memory: self.limits.memory, refused: false };
        let mut store = Store::new(self.pre.engine(), limiter);
        store.limiter(|limiter| limiter);
        store.set_epoch_deadline(epochs(self.limits.deadline));
        store.set_hostcall_fuel(MAX_ANSWER);
        store
    }
}

/// What an instance may grow to.
struct Limiter {
    memory: usize,
    /// It was refused something: if it gives up now, this is why.
    refused: bool,
}

impl Limiter {
    fn allow(&mut self, allowed: bool) -> wasmtime::Result<bool> {
        self.refused |= !allowed;
        Ok(allowed)
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        _: usize,
        to: usize,
        most: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.allow(to <= self.memory.min(most.unwrap_or(usize::MAX)))
    }

    fn table_growing(
        &mut self,
        _: usize,
        to: usize,
        most: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.allow(to <= MAX_TABLE.min(most.unwrap_or(usize::MAX)))
    }
}

/// What an error says of the policy. An allocator that is refused memory panics, so a trap after a refusal is about
/// memory.
fn failure(error: &wasmtime::Error, limiter: &Limiter, otherwise: Failure) -> Failure {
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel | Trap::Interrupt) => Failure::Fuel,
        Some(Trap::StackOverflow) => Failure::Stack,
        _ if limiter.refused => Failure::Memory,
        Some(_) => Failure::Trap,
        None if is_too_large(error) => Failure::TooLarge,
        None => otherwise,
    }
}

/// Wasmtime has no type for this one.
fn is_too_large(error: &wasmtime::Error) -> bool {
    format!("{error:#}").contains("fuel allocated for hostcalls has been exhausted")
}
