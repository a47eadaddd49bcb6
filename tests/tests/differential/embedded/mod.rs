//! The same scenarios on the embedded host, held against the same traces.
//!
//! What cannot be the same is either taken out of both texts ([`comparable`]) or listed, with its reason, in
//! [`differences`](super::differences): nothing else may differ, and what is listed must.

mod convert;
mod drive;
mod tcp;
mod text;

use std::path::Path;

use anyhow::Result;
use serinus_host::engine::{Engine, EngineOptions};
use serinus_host::filter::Filter;
use serinus_host::vm::{FailureKind, VmFailure};

use super::differences::{Difference, TABLE, changes};
use super::scenario::Scenario;
use super::{kept, kept_at, probe, scenarios};

use text::comparable;

fn filter() -> Filter {
    let engine = Engine::new(&EngineOptions::cached()).unwrap();
    Filter::load(&engine, probe()).unwrap()
}

/// What the embedded host did in a scenario, in the form of the traces.
fn trace(path: &Path, filter: &Filter) -> Result<String> {
    let scenario = Scenario::read(path)?;
    let mut proxy = convert::proxy(&scenario, filter)?;
    let steps = drive::run(&scenario, &mut proxy);
    Ok(text::trace(&scenario, &mut proxy, &steps))
}

/// What is wrong with a scenario: what differs and is not listed, and what is listed and does not differ.
fn faults(name: &str, host: &str) -> Vec<String> {
    let (envoy, host) = (comparable(&kept(name)), comparable(host));
    let changes = changes(&envoy, &host);
    let listed: Vec<&Difference> = TABLE.iter().filter(|listed| listed.is_in(name)).collect();
    let unlisted = changes.iter().find(|change| !listed.iter().any(|listed| listed.covers(change)));
    let gone = listed.iter().filter(|listed| !changes.iter().any(|change| listed.covers(change)));
    let gone = gone.map(|listed| format!("{name}: no longer differs: {listed:?}"));
    unlisted.map(|change| format!("{name}: {change}")).into_iter().chain(gone).collect()
}

/// `SHOW=folder` keeps the host's traces there.
#[test]
fn the_embedded_host_behaves_as_envoy() {
    let filter = filter();
    let mut wrong = Vec::new();
    for (name, path) in scenarios("probe") {
        let host = trace(&path, &filter).unwrap_or_else(|error| format!("does not run: {error:#}"));
        if let Some(folder) = std::env::var_os("SHOW") {
            std::fs::write(Path::new(&folder).join(format!("{name}.txt")), &host).unwrap();
        }
        wrong.extend(faults(&name, &host));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_listed_difference_is_of_a_scenario() {
    let words = TABLE.iter().flat_map(|listed| listed.scenarios.split(' '));
    for word in words.filter(|word| !word.ends_with('_')) {
        assert!(kept_at(word).exists(), "{word}");
    }
}

#[test]
fn what_kills_envoy_is_reported() {
    let filter = filter();
    for (name, path) in scenarios("fatal") {
        let scenario = Scenario::read(&path).unwrap();
        let mut proxy = convert::proxy(&scenario, &filter).unwrap();
        drive::run(&scenario, &mut proxy);
        let failures = proxy.failures();
        let told = |failure: &VmFailure| matches!(failure.kind, FailureKind::CrashesEnvoy(_));
        assert!(failures.iter().any(told), "{name}: {failures:?}");
    }
}
