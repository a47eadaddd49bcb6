//! Which file a plugin runs.

use crate::scenario::Scenario;
use crate::scenario::plugin::PluginSpec;
use std::env;
use std::path::{Path, PathBuf};

/// Where `make wasm` puts the filter, below the repository's root.
const BUILT: &str = "target/dist/serinus-filter.wasm";

/// There is no file for a plugin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoModule {
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
) -> Result<PathBuf, NoModule> {
    let named = plugin.wasm.as_ref().map(|file| scenario.beside(file));
    let named = named.or_else(|| filter.map(Path::to_owned));
    found(&plugin.name, named, &scenario.source.name)
}

/// What was named, else the Serinus filter, looked for around a file.
///
/// # Errors
/// If there is no such file.
pub fn found(plugin: &str, named: Option<PathBuf>, around: &str) -> Result<PathBuf, NoModule> {
    let named = named.or_else(|| env::var_os("SERINUS_FILTER").map(PathBuf::from));
    let plugin = plugin.to_owned();
    match named {
        Some(file) if file.is_file() => Ok(file),
        Some(file) => Err(NoModule::Missing { plugin, file }),
        None => built(around).ok_or(NoModule::Unnamed { plugin }),
    }
}

/// The built filter in a folder around the scenario, or around where the command runs.
fn built(scenario: &str) -> Option<PathBuf> {
    let around = |start: &Path| {
        let start = start.canonicalize().ok()?;
        start.ancestors().map(|folder| folder.join(BUILT)).find(|file| file.is_file())
    };
    around(Path::new(scenario)).or_else(|| around(Path::new(".")))
}
