//! Which file a plugin runs.

use crate::scenario::Scenario;
use crate::scenario::plugin::{Config, PluginSpec};
use std::path::{Path, PathBuf};

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
    /// Nobody names a module.
    #[error("plugin `{plugin}`: names no module, and {remedy}")]
    Unnamed {
        /// Which plugin.
        plugin: String,
        /// Why there is no other, and what to do.
        remedy: String,
    },
}

/// The module of a plugin: what the scenario says, else `filter`, else that of the source of its configuration.
///
/// # Errors
/// If there is no such file.
pub fn file(
    scenario: &Scenario,
    plugin: &PluginSpec,
    filter: Option<&Path>,
) -> Result<PathBuf, ModuleError> {
    let named = plugin.wasm.as_ref().map(|file| scenario.beside(file));
    if let Some(file) = named.or_else(|| filter.map(Path::to_owned)) {
        return existing(&plugin.name, file);
    }
    let config = match &plugin.config {
        Config::Sourced(config) => Some(&config.value),
        Config::Bytes(_) => None,
    };
    match scenario.extensions.configs {
        Some(source) => source.module(&plugin.name, config, &scenario.source.name),
        None => Err(ModuleError::Unnamed {
            plugin: plugin.name.clone(),
            remedy: "no other is given: say `wasm`, or --filter FILE".to_owned(),
        }),
    }
}

/// The file that was named for a plugin, if it is there.
///
/// # Errors
/// If it is not.
pub fn existing(plugin: &str, file: PathBuf) -> Result<PathBuf, ModuleError> {
    if file.is_file() {
        return Ok(file);
    }
    Err(ModuleError::Missing { plugin: plugin.to_owned(), file })
}
