//! The compiler: cargo for wasm32-unknown-unknown.

use serde_json::Value;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use thiserror::Error;

const TARGET: &str = "wasm32-unknown-unknown";

/// A profile that no manifest has to have.
const PROFILE: &str = "serinus-policy";
const SETTINGS: [&str; 7] = [
    "inherits='release'",
    "opt-level='z'",
    "lto='fat'",
    "codegen-units=1",
    "panic='abort'",
    "debug=false",
    "strip=true",
];

/// A stack of 64 KiB: with rustc's own a module begins with more memory than it may have. Relocations without padding.
const LINK: [&str; 2] = ["-zstack-size=65536", "--compress-relocations"];

/// Why there is no module.
#[derive(Debug, Error)]
pub enum CargoError {
    /// No cargo.
    #[error("{program} cannot be run: {error}; install Rust from https://rustup.rs")]
    Missing {
        /// What was tried.
        program: String,
        /// Why.
        error: io::Error,
    },
    /// No standard library for the target.
    #[error(
        "the Rust compiler has no {TARGET}: run `rustup target add {TARGET}`, or name a cargo that has it in \
         $SERINUS_WASM_CARGO (setup/cargo-wasm of Serinus's source finds Debian's)"
    )]
    Target,
    /// No crate.
    #[error("{0} has no Cargo.toml; `serinus policy new NAME` makes a crate")]
    NoCrate(PathBuf),
    /// What cargo had to say is on stderr.
    #[error("{0} does not compile")]
    Failed(PathBuf),
    /// It compiles, and to nothing that could be a policy.
    #[error(
        "{0} makes no module: its Cargo.toml needs `[lib] crate-type = [\"cdylib\", \"rlib\"]`"
    )]
    NoModule(PathBuf),
}

/// Which cargo.
#[derive(Clone, Debug)]
pub struct Cargo {
    program: OsString,
    /// A script that knows the target, the flags and the folder by itself.
    script: bool,
    quiet: bool,
}

/// What was compiled.
#[derive(Clone, Debug)]
pub(super) struct Module {
    pub(super) package: String,
    pub(super) file: PathBuf,
}

impl Module {
    /// One that is there already.
    pub(super) fn given(file: &Path) -> Self {
        let package = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        Self { package: package.unwrap_or_default(), file: file.into() }
    }
}

impl Cargo {
    /// `$SERINUS_WASM_CARGO`, a script such as `setup/cargo-wasm` of Serinus's source, else `$CARGO`, else the `cargo`
    /// on PATH. What it says while it works goes to stderr, unless `quiet`.
    pub fn from_env(quiet: bool) -> Self {
        match std::env::var_os("SERINUS_WASM_CARGO").filter(|script| !script.is_empty()) {
            Some(program) => Self { program, script: true, quiet },
            None => {
                let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
                Self { program, script: false, quiet }
            }
        }
    }

    /// Such a script.
    pub fn script(program: impl Into<OsString>) -> Self {
        Self { program: program.into(), script: true, quiet: true }
    }

    /// Compiles the crate in a folder.
    pub(super) fn module(&self, folder: &Path) -> Result<Module, CargoError> {
        let manifest = folder.join("Cargo.toml");
        if !manifest.is_file() {
            return Err(CargoError::NoCrate(folder.into()));
        }
        if !self.script {
            has_target()?;
        }
        let mut command = self.command(&manifest);
        let output = self.run(&mut command)?;
        if !output.status.success() {
            return Err(CargoError::Failed(folder.into()));
        }
        let said = String::from_utf8_lossy(&output.stdout);
        module(&said, &manifest).ok_or_else(|| CargoError::NoModule(folder.into()))
    }

    fn command(&self, manifest: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("rustc");
        if !self.script {
            command.args(["--target", TARGET]).env("CARGO_ENCODED_RUSTFLAGS", remapped());
        }
        for setting in SETTINGS {
            command.arg("--config").arg(format!("profile.{PROFILE}.{setting}"));
        }
        command.args([
            "--profile",
            PROFILE,
            "--lib",
            "--message-format",
            "json-render-diagnostics",
        ]);
        command.arg("--manifest-path").arg(manifest);
        if self.quiet {
            command.arg("--quiet");
        }
        command.args(["--crate-type", "cdylib", "--"]);
        command.args(LINK.map(|flag| format!("-Clink-arg={flag}")));
        command
    }

    fn run(&self, command: &mut Command) -> Result<Output, CargoError> {
        let output =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).output();
        output.map_err(|error| CargoError::Missing {
            program: self.program.to_string_lossy().into(),
            error,
        })
    }
}

fn has_target() -> Result<(), CargoError> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output =
        Command::new(&rustc).args(["--print", "target-libdir", "--target", TARGET]).output();
    let output = output
        .map_err(|error| CargoError::Missing { program: rustc.to_string_lossy().into(), error })?;
    let folder = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && Path::new(folder.trim()).is_dir() {
        Ok(())
    } else {
        Err(CargoError::Target)
    }
}

/// Flags that leave the paths of this machine out of a module, for it would be another one on every machine. They are
/// those of `setup/cargo-wasm`: the same for every crate, or each would compile the SDK anew.
fn remapped() -> String {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home =
        home.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    let registries = home.and_then(|home| std::fs::read_dir(home.join("registry/src")).ok());
    let registries = registries.into_iter().flatten().flatten().map(|entry| entry.path());
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map(Path::to_owned);
    let flag = |path: PathBuf| format!("--remap-path-prefix={}/=", path.display());
    sources.into_iter().chain(registries).map(flag).collect::<Vec<_>>().join("\x1f")
}

/// The module of this manifest's library, out of cargo's messages.
fn module(messages: &str, manifest: &Path) -> Option<Module> {
    let manifest = manifest.canonicalize().ok()?;
    let ours = |message: &Value| {
        let path = message.get("manifest_path").and_then(Value::as_str);
        path.and_then(|path| Path::new(path).canonicalize().ok()).as_ref() == Some(&manifest)
    };
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let artifact =
        messages.filter(ours).rfind(|message| message["reason"] == "compiler-artifact")?;
    let files = artifact["filenames"].as_array()?.iter().filter_map(Value::as_str);
    let file = PathBuf::from(files.into_iter().find(|file| file.ends_with(".wasm"))?);
    let package = package(artifact["package_id"].as_str()?)?.to_owned();
    Some(Module { package, file })
}

/// The name in a package id: `path+file:///folder/name#0.1.0` or `path+file:///folder#name@0.1.0`.
fn package(id: &str) -> Option<&str> {
    let (path, fragment) = id.rsplit_once('#')?;
    fragment.split_once('@').map(|(name, _)| name).or_else(|| path.rsplit('/').next())
}
