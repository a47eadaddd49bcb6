//! The runtime: how modules are compiled, kept and instantiated.

use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;
use wasmtime::{
    Cache, CacheConfig, Config, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
};

/// Entries that a module's table may have.
pub(crate) const MAX_TABLE: usize = 100_000;

/// How long an epoch is: how often a deadline by the clock on the wall is looked at.
const EPOCH: Duration = Duration::from_millis(10);

/// How the runtime is set up.
///
/// ```
/// use serinus_host::engine::{Engine, EngineOptions};
/// use std::time::Duration;
///
/// // For a fleet, and with an end to what takes too long by the clock on the wall.
/// let options = EngineOptions::default().instances(1000).deadline(Duration::from_secs(5));
/// let engine = Engine::new(&options)?;
/// # Ok::<(), serinus_host::engine::EngineError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EngineOptions {
    /// Where compiled modules are kept from one run to the next; `None` for nowhere.
    pub cache: Option<PathBuf>,
    /// How many VMs there can be at once. Room is reserved, not taken.
    pub instances: u32,
    /// Ends a callback that runs for longer by the clock on the wall. Fuel already ends it, and always at
    /// the same instruction; this is for who wants both.
    pub deadline: Option<Duration>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self { cache: None, instances: 256, deadline: None }
    }
}

impl EngineOptions {
    /// Keeps compiled modules where this machine keeps such things: `$SERINUS_CACHE`, else `serinus` under
    /// `$XDG_CACHE_HOME` or `~/.cache`. Without any of them nothing is kept.
    ///
    /// ```
    /// use serinus_host::engine::EngineOptions;
    ///
    /// let options = EngineOptions::cached().instances(16);
    /// ```
    pub fn cached() -> Self {
        let var =
            |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = || var("HOME").map(|home| home.join(".cache"));
        let user = || var("XDG_CACHE_HOME").or_else(home).map(|cache| cache.join("serinus"));
        Self { cache: var("SERINUS_CACHE").or_else(user), ..Self::default() }
    }

    /// Keeps compiled modules in this folder from one run to the next.
    ///
    /// ```
    /// use serinus_host::engine::EngineOptions;
    ///
    /// let options = EngineOptions::default().cache("target/wasm-cache");
    /// ```
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// Has room for so many VMs at once.
    pub fn instances(mut self, count: u32) -> Self {
        self.instances = count;
        self
    }

    /// Ends a callback that runs for longer than this by the clock on the wall.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }
}

/// The runtime cannot be set up.
///
/// ```
/// use serinus_host::engine::{Engine, EngineError, EngineOptions};
///
/// let engine: Result<Engine, EngineError> = Engine::new(&EngineOptions::default());
/// assert!(engine.is_ok());
/// ```
#[derive(Debug, Error)]
#[error("the WebAssembly runtime cannot be set up: {0:#}")]
pub struct EngineError(wasmtime::Error);

/// A runtime. Cheap to clone.
///
/// ```
/// use serinus_host::engine::{Engine, EngineOptions};
///
/// let engine = Engine::new(&EngineOptions::default())?;
/// let the_same = engine.clone();
/// # Ok::<(), serinus_host::engine::EngineError>(())
/// ```
#[derive(Clone)]
pub struct Engine {
    pub(crate) engine: wasmtime::Engine,
    pub(crate) deadline: Option<Duration>,
}

impl Engine {
    /// Sets a runtime up.
    ///
    /// # Errors
    /// On a machine that it cannot run on.
    ///
    /// ```
    /// use serinus_host::engine::{Engine, EngineOptions};
    ///
    /// let engine = Engine::new(&EngineOptions::cached())?;
    /// # Ok::<(), serinus_host::engine::EngineError>(())
    /// ```
    pub fn new(options: &EngineOptions) -> Result<Self, EngineError> {
        // Reserving addresses for many instances is refused on machines with a limit on them (`ulimit -v`).
        let engine =
            build(options, true).or_else(|_| build(options, false)).map_err(EngineError)?;
        if options.deadline.is_some() {
            run_epochs(&engine);
        }
        Ok(Self { engine, deadline: options.deadline })
    }
}

fn build(options: &EngineOptions, pooled: bool) -> wasmtime::Result<wasmtime::Engine> {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(options.deadline.is_some())
        .cranelift_opt_level(OptLevel::Speed)
        .max_wasm_stack(512 << 10);
    if pooled {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(options.instances)));
    } else {
        config.memory_reservation(0).memory_reservation_for_growth(1 << 20).memory_guard_size(0);
    }
    if let Some(folder) = &options.cache {
        let mut cache = CacheConfig::new();
        cache.with_directory(folder);
        // A cache that cannot be had costs time, nothing else.
        config.cache(Cache::new(cache).ok());
    }
    wasmtime::Engine::new(&config)
}

fn pool(instances: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_core_instances(instances)
        .total_memories(instances)
        .total_tables(instances)
        .table_elements(MAX_TABLE)
        .max_core_instance_size(4 << 20)
        .linear_memory_keep_resident(64 << 10);
    pool
}

/// Lets time pass on a wasmtime engine of your own, for as long as that engine lives: a thread raises its epoch.
///
/// An [`Engine`] with a [deadline](EngineOptions::deadline) does this for itself. Who runs other WebAssembly beside
/// filters, on an engine with `epoch_interruption`, gives it deadlines of the same clock with [`epochs`]:
///
/// ```
/// use serinus_host::engine::{epochs, run_epochs};
/// use std::time::Duration;
/// use wasmtime::{Config, Module, Store, Trap};
///
/// let mut config = Config::new();
/// config.epoch_interruption(true);
/// let engine = wasmtime::Engine::new(&config)?;
/// run_epochs(&engine);
///
/// let forever = wat::parse_str("(module (func (export \"run\") (loop (br 0))))")?;
/// let mut store = Store::new(&engine, ());
/// store.set_epoch_deadline(epochs(Duration::from_millis(50)));
/// let instance = wasmtime::Instance::new(&mut store, &Module::new(&engine, forever)?, &[])?;
/// let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
/// let error = run.call(&mut store, ()).unwrap_err();
/// assert_eq!(error.downcast_ref(), Some(&Trap::Interrupt));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run_epochs(engine: &wasmtime::Engine) {
    let engine = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(EPOCH);
        }
    });
}

/// A deadline by the clock on the wall, in epochs of [`run_epochs`], which are 10 ms long; at least one.
///
/// ```
/// use serinus_host::engine::epochs;
/// use std::time::Duration;
///
/// assert_eq!(epochs(Duration::ZERO), 1);
/// assert_eq!(epochs(Duration::from_secs(1)), 101);
/// ```
pub fn epochs(deadline: Duration) -> u64 {
    u64::try_from(deadline.as_millis() / EPOCH.as_millis()).unwrap_or(u64::MAX).saturating_add(1)
}
