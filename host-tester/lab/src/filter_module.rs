//! Which file the Serinus filter is in.

use crate::scenario::run::module::{ModuleError, existing};
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
    match named.or_else(|| build.named()) {
        Some(file) => existing(plugin, file),
        None => built(build, around).ok_or_else(|| ModuleError::Unnamed {
            plugin: plugin.to_owned(),
            remedy: "the Serinus filter is not built: run `make wasm`, or set SERINUS_FILTER, or say --filter FILE".to_owned(),
        }),
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
