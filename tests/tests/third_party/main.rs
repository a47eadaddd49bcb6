//! Filters that were not written for Serinus do on a real Envoy what their scenarios say.
//!
//! `tests/scenarios/third-party` is what the embedded host is held against; this is the proof that Envoy does the same.
//! Only what those files use of the scenario format is understood here, and any other key is an error: an expectation
//! that nobody checks would be worse than none.

mod check;
mod envoy;
mod expect;
mod keys;
mod tcp;
mod upstream;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use serinus_host::rollout_file::Document;
use serinus_rig::workspace_root;
use serinus_tests::guests::sources;

/// Guests that are no filters to be checked for what they do: those have tests of their own.
const WITHOUT_A_SCENARIO: &str = "hostile-";

fn scenarios() -> Result<Vec<PathBuf>> {
    let folder = workspace_root().join("tests/scenarios/third-party");
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        files.push(entry?.path());
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<Value> {
    let document = Document::read_all(&fs::read_to_string(path)?)?.pop().context("empty")?;
    ensure!(document.problems.is_empty(), "{:?}", document.problems);
    Ok(document.value)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_third_party_filter_does_on_envoy_what_its_scenario_says() -> Result<()> {
    let only = std::env::var("SCENARIO").unwrap_or_default();
    let mut wrong = Vec::new();
    for path in scenarios()? {
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if !name.contains(&only) {
            continue;
        }
        let outcome = match read(&path) {
            Ok(scenario) => check::run(&scenario).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(true) => println!("{name}: as expected"),
            Ok(false) => println!("{name}: skipped"),
            Err(error) => wrong.push(format!("{name}: {error:#}")),
        }
    }
    ensure!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn every_guest_has_a_scenario() -> Result<()> {
    let mut used = String::new();
    for path in scenarios()? {
        used.push_str(&fs::read_to_string(path)?);
    }
    for source in sources()? {
        let wasm = format!("wasm: guest:{}\n", source.name);
        let exempt = source.name.starts_with(WITHOUT_A_SCENARIO);
        ensure!(exempt || used.contains(&wasm), "no scenario has {wasm}");
    }
    Ok(())
}
