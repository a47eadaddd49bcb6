//! A new policy's crate, which works as it is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The files, by their place in the crate.
const FILES: [(&str, &str); 5] = [
    ("Cargo.toml", include_str!("scaffold/Cargo.toml.in")),
    ("src/lib.rs", include_str!("scaffold/lib.rs.in")),
    ("tests/table.json", include_str!("scaffold/table.json.in")),
    ("README.md", include_str!("scaffold/README.md.in")),
    (".gitignore", "/target\n"),
];

/// Why there is no new crate.
#[derive(Debug, Error)]
pub enum ScaffoldError {
    /// No name for a crate.
    #[error("`{0}` is no name for a crate: it begins with a letter, and has a-z, 0-9, `-` and `_`")]
    Name(String),
    /// Something is there.
    #[error("{0} exists")]
    Exists(PathBuf),
    /// No SDK.
    #[error("{0} is not the SDK: give the path of `policies/sdk` of Serinus's source with --sdk")]
    NoSdk(PathBuf),
    /// A file cannot be written.
    #[error("{file}: {error}")]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// The SDK of the source that this was built from.
pub fn sdk() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/sdk")
}

/// Makes a crate in a folder that is not there yet, named by its last part; the files that it wrote.
///
/// # Errors
/// What keeps it from that.
pub fn scaffold(folder: &Path, sdk: &Path) -> Result<Vec<PathBuf>, ScaffoldError> {
    let name = folder.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    if !is_name(&name) {
        return Err(ScaffoldError::Name(name.into()));
    }
    if folder.exists() {
        return Err(ScaffoldError::Exists(folder.into()));
    }
    let found = sdk.canonicalize().ok().filter(|sdk| sdk.join("Cargo.toml").is_file());
    let sdk = found.ok_or_else(|| ScaffoldError::NoSdk(sdk.into()))?;
    let filled = |text: &str| {
        let text = text.replace("{name}", &name).replace("{type}", &type_name(&name));
        // A path may hold what TOML would read otherwise.
        text.replace("{sdk}", &sdk.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\""))
    };
    let write = |(place, text): (&str, &str)| write(&folder.join(place), filled(text).as_bytes());
    let mut files = FILES.into_iter().map(write).collect::<Result<Vec<_>, _>>()?;
    files.extend(lock(folder, &sdk)?);
    Ok(files)
}

/// The versions that the SDK was tested with, as a start; cargo takes out what is not needed.
fn lock(folder: &Path, sdk: &Path) -> Result<Option<PathBuf>, ScaffoldError> {
    match fs::read(sdk.join("../../Cargo.lock")) {
        Ok(lock) => write(&folder.join("Cargo.lock"), &lock).map(Some),
        Err(_) => Ok(None),
    }
}

fn write(file: &Path, text: &[u8]) -> Result<PathBuf, ScaffoldError> {
    let written =
        file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(file, text));
    written
        .map(|()| file.to_owned())
        .map_err(|error| ScaffoldError::File { file: file.into(), error })
}

fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(allowed)
}

/// `error-budget` as `ErrorBudget`.
fn type_name(name: &str) -> String {
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars
            .next()
            .map(|first| first.to_ascii_uppercase())
            .into_iter()
            .chain(chars)
            .collect::<String>()
    };
    name.split(['-', '_']).map(capital).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_type() {
        assert_eq!(type_name("error-budget_2"), "ErrorBudget2");
        assert!(is_name("error-budget") && is_name("a"));
        assert!(
            ["", "-a", "2x", "Error", "a b", "ä", "..", "a/b"].iter().all(|name| !is_name(name))
        );
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let crate_folder = folder.path().join("mine");
        let files = scaffold(&crate_folder, &sdk()).unwrap();
        assert!(files.iter().all(|file| file.is_file()) && files.len() == 6);
        let manifest = fs::read_to_string(crate_folder.join("Cargo.toml")).unwrap();
        assert!(manifest.contains("name = \"mine\"") && !manifest.contains("{sdk}"));
        assert!(matches!(scaffold(&crate_folder, &sdk()), Err(ScaffoldError::Exists(_))));
        let elsewhere = folder.path().join("other");
        assert!(matches!(scaffold(&elsewhere, folder.path()), Err(ScaffoldError::NoSdk(_))));
        assert!(!elsewhere.exists());
    }
}
