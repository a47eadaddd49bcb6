//! AssemblyScript guests: the compiler and the SDK come from npm, in the versions of the lock file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Error, Job, Result, Source, not_here, read};
use crate::guests::cache;

/// Compiled in a folder under `target`, so that no `node_modules` lies among the sources.
pub(super) fn build(source: &Source) -> Result<Vec<u8>> {
    let folder = cache::folder().join("npm");
    install(source, &folder)?;
    let name = source.stem();
    let input = copy(&source.file, &folder.join("assembly"))?;
    let module = folder.join(&name).with_extension("wasm");
    let mut compile = Command::new("node");
    compile.current_dir(&folder).arg("node_modules/assemblyscript/bin/asc").arg(input);
    compile.arg("--binaryFile").arg(&module).args(["--optimize", "--use", "abort=abort_proc_exit"]);
    let failed = |log| Error::Build { name: source.name.clone(), log };
    Job::new(source, compile).run()?.map_err(failed)?;
    read(&module)
}

fn install(source: &Source, folder: &Path) -> Result<()> {
    for file in ["package.json", "package-lock.json"] {
        copy(&source.package().join(file), folder)?;
    }
    let mut install = Command::new("npm");
    install.current_dir(folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    let why = |log: String| not_here(source, format!("needs node and npm with a registry: {log}"));
    Job::new(source, install).run()?.map_err(why)
}

/// Copies a file into a folder, and says where it is then.
fn copy(file: &Path, folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder).map_err(Error::file(folder))?;
    let copy = folder.join(file.file_name().unwrap_or_default());
    fs::copy(file, &copy).map_err(Error::file(file))?;
    Ok(copy)
}
