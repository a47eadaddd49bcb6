//! Guests in C against the bare ABI, without a standard library.

use std::process::Command;

use super::{Error, Job, Result, Source, not_here, read};
use crate::guests::cache;

/// `clang` with the linker that belongs to it.
pub(super) fn build(source: &Source) -> Result<Vec<u8>> {
    for tool in ["clang", "wasm-ld"] {
        let mut version = Command::new(tool);
        version.arg("--version");
        let why = |_| not_here(source, format!("needs {tool} (Debian: clang and lld)"));
        Job::new(source, version).run()?.map_err(why)?;
    }
    let module = cache::folder().join(format!("{}.wasm", source.stem()));
    let mut compile = Command::new("clang");
    compile.args(["--target=wasm32", "-Os", "-nostdlib", "-Wall", "-Werror"]);
    compile.args(["-Wl,--no-entry", "-Wl,--allow-undefined", "-Wl,--strip-all", "-o"]);
    compile.arg(&module).arg(&source.file);
    let failed = |log| Error::Build { name: source.name.clone(), log };
    Job::new(source, compile).run()?.map_err(failed)?;
    read(&module)
}
