//! Scenarios on the embedded host.

mod connections;
mod convert;
mod refusal;
mod snapshot;
mod target;
mod trace;

use super::Scenario;
use super::outcome::Outcome;
use super::plugin::Config;
use super::run::module::{self, ModuleError};
use super::run::{Observer, Progress, drive};
use serinus_host::engine::{Engine, EngineError, EngineOptions};
use serinus_host::filter::{Filter, LoadError};
use serinus_host::proxy::{Proxy, StartError};
pub use snapshot::tell_log;
use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;
use target::Embedded;

/// What the command says over the scenario.
///
/// ```
/// use serinus_lab::scenario::Options;
///
/// // What `serinus run --seed 7 --filter mine.wasm` says.
/// let options = Options { seed: Some(7), filter: Some("mine.wasm".into()), ..Options::default() };
/// ```
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// In place of the scenario's seed.
    pub seed: Option<u64>,
    /// The module of plugins that name none.
    pub filter: Option<PathBuf>,
    /// Whether everything that happens is written to standard error.
    pub trace: bool,
}

/// Why a scenario cannot be run.
///
/// ```
/// use serinus_lab::scenario::{Options, RunError, Runner, Scenario, Source};
///
/// let text = "{ scenario: short, plugins: [{ name: mine, wasm: missing.wasm }] }";
/// let scenario = Scenario::parse(Source::new("mine.yaml", text))?;
/// let error = Runner::new()?.run(&scenario, &Options::default(), &mut ()).unwrap_err();
/// assert!(error.to_string().contains("missing.wasm"), "{error}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A plugin has no module.
    #[error(transparent)]
    ModuleError(#[from] ModuleError),
    /// A module cannot be loaded.
    #[error("plugin `{plugin}`: {}: {error}", file.display())]
    Load {
        /// Of which plugin.
        plugin: String,
        /// Which module.
        file: PathBuf,
        /// Why.
        error: LoadError,
    },
    /// A plugin does not start, and neither would Envoy.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A plugin does not take the configuration that it was given, and says so in its log alone.
    #[error("{0}")]
    NotTaken(Box<dyn Error + Send + Sync>),
}

impl RunError {
    /// Whether the filter is at fault, and not the way in which the command was called.
    ///
    /// ```
    /// use serinus_lab::scenario::{Options, Runner, Scenario, Source};
    ///
    /// // No module: that says nothing of a filter.
    /// let text = "{ scenario: short, plugins: [{ name: mine, wasm: missing.wasm }] }";
    /// let scenario = Scenario::parse(Source::new("mine.yaml", text))?;
    /// let error = Runner::new()?.run(&scenario, &Options::default(), &mut ()).unwrap_err();
    /// assert!(!error.fell_short());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fell_short(&self) -> bool {
        matches!(self, Self::Load { .. } | Self::Start(_))
    }
}

/// Runs scenarios, and compiles each module once.
///
/// ```
/// use serinus_lab::scenario::{Options, Runner, Scenario, Source};
///
/// # let folder = std::env::temp_dir().join(format!("serinus-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let module = folder.join("mine.wasm");
/// # std::fs::write(&module, serinus_host::example::FILTER)?;
/// let scenario = Scenario::parse(Source::new("mine.yaml", "
/// scenario: everyone gets the canary
/// plugins: [{ name: mine }]
/// clusters:
///   canary: { body: v2 }
///   baseline: { body: v1 }
/// routes:
///   - { match: { headers: { x-cohort: canary } }, cluster: canary }
///   - { cluster: baseline }
/// steps:
///   - request: { path: / }
///     expect: { cluster: canary, body: v2 }
/// "))?;
/// let options = Options { filter: Some(module), ..Options::default() };
/// let outcome = Runner::new()?.run(&scenario, &options, &mut ())?;
/// assert!(outcome.passed(), "{:?}", outcome.results);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Runner {
    engine: Engine,
    filters: HashMap<PathBuf, Filter>,
}

impl Runner {
    /// Sets the runtime up; compiled modules are kept on disk.
    ///
    /// # Errors
    /// On a machine that it cannot run on.
    pub fn new() -> Result<Self, EngineError> {
        Ok(Self { engine: Engine::new(&EngineOptions::cached())?, filters: HashMap::new() })
    }

    /// Runs a scenario.
    ///
    /// # Errors
    /// If it cannot be run at all.
    pub fn run(
        &mut self,
        scenario: &Scenario,
        options: &Options,
        progress: &mut dyn Progress,
    ) -> Result<Outcome, RunError> {
        self.run_observed(scenario, options, progress, None)
    }

    /// As [`Runner::run`], with somebody who watches beside the judge.
    ///
    /// # Errors
    /// If it cannot be run at all.
    pub fn run_observed(
        &mut self,
        scenario: &Scenario,
        options: &Options,
        progress: &mut dyn Progress,
        observer: Option<&mut dyn Observer>,
    ) -> Result<Outcome, RunError> {
        let began = Instant::now();
        let seed = options.seed.unwrap_or(scenario.seed);
        let filters = self.filters(scenario, options)?;
        let started = convert::builder(scenario, &filters, seed).start();
        if let Some(result) = refusal::judge(scenario, &started) {
            return Ok(refusal::outcome(scenario, seed, options, result, began.elapsed()));
        }
        let proxy = started?;
        taken(scenario, &proxy)?;
        let mut target = Embedded::new(proxy, scenario, options.trace);
        let driven = drive(scenario, seed, &mut target, progress, observer);
        Ok(Outcome {
            name: scenario.name.clone(),
            file: scenario.source.name.clone(),
            seed,
            filter: options.filter.clone(),
            simulated: driven.lasted,
            wall: began.elapsed(),
            requests: driven.requests,
            results: driven.results,
        })
    }

    /// The compiled module of each plugin.
    fn filters(&mut self, scenario: &Scenario, options: &Options) -> Result<Vec<Filter>, RunError> {
        let each = scenario.plugins.iter().map(|plugin| {
            let file = module::file(scenario, plugin, options.filter.as_deref())?;
            if let Some(known) = self.filters.get(&file) {
                return Ok(known.clone());
            }
            let plugin = plugin.name.clone();
            let filter = Filter::load(&self.engine, &file).map_err(|error| RunError::Load {
                plugin,
                file: file.clone(),
                error,
            })?;
            self.filters.insert(file, filter.clone());
            Ok(filter)
        });
        each.collect()
    }
}

/// Whether every plugin took the configuration that came from the scenario's source of them.
fn taken(scenario: &Scenario, proxy: &Proxy) -> Result<(), RunError> {
    let Some(source) = scenario.extensions.configs else { return Ok(()) };
    let sourced = scenario.plugins.iter().filter(|p| matches!(p.config, Config::Sourced(_)));
    let plugins: Vec<&str> = sourced.map(|plugin| plugin.name.as_str()).collect();
    let logs = proxy.logs();
    let logged: Vec<_> = logs.iter().map(|line| (&*line.plugin, &*line.text)).collect();
    source.taken(&plugins, &logged).map_err(RunError::NotTaken)
}
