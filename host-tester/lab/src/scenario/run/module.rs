//! Which file a plugin runs.

use crate::scenario::Scenario;
use crate::scenario::plugin::PluginSpec;
use serinus_core::config::Rollout;
use std::env;
use std::path::{Path, PathBuf};

/// A build of the Serinus filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// The one for rollouts without a policy.
    Lean,
    /// The one that runs policies.
    Policies,
}

impl Build {
    /// The one that a configuration needs.
    pub fn of<'a>(rollouts: impl IntoIterator<Item = &'a Rollout>) -> Self {
        let policies = rollouts.into_iter().any(|rollout| rollout.policy.is_some());
        if policies { Self::Policies } else { Self::Lean }
    }

    /// What the environment names. A lean filter would say itself that it runs no policies.
    fn named(self) -> Option<PathBuf> {
        let policies = (self == Self::Policies).then_some("SERINUS_FILTER_POLICIES");
        policies.into_iter().chain(["SERINUS_FILTER"]).find_map(env::var_os).map(PathBuf::from)
    }

    /// Where `make wasm` puts it, below the repository's root.
    fn built(self) -> &'static str {
        match self {
            Self::Lean => "target/dist/serinus-filter.wasm",
            Self::Policies => "target/dist/serinus-filter-policies.wasm",
        }
    }
}

/// There is no file for a plugin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModuleError {
    /// The file that the scenario or the command names is not there.
    #[error("plugin `{plugin}`: there is no file {file}", file = .file.display())]
    Missing {
        /// Which plugin.
        plugin: String,
        /// Which file.
        file: PathBuf,
    },
    /// Nobody names one, and the Serinus filter is not built.
    #[error(
        "plugin `{plugin}`: names no module, and the Serinus filter is not built: run `make wasm`, or set SERINUS_FILTER, \
         or say --filter FILE"
    )]
    Unnamed {
        /// Which plugin.
        plugin: String,
    },
}

/// The module of a plugin: what the scenario says, else `filter`, else the Serinus filter.
///
/// # Errors
/// If there is no such file.
pub fn file(
    scenario: &Scenario,
    plugin: &PluginSpec,
    filter: Option<&Path>,
) -> Result<PathBuf, ModuleError> {
    let named = plugin.wasm.as_ref().map(|file| scenario.beside(file));
    let named = named.or_else(|| filter.map(Path::to_owned));
    found(&plugin.name, named, plugin.build(), &scenario.source.name)
}

/// What was named, else the Serinus filter in this build, looked for around a file.
///
/// # Errors
/// If there is no such file.
pub fn found(
    plugin: &str,
    named: Option<PathBuf>,
    build: Build,
    around: &str,
) -> Result<PathBuf, ModuleError> {
    let named = named.or_else(|| build.named());
    let plugin = plugin.to_owned();
    match named {
        Some(file) if file.is_file() => Ok(file),
        Some(file) => Err(ModuleError::Missing { plugin, file }),
        None => built(build, around).ok_or(ModuleError::Unnamed { plugin }),
    }
}

/// The built filter in a folder around the scenario, or around where the command runs.
fn built(build: Build, scenario: &str) -> Option<PathBuf> {
    let around = |start: &Path| {
        let start = start.canonicalize().ok()?;
        start.ancestors().map(|folder| folder.join(build.built())).find(|file| file.is_file())
    };
    around(Path::new(scenario)).or_else(|| around(Path::new(".")))
}
