//! Rust guests: a workspace of their own, each an example of its SDK's package.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serinus_rig::workspace_root;

use super::{Error, Job, Result, Source, not_here, read};
use crate::guests::{cache, source};

const WASI: &str = "wasm32-wasip1";

/// For wasm32-unknown-unknown, with whichever compiler the set-up finds.
pub(super) fn unknown(source: &Source) -> Result<Vec<u8>> {
    let script = workspace_root().join("setup/cargo-wasm");
    let mut target_dir = Command::new(&script);
    target_dir.arg("target-dir").env("CARGO_TARGET_DIR", our_target_dir());
    let built =
        last_line(target_dir.stderr(Stdio::piped())).map_err(|why| not_here(source, why))?;
    fetch(source)?;
    let mut build = Command::new(script);
    build.arg("build");
    compile(source, build, Path::new(&built))
}

/// For wasm32-wasip1, which only rustup has.
pub(super) fn wasi(source: &Source) -> Result<Vec<u8>> {
    let missing = || not_here(source, format!("needs `rustup target add {WASI}`"));
    let mut print = Command::new("rustc");
    print.args(["--print", "sysroot"]);
    let sysroot = last_line(&mut print).map_err(|_| missing())?;
    if !Path::new(&sysroot).join("lib/rustlib").join(WASI).join("lib").is_dir() {
        return Err(missing());
    }
    fetch(source)?;
    let mut build = Command::new("cargo");
    build.args(["build", "--target", WASI]);
    compile(source, build, &our_target_dir().join(WASI))
}

/// Its own folder: the project's builds use other flags, and would each time build anew what these leave.
fn our_target_dir() -> PathBuf {
    cache::folder().join("cargo")
}

fn manifest() -> PathBuf {
    source::guests().join("Cargo.toml")
}

/// Apart from the build, so that a machine without a registry is told from a guest that does not compile.
fn fetch(source: &Source) -> Result<()> {
    let mut fetch = Command::new("cargo");
    fetch.args(["fetch", "--locked", "--manifest-path"]).arg(manifest());
    Job::new(source, fetch).run()?.map_err(|log| not_here(source, log))
}

fn compile(source: &Source, mut command: Command, built: &Path) -> Result<Vec<u8>> {
    let package = source.package();
    command
        .args(["--locked", "--release", "--example", &source.stem(), "--manifest-path"])
        .arg(package.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", our_target_dir());
    let failed = |log| Error::Build { name: source.name.clone(), log };
    Job::new(source, command).run()?.map_err(failed)?;
    read(&built.join("release/examples").join(source.stem()).with_extension("wasm"))
}

/// The last line of what a command prints; of what it says on stderr if it fails.
fn last_line(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    let last = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes).trim().lines().last().unwrap_or_default().to_owned()
    };
    if output.status.success() { Ok(last(&output.stdout)) } else { Err(last(&output.stderr)) }
}
