//! Where a guest's source is, and what belongs to it.

use std::fs;
use std::path::{Path, PathBuf};

use serinus_rig::workspace_root;

use super::{Error, Result};

/// What turns a source into a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// cargo for wasm32-unknown-unknown.
    Cargo,
    /// cargo for wasm32-wasip1.
    CargoWasi,
    /// The AssemblyScript compiler from npm.
    AssemblyScript,
    /// clang and wasm-ld.
    Clang,
    /// The assembler, which is a library.
    Wat,
}

use Toolchain::{AssemblyScript, Cargo, CargoWasi, Clang, Wat};

/// The folders of tests/guests, with the ending of their sources.
const FOLDERS: &[(&str, &str, Toolchain)] = &[
    ("rust-sdk/examples", "rs", Cargo),
    ("rust-sdk-0.1/examples", "rs", Cargo),
    ("envoy-sdk/examples", "rs", Cargo),
    ("wasi/examples", "rs", CargoWasi),
    ("assemblyscript/assembly", "ts", AssemblyScript),
    ("by-hand", "c", Clang),
    ("by-hand", "wat", Wat),
    ("hostile", "wat", Wat),
];

/// The source of a guest.
#[derive(Clone, Debug)]
pub struct Source {
    /// The guest's name: that of its file, with dashes.
    pub name: String,
    /// What builds it.
    pub toolchain: Toolchain,
    /// Its file.
    pub file: PathBuf,
}

impl Source {
    pub(super) fn named(name: &str) -> Result<Self> {
        let all = sources()?;
        let known = || all.iter().map(|source| source.name.clone()).collect();
        let found = all.iter().find(|source| source.name == name).cloned();
        found.ok_or_else(|| Error::Unknown { name: name.into(), known: known() })
    }

    /// The folder that has the package's own files.
    pub(super) fn package(&self) -> PathBuf {
        let folder = self.file.parent().unwrap_or(&self.file);
        match self.toolchain {
            Wat | Clang => folder.into(),
            Cargo | CargoWasi | AssemblyScript => folder.parent().unwrap_or(folder).into(),
        }
    }

    /// The file's name without its ending, as its toolchain knows it.
    pub(super) fn stem(&self) -> String {
        self.name.replace('-', "_")
    }

    /// Every file of which the module is made.
    pub(super) fn inputs(&self) -> Vec<PathBuf> {
        let package = self.package();
        let shared = match self.toolchain {
            Cargo | CargoWasi => vec![
                guests().join("Cargo.toml"),
                guests().join("Cargo.lock"),
                package.join("Cargo.toml"),
                package.join("src/lib.rs"),
            ],
            AssemblyScript => vec![package.join("package.json"), package.join("package-lock.json")],
            Clang | Wat => Vec::new(),
        };
        shared.into_iter().chain([self.file.clone()]).collect()
    }
}

/// tests/guests.
pub(super) fn guests() -> PathBuf {
    workspace_root().join("tests/guests")
}

/// Every guest there is, by name.
///
/// # Errors
/// If the folders cannot be read.
pub fn sources() -> Result<Vec<Source>> {
    let mut all = Vec::new();
    for (folder, ending, toolchain) in FOLDERS {
        all.extend(in_folder(&guests().join(folder), ending, *toolchain)?);
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

fn in_folder(folder: &Path, ending: &str, toolchain: Toolchain) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let file = entry.map_err(Error::file(folder))?.path();
        let stem =
            file.file_stem().and_then(|stem| stem.to_str()).map(|stem| stem.replace('_', "-"));
        if let (Some(name), true) = (stem, file.extension().is_some_and(|e| e == ending)) {
            found.push(Source { name, toolchain, file });
        }
    }
    Ok(found)
}
