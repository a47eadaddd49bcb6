//! Where the things under test are.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::{Error, Result};

/// The root of the workspace.
pub fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The filter's module: `$SERINUS_FILTER`, else what `make wasm` builds.
///
/// # Errors
/// [`Error::NoFilter`] if there is no such file.
pub fn filter_path() -> Result<PathBuf> {
    built("SERINUS_FILTER", "serinus-filter.wasm")
}

/// The filter that runs policies: `$SERINUS_FILTER_POLICIES`, else what `make wasm` builds.
///
/// # Errors
/// [`Error::NoFilter`] if there is no such file.
pub fn policies_filter_path() -> Result<PathBuf> {
    built("SERINUS_FILTER_POLICIES", "serinus-filter-policies.wasm")
}

fn built(variable: &str, name: &str) -> Result<PathBuf> {
    let path = env::var_os(variable)
        .map_or_else(|| workspace_root().join("target/dist").join(name), PathBuf::from);
    if path.is_file() { Ok(path) } else { Err(Error::NoFilter(path)) }
}

/// The Envoy to run: `$ENVOY`, else `envoy` on `PATH`, else what the script `setup/envoy` fetches.
///
/// # Errors
/// [`Error::NoEnvoy`] with what the last attempt said.
pub fn envoy_binary() -> Result<PathBuf> {
    // One search for all tests of a process: they would all start the download at once.
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    FOUND.get_or_init(find_envoy).clone().map_err(Error::NoEnvoy)
}

fn find_envoy() -> Result<PathBuf, String> {
    match env::var_os("ENVOY").filter(|path| !path.is_empty()).map(PathBuf::from) {
        Some(path) if path.is_file() => Ok(path),
        Some(path) => Err(format!("ENVOY={} is no file", path.display())),
        None => on_path().map_or_else(from_setup, Ok),
    }
}

fn on_path() -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join("envoy")).find(|path| path.is_file())
}

fn from_setup() -> Result<PathBuf, String> {
    let script = workspace_root().join("setup/envoy");
    let failed = |why: String| format!("{}: {why}", script.display());
    let output = Command::new(&script)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| failed(e.to_string()))?;
    let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if output.status.success() && path.is_file() {
        Ok(path)
    } else {
        Err(failed(format!("{}, and `{}` is no file", output.status, path.display())))
    }
}
