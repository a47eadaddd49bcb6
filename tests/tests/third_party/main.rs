//! Scenarios on a real Envoy and on the embedded host, from the same files and with the same judge.
//!
//! `tests/scenarios/third-party` has filters that were not written for Serinus; what holds there on Envoy must hold on
//! the embedded host. `tests/scenarios` has the Serinus filter: what the files say of it must hold on Envoy, apart from
//! those that say why they cannot run there.
//!
//! | file | what |
//! |---|---|
//! | [`target`] | a real Envoy as what a scenario runs on |
//! | [`proxy`] | its configuration |
//! | [`upstream`], [`echo`] | its clusters |
//! | [`client`] | requests and connections to it |
//! | [`logs`], [`entries`] | what its plugins and its access log say |

mod client;
mod echo;
mod entries;
mod logs;
mod proxy;
mod target;
mod upstream;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use serinus_lab::rehearsal;
use serinus_lab::scenario::run::drive;
use serinus_lab::scenario::{ExpectationResult, Options, Runner, Scenario};
use serinus_rig::{filter_path, workspace_root};
use serinus_tests::guest_or_skip;
use serinus_tests::guests::sources;

/// Guests that are no filters to be checked for what they do: those have tests of their own.
const WITHOUT_A_SCENARIO: &str = "hostile-";

fn scenarios(folder: &str) -> Result<Vec<PathBuf>> {
    let folder = workspace_root().join(folder);
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        files.push(entry?.path());
    }
    files.retain(|file| file.extension().is_some_and(|end| end == "yaml"));
    files.sort();
    Ok(files)
}

fn name(path: &Path) -> String {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned()
}

/// Only those that `$SCENARIO` is part of.
fn asked_for(path: &Path) -> bool {
    let only = std::env::var("SCENARIO").unwrap_or_default();
    name(path).contains(&only)
}

/// Reads a scenario, and puts files in the places of guests; nothing where a guest is not to be had here.
fn read(path: &Path) -> Result<Option<Scenario>> {
    let mut scenario =
        rehearsal::read(&path.display().to_string()).map_err(|unsound| anyhow!("\n{unsound}"))?;
    for plugin in &mut scenario.plugins {
        let module = match plugin.wasm.as_deref().and_then(|wasm| wasm.strip_prefix("guest:")) {
            Some(guest) => match guest_or_skip(guest)? {
                Some(module) => module,
                None => return Ok(None),
            },
            None if plugin.wasm.is_some() => continue,
            None => filter_path()?,
        };
        plugin.wasm = Some(module.display().to_string());
    }
    Ok(Some(scenario))
}

async fn on_envoy(scenario: &Scenario) -> Result<Vec<ExpectationResult>> {
    let mut target = target::Real::start(scenario).await?;
    let drive = || drive(scenario, scenario.seed, &mut target, &mut (), None);
    Ok(tokio::task::block_in_place(drive).results)
}

/// Every expectation that does not hold, with what happened around it.
fn wrong(results: &[ExpectationResult]) -> Option<String> {
    let wrong = results.iter().filter(|result| !result.passed).map(|result| {
        let ExpectationResult { path, what, expected, seen, trace, .. } = result;
        format!(
            "\n  {path}: {what}: expected {expected}, saw {seen}\n      {}",
            trace.join("\n      ")
        )
    });
    let wrong: String = wrong.collect();
    (!wrong.is_empty()).then_some(wrong)
}

/// Runs each scenario of a folder on Envoy, one after the other.
async fn all_on_envoy(folder: &str) -> Result<()> {
    let mut failures = Vec::new();
    for path in scenarios(folder)?.into_iter().filter(|path| asked_for(path)) {
        let name = name(&path);
        let outcome = match read(&path) {
            Ok(Some(scenario)) if scenario.only_host.is_some() => {
                println!("{name}: {}", scenario.only_host.unwrap_or_default());
                continue;
            }
            Ok(Some(scenario)) => on_envoy(&scenario).await.map(|results| wrong(&results)),
            Ok(None) => {
                println!("{name}: skipped");
                continue;
            }
            Err(error) => Err(error),
        };
        match outcome {
            Ok(None) => println!("{name}: as expected"),
            Ok(Some(wrong)) => failures.push(format!("{name}:{wrong}")),
            Err(error) => failures.push(format!("{name}: {error:#}")),
        }
    }
    ensure!(failures.is_empty(), "\n{}", failures.join("\n"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_third_party_filter_does_on_envoy_what_its_scenario_says() -> Result<()> {
    all_on_envoy("tests/scenarios/third-party").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_serinus_filter_does_on_envoy_what_its_scenarios_say() -> Result<()> {
    all_on_envoy("tests/scenarios").await
}

#[test]
fn every_third_party_filter_does_on_the_embedded_host_what_its_scenario_says() -> Result<()> {
    let mut runner = Runner::new()?;
    let mut failures = Vec::new();
    for path in scenarios("tests/scenarios/third-party")?.into_iter().filter(|path| asked_for(path))
    {
        let name = name(&path);
        let Some(scenario) = read(&path)? else { continue };
        let outcome = match runner.run(&scenario, &Options::default(), &mut ()) {
            Ok(outcome) => wrong(&outcome.results),
            Err(error) => Some(error.to_string()),
        };
        match outcome {
            None => println!("{name}: as expected"),
            Some(wrong) => failures.push(format!("{name}: {wrong}")),
        }
    }
    ensure!(failures.is_empty(), "\n{}", failures.join("\n"));
    Ok(())
}

#[test]
fn every_guest_has_a_scenario() -> Result<()> {
    let mut used = String::new();
    for path in scenarios("tests/scenarios/third-party")? {
        used.push_str(&fs::read_to_string(path)?);
    }
    for source in sources()? {
        let wasm = format!("wasm: guest:{}\n", source.name);
        let exempt = source.name.starts_with(WITHOUT_A_SCENARIO);
        ensure!(exempt || used.contains(&wasm), "no scenario has {wasm}");
    }
    Ok(())
}
