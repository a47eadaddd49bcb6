//! From a source to the bytes of a module, one toolchain per file.

mod cargo;
mod clang;
mod job;
mod npm;

use std::fs;
use std::path::Path;

use super::{Error, Result, Source, Toolchain};
use job::Job;

/// The module of this source.
pub(super) fn build(source: &Source) -> Result<Vec<u8>> {
    match source.toolchain {
        Toolchain::Cargo => cargo::unknown(source),
        Toolchain::CargoWasi => cargo::wasi(source),
        Toolchain::AssemblyScript => npm::build(source),
        Toolchain::Clang => clang::build(source),
        Toolchain::Wat => assemble(source),
    }
}

fn assemble(source: &Source) -> Result<Vec<u8>> {
    wat::parse_file(&source.file)
        .map_err(|error| Error::Build { name: source.name.clone(), log: error.to_string() })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(Error::file(path))
}

fn not_here(source: &Source, why: impl Into<String>) -> Error {
    Error::NotHere { name: source.name.clone(), why: why.into() }
}
