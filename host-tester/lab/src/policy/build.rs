//! From a crate to a component and its core module.
//!
//! The flags are given here and not in the author's manifest, because they are what the filter needs and not what the
//! author wants: a profile of its own for size, and a stack of 64 KiB, without which a module begins with more memory
//! than it may have. Paths of this machine are left out, so that the same source is the same SHA-256 everywhere.

mod cargo;
mod encode;

use cargo::Module;
pub use cargo::{Cargo, CargoError};
pub use encode::{EncodeError, encode};

use super::Runtime;
use super::inspect::{Finding, Sound, inspect};
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why there is no policy.
#[derive(Debug, Error)]
pub enum BuildError {
    /// It does not compile, or cannot be compiled here.
    #[error(transparent)]
    Cargo(#[from] CargoError),
    /// It cannot be made a component.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// It was built, and the filter would not take it.
    #[error("the component is not acceptable")]
    Findings(Vec<Finding>),
    /// A file cannot be read or written.
    #[error("{file}: {error}")]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// A policy that was built.
#[derive(Clone, Debug)]
pub struct Built {
    /// The crate's name, and that of the files.
    pub name: String,
    /// The component.
    pub component: Vec<u8>,
    /// Its core module, its hash, and what it says about itself.
    pub sound: Sound,
}

/// Builds the crate in a folder, or takes a module that another toolchain made; encodes the component and looks at it.
///
/// # Errors
/// Whatever keeps it from being a policy.
pub fn build(source: &Path, cargo: &Cargo, runtime: &Runtime) -> Result<Built, BuildError> {
    let module = if source.is_file() { Module::given(source) } else { cargo.module(source)? };
    let bytes = std::fs::read(&module.file)
        .map_err(|error| BuildError::File { file: module.file.clone(), error })?;
    let component = encode(&bytes)?;
    let sound = inspect(&component, runtime).map_err(BuildError::Findings)?;
    Ok(Built { name: module.package, component, sound })
}

impl Built {
    /// Writes the component and the core module into a folder, and says where.
    ///
    /// # Errors
    /// If that fails.
    pub fn write(&self, folder: &Path) -> Result<(PathBuf, PathBuf), BuildError> {
        let failed = |file: &Path| {
            let file = file.to_owned();
            move |error| BuildError::File { file, error }
        };
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        let write = |kind: &str, bytes: &[u8]| {
            let file = folder.join(format!("{}.{kind}.wasm", self.name));
            std::fs::write(&file, bytes).map_err(failed(&file)).map(|()| file)
        };
        Ok((write("component", &self.component)?, write("core", &self.sound.core)?))
    }
}
