//! A shell in which a page is run.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::page::root;

/// The ports that the examples use; each run has free ones in their place.
const PORTS: [&str; 4] = ["10000", "9901", "8081", "8082"];

/// Longer than any page takes, so that a loop that waits for ever ends.
const SECONDS: &str = "900";

/// What stands between the output of one block and that of the next.
const BETWEEN: &str = "-- next block --";

/// Where a reader begins.
#[derive(Clone, Copy)]
pub enum Session {
    /// At the top of a repository with the examples in it, whose filters are built.
    Repository,
    /// In an empty folder.
    NewFolder,
    /// In a copy of the filter that shows how filters are tested, whose module is built.
    FilterTesting,
}

impl Session {
    /// What each of the scripts prints, run one after the other in one shell that stops at the first failure.
    pub fn run(self, scripts: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let ports = Ports::free();
        match self {
            Self::Repository => repository(folder.path(), &ports),
            Self::NewFolder => {}
            Self::FilterTesting => filter_testing(folder.path()),
        }
        let between = format!("\nprintf '%s\\n' '{BETWEEN}'\n");
        // Bash kills what is still running in the background: servers, Envoy.
        let script =
            format!("trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{}", scripts.join(&between));
        let mut bash = Command::new("timeout");
        bash.args([SECONDS, "bash", "-euo", "pipefail", "-c", &ports.put_into(&script)]);
        bash.current_dir(folder.path()).env("PATH", path(folder.path()));
        bash.env("SERINUS_WASM_CARGO", root().join("setup/cargo-wasm"));
        let output = bash.output().unwrap();
        let (out, err) = (text(output.stdout), text(output.stderr));
        assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
        out.split(&format!("{BETWEEN}\n")).map(str::to_owned).collect()
    }
}

/// What the folder has in `bin` comes first, then `serinus`.
fn path(folder: &Path) -> String {
    let bin = folder.join("bin");
    let serinus = Path::new(env!("CARGO_BIN_EXE_serinus")).parent().unwrap();
    format!("{}:{}:{}", bin.display(), serinus.display(), std::env::var("PATH").unwrap())
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// What a page needs of the repository.
fn repository(folder: &Path, ports: &Ports) {
    let envoy = folder.join("examples/envoy");
    for made in [&envoy, &folder.join("target"), &folder.join("setup")] {
        fs::create_dir_all(made).unwrap();
    }
    for name in ["envoy.yaml", "upstream.py"] {
        let file = fs::read_to_string(root().join("examples/envoy").join(name)).unwrap();
        fs::write(envoy.join(name), ports.put_into(&file)).unwrap();
    }
    fs::copy(root().join("examples/rollout.yaml"), folder.join("examples/rollout.yaml")).unwrap();
    symlink(root().join("target/dist"), folder.join("target/dist")).unwrap();
    // Envoys on one machine share memory for hot restarts, unless they are told not to.
    let wrapper = folder.join("setup/envoy-alone");
    let exec = format!("exec {} --disable-hot-restart \"$@\"", found_envoy().display());
    executable(&wrapper, &exec);
    executable(&folder.join("setup/envoy"), &format!("echo {}", wrapper.display()));
}

/// The module and the scenarios of `examples/filter-testing`. A script finds the compiler, as for the filter of Serinus.
/// `cargo` runs the tests in this workspace, which has compiled wasmtime for its own tests already.
fn filter_testing(folder: &Path) {
    let (script, example) =
        (root().join("setup/cargo-wasm"), root().join("examples/filter-testing"));
    let mut build = Command::new(&script);
    build.args(["build", "--quiet", "--locked", "--release", "--lib"]).current_dir(&example);
    assert!(build.status().unwrap().success(), "the filter does not compile");
    let said = Command::new(script).arg("target-dir").output().unwrap();
    let module = Path::new(text(said.stdout).trim()).join("release/token_check.wasm");
    let target = folder.join("target/wasm32-unknown-unknown/release");
    fs::create_dir_all(&target).unwrap();
    fs::copy(module, target.join("token_check.wasm")).unwrap();
    symlink(example.join("scenarios"), folder.join("scenarios")).unwrap();
    fs::create_dir(folder.join("bin")).unwrap();
    let cargo = format!(
        "cd {root:?} && PATH=${{PATH#*:}} exec {cargo:?} \"$1\" --locked --workspace --exclude serinus-filter \
         --features serinus-demo/embedded --test simulated \"${{@:2}}\"",
        root = root(),
        cargo = env!("CARGO"),
    );
    executable(&folder.join("bin/cargo"), &cargo);
}

fn executable(path: &Path, command: &str) {
    fs::write(path, format!("#!/usr/bin/env bash\n{command}\n")).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

fn found_envoy() -> PathBuf {
    let found = Command::new(root().join("setup/envoy")).output().unwrap();
    assert!(found.status.success(), "{}", text(found.stderr));
    text(found.stdout).trim().into()
}

/// Free ports, one for each of [`PORTS`].
struct Ports(Vec<String>);

impl Ports {
    fn free() -> Self {
        let bound = PORTS.map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
        Self(bound.iter().map(|port| port.local_addr().unwrap().port().to_string()).collect())
    }

    /// Replaces what is a port of the examples.
    fn put_into(&self, text: &str) -> String {
        let before = ["localhost:", "port_value: ", "upstream.py v1 ", "upstream.py v2 "];
        let mut text = text.to_owned();
        for (port, free) in PORTS.iter().zip(&self.0) {
            for before in before {
                text = text.replace(&format!("{before}{port}"), &format!("{before}{free}"));
            }
        }
        text
    }
}
