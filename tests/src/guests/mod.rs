//! Filters that were not written for this host, as WebAssembly modules.
//!
//! Their sources are in `tests/guests/`, each written from the documentation of its SDK. They are built when a test
//! asks for them and not by a build script, because each SDK needs a toolchain that a machine may lack: a test on such
//! a machine says so in one line and passes ([`guest_or_skip`]). A module is named by the hash of its sources, so that
//! a change is built and everything else is found.
//!
//! ```no_run
//! # fn test() -> serinus_tests::guests::Result<()> {
//! let Some(module) = serinus_tests::guest_or_skip("http-auth")? else { return Ok(()) };
//! # Ok(()) }
//! ```

mod build;
mod cache;
mod error;
mod source;

use std::path::PathBuf;

pub use error::{Error, Result};
pub use source::{Source, Toolchain, sources};

/// The module of the guest of this name; built if it is not there yet.
///
/// # Errors
/// [`Error::NotHere`] if this machine lacks what it takes to build it; else what went wrong.
pub fn guest(name: &str) -> Result<PathBuf> {
    cache::module(&Source::named(name)?)
}

/// The module of the guest of this name, or nothing and a line on stderr where it is not to be had.
///
/// # Errors
/// As [`guest`], without [`Error::NotHere`].
pub fn guest_or_skip(name: &str) -> Result<Option<PathBuf>> {
    match guest(name) {
        Err(error @ Error::NotHere { .. }) => {
            eprintln!("skipped: {error}");
            Ok(None)
        }
        other => other.map(Some),
    }
}

#[cfg(test)]
mod tests;
