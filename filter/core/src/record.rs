//! The decision record: what was decided, and everything that was compared.
//!
//! One JSON line per decision. It is what a person reads the next day, so *why* must be answerable
//! from it alone.

use crate::arm::PerArm;
use crate::contract::log;
use crate::guard::Finding;
#[cfg(feature = "policies")]
use crate::policy::{Consulted, Failure};
use serde::{Deserialize, Serialize};

mod comparison;
mod finding;
mod latency;

pub use crate::contract::{Metric, Severity, Verdict};
pub use comparison::{Basis, Comparison, EffectRange, Judgement, Rate};
pub use latency::{Latency, LatencyRanges, Range};

/// Why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    /// The guard's evidence is in: the canary fails more than tolerated.
    Guard(#[serde(with = "finding")] Finding),
    /// A critical gate is breached for certain.
    GateBreached {
        /// Which.
        gate: String,
    },
    /// The requests that a rule sent to the canary breach a gate's limit for certain.
    ForcedBreached {
        /// Which.
        gate: String,
    },
    /// Not promoted in time.
    Expired {
        /// The rollout's age, milliseconds.
        age_ms: u64,
        /// What it may be.
        max_age_ms: u64,
    },
    /// A freeze window is on.
    Frozen,
    /// No canary request in the last minutes.
    NoTraffic,
    /// The arms did not get their shares of distinct users, so they are not alike.
    SampleRatio {
        /// Distinct users that were counted.
        units: PerArm<u64>,
        /// The canary's share as it should be.
        share: f64,
        /// The evidence against that share.
        e_value: f64,
        /// The evidence that is enough.
        threshold: f64,
    },
    /// The canary uses up its error budget too fast, in two windows at once, and more than twice as fast
    /// as the baseline.
    Burning {
        /// The burn rates over the long window; at 1 the budget lasts exactly its period.
        burn: PerArm<f64>,
        /// What the canary's may be.
        max_burn: f64,
        /// The long window, milliseconds.
        long_ms: u64,
        /// The short window, milliseconds.
        short_ms: u64,
    },
    /// Fewer canary requests than the stage asks for.
    TooFewRequests {
        /// So far.
        requests: u64,
        /// Asked for.
        needed: u64,
    },
    /// A gate has not been shown to hold.
    GateOpen {
        /// Which.
        gate: String,
    },
    /// The configuration says another stage or another weight.
    Configured {
        /// The weight from now on, in 1/100000.
        to_weight: u32,
    },
    /// Every gate was shown to hold.
    GatesPassed {
        /// The weight of the next stage, in 1/100000.
        to_weight: u32,
    },
    /// The watch after 100 % is over.
    WatchOver,
    /// The operator's policy says so.
    #[cfg(feature = "policies")]
    Policy {
        /// What it says.
        verdict: Verdict,
        /// Why.
        reason: String,
    },
    /// The operator's policy gave no decision.
    #[cfg(feature = "policies")]
    PolicyFailed {
        /// Why not.
        kind: Failure,
    },
    /// The rollout has a policy, and whoever decides here has not asked it.
    #[cfg(feature = "policies")]
    PolicyNotAsked,
}

impl Reason {
    /// A short text that changes only when the reason does, not with every count.
    pub fn code(&self) -> String {
        match self {
            Self::Guard(_) => "guard".to_owned(),
            Self::GateBreached { gate } => format!("gate_breached: {gate}"),
            Self::ForcedBreached { gate } => format!("forced_breached: {gate}"),
            Self::Expired { .. } => "expired".to_owned(),
            Self::Frozen => "frozen".to_owned(),
            Self::NoTraffic => "no_traffic".to_owned(),
            Self::SampleRatio { .. } => "sample_ratio".to_owned(),
            Self::Burning { .. } => "burning".to_owned(),
            Self::TooFewRequests { .. } => "too_few_requests".to_owned(),
            Self::GateOpen { gate } => format!("gate_open: {gate}"),
            Self::Configured { .. } => "configured".to_owned(),
            Self::GatesPassed { .. } => "gates_passed".to_owned(),
            Self::WatchOver => "watch_over".to_owned(),
            #[cfg(feature = "policies")]
            Self::Policy { verdict, reason } => {
                format!("policy_{}: {}", verdict.as_str(), without_digits(reason))
            }
            #[cfg(feature = "policies")]
            Self::PolicyFailed { kind } => format!("policy_failed: {}", kind.as_str()),
            #[cfg(feature = "policies")]
            Self::PolicyNotAsked => "policy_not_asked".to_owned(),
        }
    }
}

/// What stays of a policy's reason while the numbers in it change.
#[cfg(feature = "policies")]
fn without_digits(reason: &str) -> String {
    reason.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// How the error budgets are divided. The first, and the second times the stages and the critical gates,
/// add up to the rollout's `guard.alpha`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Levels {
    /// A false rollback by the guard, in all stages together.
    pub guard: f64,
    /// A false rollback by one critical gate in one stage.
    pub rollback: f64,
    /// A gate that passes and should not.
    pub promote: f64,
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Unix milliseconds.
    pub time_ms: u64,
    /// Which rollout.
    pub rollout: String,
    /// Its generation.
    pub generation: u64,
    /// The stage in which it was decided, from 0.
    pub stage: usize,
    /// Its weight, in 1/100000.
    pub weight: u32,
    /// How long the stage had lasted, milliseconds.
    pub stage_age_ms: u64,
    /// What was decided.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<Reason>,
    /// How the error budgets are divided.
    #[serde(default)]
    pub levels: Levels,
    /// Every gate, with everything that it compared.
    pub comparisons: Vec<Comparison>,
    /// Quantiles of the latency in the stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// What the operator's policy said, and by which numbers.
    #[cfg(feature = "policies")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Consulted>,
}

impl Record {
    /// What the first gate that looks at this metric compared.
    pub fn compared(&self, metric: Metric) -> Option<&Comparison> {
        self.comparisons.iter().find(|comparison| comparison.metric == metric)
    }

    /// The line for Envoy's log: the prefix and one line of JSON.
    pub fn line(&self) -> String {
        // Text keys and finite numbers: nothing in a record can fail to serialise.
        [log::DECISION, &serde_json::to_string(self).unwrap_or_default()].concat()
    }
}
