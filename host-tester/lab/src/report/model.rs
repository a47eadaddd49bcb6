//! What a report is made of. Times are milliseconds since the run began, unless they say otherwise.

use super::Traffic;
use serde::{Deserialize, Serialize};
use serinus_core::arm::PerArm;
pub use serinus_core::contract::RolloutState as State;
use serinus_core::record::{Rate, Record};

/// A run. Every part may be missing: an empty list or `None` has no place on the page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Report {
    /// What was run: the scenario's name.
    pub title: String,
    /// What it is about, in a sentence.
    pub description: String,
    /// When it began, unix milliseconds of the run's own clock. Decisions carry that clock's time, so they
    /// can only be drawn where this is known.
    pub start_ms: Option<u64>,
    /// How long it lasted by that clock.
    pub duration_ms: u64,
    /// What else is worth knowing, as name and value: the seed, the host, versions, wall time.
    pub facts: Vec<(String, String)>,
    /// What had to hold.
    pub expectations: Vec<Expectation>,
    /// What became of the rollouts.
    pub rollouts: Vec<Rollout>,
    /// Finished requests by cluster and status, over time.
    pub traffic: Option<Traffic>,
    /// Metrics at the end.
    pub metrics: Vec<Metric>,
    /// What was logged, or what of it is worth showing.
    pub logs: Vec<LogLine>,
    /// How many log lines were left out.
    pub logs_omitted: u64,
}

/// Something that had to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expectation {
    /// What is looked at: `verdict of checkout-v2`.
    pub what: String,
    /// What it had to be: `rollback by 40s`.
    pub expected: String,
    /// What it was: `rollback at 31.2s`.
    pub seen: String,
    /// Whether that will do.
    pub passed: bool,
    /// When it was looked at.
    pub at_ms: Option<u64>,
}

/// A rollout over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rollout {
    /// Its name.
    pub name: String,
    /// Its generation.
    pub generation: u64,
    /// When its samples' time began, unix milliseconds, if that is not when the report's did.
    pub start_ms: Option<u64>,
    /// How it stood, at moments that ascend. Evenly spaced ones draw best; a few hundred are plenty, and
    /// any number does.
    pub samples: Vec<Sample>,
    /// Latency of the successful requests, over the whole run.
    pub latency: Option<Latency>,
    /// What was decided, in order.
    pub decisions: Vec<Record>,
}

/// How a rollout stood at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sample {
    /// When.
    pub at_ms: u64,
    /// The canary's weight in force, in 1/100000 .
    pub weight: u32,
    /// The stage, from 0.
    pub stage: usize,
    /// What the rollout was doing.
    pub state: State,
    /// Requests that chance assigned and failures among them, since the run began
    pub totals: Option<PerArm<Totals>>,
    /// The rate of failures since the stage began, with its interval.
    pub rates: Option<PerArm<Rate>>,
    /// The guard's evidence, over all stages so far.
    pub evidence: Option<Evidence>,
}

/// Counts that only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Totals {
    /// Requests.
    pub requests: u64,
    /// Failures among them.
    pub failures: u64,
}

/// The guard's evidence that the canary is worse than tolerated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// `ln` of the e-value.
    pub ln_e: f64,
    /// `ln(1/alpha)`, where it stops.
    pub ln_threshold: f64,
}

/// Latencies in buckets, as the core counts them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// Upper edges of the buckets, microseconds, ascending (`Edges::upper`).
    pub edges_us: Vec<u64>,
    /// Counts per bucket, with one more for what is above the last edge (`Histogram::counts`).
    pub counts: PerArm<Vec<u64>>,
}

/// A metric at the end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Its name, with labels if it has some.
    pub name: String,
    /// Its value; of a histogram the number of samples.
    pub value: f64,
}

/// A line of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogLine {
    /// When.
    pub at_ms: u64,
    /// How bad.
    pub level: LogLevel,
    /// Who: the plugin's name.
    pub source: String,
    /// What.
    pub text: String,
}

/// The levels of proxy-wasm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Every step.
    Trace,
    /// For whoever writes the filter.
    Debug,
    /// For whoever runs it.
    #[default]
    Info,
    /// Something is odd.
    Warn,
    /// Something is wrong.
    Error,
    /// Nothing goes on from here.
    Critical,
}

/// A state in words, such as `rolled back`.
pub(super) fn state_words(state: State) -> String {
    state.as_str().replace('_', " ")
}

/// A state as a class of the style sheet, such as `rolled-back`.
pub(super) fn state_class(state: State) -> String {
    state.as_str().replace('_', "-")
}

impl LogLevel {
    /// In words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

impl Report {
    /// Whether all that had to hold did; `None` if nothing had to.
    pub fn passed(&self) -> Option<bool> {
        let all = self.expectations.iter().all(|expectation| expectation.passed);
        (!self.expectations.is_empty()).then_some(all)
    }
}
