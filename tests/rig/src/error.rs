//! What can go wrong between a test and its Envoy.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The result of everything in the rig.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong between a test and its Envoy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither `$ENVOY` nor `PATH` nor the set-up script yields an Envoy.
    #[error("no Envoy: set ENVOY, put `envoy` on PATH, or run `setup/envoy` ({0})")]
    NoEnvoy(String),
    /// The filter has not been built.
    #[error("no filter module at {}: run `make wasm`, or set SERINUS_FILTER", .0.display())]
    NoFilter(PathBuf),
    /// Envoy ended by itself.
    #[error("Envoy ended with {status}; the end of its log:\n{log}")]
    EnvoyEnded {
        /// How it ended.
        status: String,
        /// The last lines of its log.
        log: String,
    },
    /// Envoy kept the old configuration of a filter.
    #[error("Envoy rejected the new configuration of `{filter}`; the end of its log:\n{log}")]
    Rejected {
        /// The filter's name.
        filter: String,
        /// The last lines of Envoy's log.
        log: String,
    },
    /// Something that was waited for did not happen.
    #[error("gave up after {after:?} waiting for {what}")]
    GaveUp {
        /// What was waited for.
        what: String,
        /// How long.
        after: Duration,
    },
    /// A file, a process or a connection failed.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// The cause.
        source: io::Error,
    },
    /// An HTTP exchange failed on its way: refused, reset, cut off.
    #[error("HTTP exchange failed: {}", chain(.0))]
    Exchange(#[from] hyper::Error),
    /// A request cannot be put together, for example for a forbidden byte in a header's name.
    #[error("no such request: {0}")]
    Request(#[from] hyper::http::Error),
    /// Not the JSON that was expected.
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// An answer without what it should contain.
    #[error("{0}")]
    Unexpected(String),
}

impl Error {
    /// An I/O error together with what was being done.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// An I/O error on a file.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        Self::io(path.display().to_string())
    }

    pub(crate) fn unexpected(what: impl Into<String>) -> Self {
        Self::Unexpected(what.into())
    }
}

/// hyper's errors say what failed, and keep why in their sources.
fn chain(error: &hyper::Error) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
