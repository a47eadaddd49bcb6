//! What a policy is told.

use crate::contract::{Severity, Verdict};
use serde::{Deserialize, Serialize};

/// Everything a policy is told: `snapshot` in the WIT.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The rollout's name.
    pub rollout: String,
    /// Its generation.
    #[serde(default)]
    pub generation: u64,
    /// Now, seconds since 1970 (UTC).
    pub unix_seconds: u64,
    /// Where the rollout stands.
    pub stage: StageView,
    /// The whole stage first, then stretches that end now, ascending.
    pub windows: Vec<Window>,
    /// The rollout's gates, and behind them what every rollout is held to, the guard first.
    #[serde(default)]
    pub gates: Vec<GateResult>,
    /// Parameters that the rollout gives.
    #[serde(default)]
    pub params: Vec<Param>,
    /// What the last decision in this stage left.
    #[serde(default)]
    pub memory: Vec<u8>,
}

/// Where the rollout stands: `stage` in the WIT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageView {
    /// The stage, from 0.
    pub index: u32,
    /// How many there are.
    pub count: u32,
    /// The canary's share of users, in 1/100000.
    pub weight: u32,
    /// How long the stage has lasted, seconds.
    pub age_seconds: u64,
    /// How long it has to last, seconds.
    pub min_seconds: u64,
    /// How many canary requests it needs.
    pub min_requests: u64,
}

/// Both versions over a stretch of time that ends now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// How long it is, seconds.
    pub seconds: u32,
    /// The version in service.
    pub baseline: Arm,
    /// The version on trial.
    pub canary: Arm,
}

/// What was seen of one version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Arm {
    /// Successes and failures.
    pub requests: u64,
    /// Failures among them.
    pub failures: u64,
    /// Requests whose client hung up; not in `requests`.
    pub client_gone: u64,
    /// Distinct users, estimated; 0 where they are not counted.
    pub units: u64,
    /// Latency of the successes.
    pub latency: LatencyHistogram,
    /// Every event of the rollout.
    pub events: Vec<EventCount>,
}

/// Latencies in buckets: `histogram` in the WIT.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LatencyHistogram {
    /// Upper edges, milliseconds, ascending.
    pub upper_ms: Vec<f64>,
    /// Requests per bucket; one more than there are edges.
    pub counts: Vec<u64>,
}

/// How often a business event happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventCount {
    /// Its name.
    pub name: String,
    /// How often.
    pub count: u64,
}

/// How a built-in gate stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateResult {
    /// Its name.
    pub name: String,
    /// Promote: passed; hold: open; rollback: breached.
    pub verdict: Verdict,
    /// What a breach does.
    pub severity: Severity,
    /// What was compared.
    pub detail: String,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: ParamValue,
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ParamValue {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A switch.
    Flag(bool),
}
