//! What several of the tests on a real Envoy share.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use serinus_core::contract::log::DECISION;
use serinus_core::guard::Finding;
use serinus_core::record::{Reason, Record, Verdict};
use serinus_rig::{Builder, Envoy, Filter, Upstream, Wasm, eventually, filter_path};

/// The rollout that most tests begin with: users by header, two stages of which the first never ends by itself, and no
/// gate, so that only the guard decides.
pub fn rollout(weight: &str) -> Value {
    json!({
        "rollout": "checkout",
        "unit": [{ "header": "x-user-id" }],
        "stages": [{ "weight": weight, "min_time": "1h" }, { "weight": "100%" }],
        "gates": [],
    })
}

/// `base` in stages of a second, with a gate that 90 clean requests pass.
pub fn climbing(base: &Value) -> Value {
    let short = json!({
        "stages": [
            { "weight": "10%", "min_time": "1s" },
            { "weight": "50%", "min_time": "1s" },
            { "weight": "100%", "watch": "1s" },
        ],
        "gates": [{ "metric": "errors", "max": "5%" }],
    });
    with(base, &short)
}

/// `base` with the keys of `over` in place of its own.
pub fn with(base: &Value, over: &Value) -> Value {
    let mut merged = base.clone();
    for (key, value) in over.as_object().into_iter().flatten() {
        merged[key] = value.clone();
    }
    merged
}

/// The filter as a plugin called `serinus`, with this configuration.
pub fn serinus(config: Value) -> Result<Wasm> {
    Ok(Filter::wasm("serinus").module(filter_path()?).config(config))
}

/// Two upstreams, and an Envoy in the making that knows them as baseline and canary.
pub async fn two_versions() -> Result<(Upstream, Upstream, Builder)> {
    let (v1, v2) = (Upstream::start("v1").await?, Upstream::start("v2").await?);
    let builder = Envoy::builder().cluster("baseline", &v1).cluster("canary", &v2);
    Ok((v1, v2, builder))
}

/// The decisions in Envoy's log so far. One that cannot be read is an error.
pub fn records(envoy: &Envoy) -> Result<Vec<Record>> {
    let lines = envoy.log_lines();
    let json = lines.iter().filter_map(|line| line.split_once(DECISION).map(|(_, json)| json));
    json.map(|json| serde_json::from_str(json).with_context(|| json.to_owned())).collect()
}

/// The decisions of this kind on this rollout so far.
pub fn verdicts(envoy: &Envoy, rollout: &str, verdict: Verdict) -> Result<Vec<Record>> {
    let mut records = records(envoy)?;
    records.retain(|record| record.rollout == rollout && record.verdict == verdict);
    Ok(records)
}

/// The `nth` decision of this kind on this rollout, counted from 0, as soon as there is one.
pub async fn decision(
    envoy: &Envoy,
    rollout: &str,
    verdict: Verdict,
    nth: usize,
) -> Result<Record> {
    let what = format!("{} no. {nth} of {rollout}", verdict.as_str());
    // Half a line is no record yet; later readings are strict.
    let find = || async { verdicts(envoy, rollout, verdict).ok()?.into_iter().nth(nth) };
    Ok(eventually(what, find).await?)
}

/// The gauge or counter `name` of this rollout, summed over its other labels.
pub async fn metric(
    envoy: &Envoy,
    rollout: &str,
    name: &str,
    labels: &[(&str, &str)],
) -> Result<u64> {
    let labels = [&[("rollout", rollout)], labels].concat();
    Ok(envoy.metrics().await?.value(name, &labels) as u64)
}

/// Waits until the gauge `name` of this rollout has this value.
pub async fn wait_for_gauge(envoy: &Envoy, rollout: &str, name: &str, value: u64) -> Result<()> {
    let is = || async {
        let now = metric(envoy, rollout, name, &[]).await.ok()?;
        (now == value).then_some(())
    };
    Ok(eventually(format!("{name} of {rollout} to be {value}"), is).await?)
}

/// When a record says it was decided; the decision fell within this millisecond.
pub fn decided_at(record: &Record) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(record.time_ms)
}

/// What the guard found, of a record whose only reason it is.
pub fn finding(record: &Record) -> Result<Finding> {
    match record.reasons[..] {
        [Reason::Guard(finding)] => Ok(finding),
        _ => anyhow::bail!("not by the guard: {record:?}"),
    }
}
