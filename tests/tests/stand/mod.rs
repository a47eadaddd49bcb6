//! What the tests on a real Envoy share.
#![allow(dead_code, reason = "every test binary uses a part of it")]

pub mod jwt;

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};
use serinus_core::arm::Arm;
use serinus_core::config::{self, Pace, Rollout};
use serinus_rig::{Builder, Envoy, Filter, Upstream, filter_path};

/// An Envoy between two versions.
pub struct Stand {
    pub v1: Upstream,
    pub v2: Upstream,
    pub envoy: Envoy,
}

/// An Envoy with this configuration of the filter.
pub async fn stand(config: &Value) -> Result<Stand> {
    stand_with(config, |builder| builder).await
}

/// [`stand`], with more in it. What `more` adds to the chain comes after the filter.
pub async fn stand_with(config: &Value, more: impl FnOnce(Builder) -> Builder) -> Result<Stand> {
    let filter = serinus(config)?;
    stand_of(|builder| more(builder.filter(filter))).await
}

/// Two versions and an Envoy with a chain of one's own.
pub async fn stand_of(chain: impl FnOnce(Builder) -> Builder) -> Result<Stand> {
    let (v1, v2) = (Upstream::start("v1").await?, Upstream::start("v2").await?);
    let builder = Envoy::builder().workers(2).cluster("baseline", &v1).cluster("canary", &v2);
    let envoy = chain(builder).start().await?;
    Ok(Stand { v1, v2, envoy })
}

/// The filter, called `serinus`, under discovery.
pub fn serinus(config: &Value) -> Result<Filter> {
    Ok(Filter::wasm("serinus").module(filter_path()?).config(config.clone()).ecds().into())
}

/// A rollout by the rig's user header whose first stage has this weight, and which no failure moves.
pub fn steady(weight: &str) -> Value {
    json!({
        "rollout": "checkout", "unit": [{ "header": "x-user-id" }],
        "stages": [{ "weight": weight, "min_time": "7d" }, { "weight": "100%" }],
        "guard": { "min_errors": 1_000_000 }, "gates": [],
    })
}

/// The rollout as the filter sees it.
pub fn native(config: &Value) -> Result<Rollout> {
    let rollouts = config::from_value(config).map_err(|errors| anyhow!("{errors}"))?;
    rollouts.into_iter().next().context("no rollout")
}

/// Where the core puts a unit in the stage with which the rollout begins.
pub fn cohort_of(rollout: &Rollout, unit: impl AsRef<[u8]>) -> Arm {
    let stage = match rollout.pace {
        Pace::Autonomous => 0,
        Pace::Follow { stage } => stage,
    };
    let bucketer = &rollout.cohorts.bucketer;
    let inside = bucketer.includes(bucketer.bucket(unit.as_ref()), rollout.stage(stage).weight);
    if inside { Arm::Canary } else { Arm::Baseline }
}

/// The first `n` of the users `u0`, `u1`, ... that the core puts in this cohort.
pub fn users_in(config: &Value, cohort: Arm, n: usize) -> Result<Vec<String>> {
    let rollout = native(config)?;
    let users = (0..1_000_000).map(|n| format!("u{n}"));
    let found: Vec<_> = users.filter(|u| cohort_of(&rollout, u) == cohort).take(n).collect();
    ensure!(found.len() == n, "too few users in {cohort:?}");
    Ok(found)
}

/// The upstream of a cohort.
pub fn upstream_of(cohort: Arm) -> &'static str {
    match cohort {
        Arm::Baseline => "v1",
        Arm::Canary => "v2",
    }
}

/// `serinus_requests_total` as `canary failure` -> 1, without zeros, over all rollouts.
pub async fn counts(envoy: &Envoy) -> Result<BTreeMap<String, u64>> {
    let metrics = envoy.metrics().await?;
    let mut counts = BTreeMap::new();
    for sample in metrics.matching("serinus_requests_total", &[]).filter(|s| s.value > 0.0) {
        let label = |key| sample.label(key).unwrap_or("?");
        *counts.entry(format!("{} {}", label("cohort"), label("outcome"))).or_default() +=
            sample.value as u64;
    }
    Ok(counts)
}

/// [`counts`], once so many requests are over. Envoy runs the filters' `on_log` before it writes the entry,
/// so what is not counted by then never will be.
pub async fn counts_after(envoy: &Envoy, requests: usize) -> Result<BTreeMap<String, u64>> {
    envoy.wait_for_access_log(requests).await?;
    counts(envoy).await
}

/// No VM of the filter has crashed: none was reloaded, and the log speaks of none.
pub async fn ensure_no_crash(envoy: &Envoy) -> Result<()> {
    let stats = envoy.stats().await?;
    for (name, value) in stats.iter().filter(|(name, _)| name.contains("vm_reload")) {
        ensure!(*value == 0, "{name} is {value}");
    }
    let bad = ["[critical]", "Uncaught", "panicked", "proxy_on_", "failed state"];
    let lines = envoy.log_lines();
    let line = lines.iter().find(|line| bad.iter().any(|word| line.contains(word)));
    ensure!(line.is_none(), "{line:?}");
    Ok(())
}

/// Counts to compare with.
pub fn expect(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
    counts.iter().map(|(key, count)| ((*key).to_owned(), *count)).collect()
}
