//! What a filter sees of a stream on a real Envoy, callback by callback.
//!
//! Each scenario in `tests/scenarios/probe` runs the probe (`tests/guests/probe`), which logs all it sees. What remains when ids,
//! ports and times are taken out is kept in `traces/`: the reference by which the embedded host is measured, and the alarm
//! when another version of Envoy behaves otherwise. `RECORD=1` writes the traces anew; `ONLY=pause,reply` runs those that start so.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

mod differences;
mod drive;
mod embedded;
mod normal;
mod scenario;
mod tcp;
mod testbed;
mod trace;

use std::path::{Path, PathBuf};
use std::process::Command;

use scenario::Scenario;
use serinus_rig::workspace_root;

/// Builds the probe.
fn probe() -> PathBuf {
    let root = workspace_root();
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| root.join("target"), PathBuf::from).join("guests");
    let cargo_wasm = |args: &[&str]| {
        let mut command = Command::new(root.join("setup/cargo-wasm"));
        let output = command.args(args).env("CARGO_TARGET_DIR", &target).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let manifest = root.join("tests/guests/probe/Cargo.toml");
    let manifest = ["--manifest-path", manifest.to_str().unwrap()];
    cargo_wasm(&[&["build", "--quiet", "--locked", "--release"], &manifest[..]].concat());
    Path::new(cargo_wasm(&["target-dir"]).trim()).join("release/probe.wasm")
}

/// How often a scenario is run on Envoy before it is held to differ.
const RUNS: usize = 3;

/// The scenarios of a folder that are to run, by name.
fn scenarios(folder: &str) -> Vec<(String, PathBuf)> {
    let only = std::env::var("ONLY").unwrap_or_default();
    let chosen = |name: &str| only.is_empty() || only.split(',').any(|only| name.starts_with(only));
    let dir = workspace_root().join("tests/scenarios").join(folder);
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let named = files.map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), path));
    let mut scenarios: Vec<_> = named.filter(|(name, _)| chosen(name)).collect();
    scenarios.sort();
    scenarios
}

async fn trace(path: &Path, module: &Path) -> String {
    let scenario = Scenario::read(path).unwrap();
    trace::on_envoy(&scenario, module).await.unwrap()
}

fn kept_at(name: &str) -> PathBuf {
    workspace_root().join(format!("tests/tests/differential/traces/{name}.txt"))
}

/// The trace that is kept; empty if there is none.
fn kept(name: &str) -> String {
    std::fs::read_to_string(kept_at(name)).unwrap_or_default()
}

/// Compares a trace with the one that is kept; what differs, if anything does.
fn difference(name: &str, trace: &str) -> Option<String> {
    if std::env::var_os("RECORD").is_some() {
        std::fs::write(kept_at(name), trace).unwrap();
        return None;
    }
    let kept = kept(name);
    if kept == trace {
        return None;
    }
    let changed = kept.lines().zip(trace.lines()).find(|(kept, new)| kept != new);
    let (kept, new) = changed.unwrap_or(("(the end, or more)", "(more, or the end)"));
    Some(format!("{name}: kept `{kept}`, now `{new}`"))
}

/// What differs in every one of some runs. Real time runs in a real Envoy, and a machine that is busy elsewhere may have
/// it do two things in the other order.
async fn in_one_run(name: &str, path: &Path, module: &Path) -> Option<String> {
    let mut different = None;
    for _ in 0..RUNS {
        different = difference(name, &trace(path, module).await);
        if different.is_none() {
            break;
        }
    }
    different
}

#[tokio::test(flavor = "multi_thread")]
async fn envoy_behaves_as_recorded() {
    let module = probe();
    let mut different = Vec::new();
    for (name, path) in scenarios("probe") {
        different.extend(in_one_run(&name, &path, &module).await);
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn some_calls_kill_envoy() {
    let module = probe();
    for (name, path) in scenarios("fatal") {
        assert!(trace(&path, &module).await.contains("## Envoy died"), "{name}");
    }
}
