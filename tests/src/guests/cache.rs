//! Modules that were built before, by the hash of their sources.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serinus_rig::workspace_root;
use sha2::{Digest, Sha256};

use super::{Error, Result, Source, build};

/// How many bytes of the hash are in a module's name.
const SHORT: usize = 8;

/// Where modules and what their builds leave behind are.
pub(super) fn folder() -> PathBuf {
    workspace_root().join("target/guests")
}

/// The module of a guest, built by whoever comes first.
pub(super) fn module(source: &Source) -> Result<PathBuf> {
    let module = folder().join(format!("{}-{}.wasm", source.name, hash(&source.inputs())?));
    if module.is_file() {
        return Ok(module);
    }
    fs::create_dir_all(folder()).map_err(Error::file(&folder()))?;
    let _lock = lock()?;
    // Another test may have built it while this one waited.
    if !module.is_file() {
        place(&build::build(source)?, &module)?;
    }
    Ok(module)
}

/// Builds go one after the other, those of other processes too; the lock goes with the file.
fn lock() -> Result<File> {
    let path = folder().join("lock");
    let file = File::create(&path).map_err(Error::file(&path))?;
    file.lock().map_err(Error::file(&path))?;
    Ok(file)
}

/// A module appears whole or not at all.
fn place(bytes: &[u8], module: &Path) -> Result<()> {
    let partial = module.with_extension("partial");
    fs::write(&partial, bytes).map_err(Error::file(&partial))?;
    fs::rename(&partial, module).map_err(Error::file(module))
}

fn hash(files: &[PathBuf]) -> Result<String> {
    let mut hash = Sha256::new();
    for path in files {
        let bytes = fs::read(path).map_err(Error::file(path))?;
        // With its length, so that no two lists of files are one text.
        hash.update(bytes.len().to_le_bytes());
        hash.update(bytes);
    }
    Ok(hash.finalize().iter().take(SHORT).map(|byte| format!("{byte:02x}")).collect())
}
