//! Why there is no module.

use std::io;
use std::path::{Path, PathBuf};

/// What a guest can fail by.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No source has this name.
    #[error("there is no guest `{name}` in tests/guests; there are {}", known.join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// This machine lacks what it takes to build it.
    #[error("the guest `{name}` is not to be had here: {why}")]
    NotHere {
        /// The guest.
        name: String,
        /// What is missing, and the remedy.
        why: String,
    },
    /// Its build failed.
    #[error("the guest `{name}` does not build:\n{log}")]
    Build {
        /// The guest.
        name: String,
        /// The end of what the build said.
        log: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A result with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { path: path.into(), source }
    }
}
