//! The decision record: what was decided, and everything that was compared.
//!
//! One JSON line per decision. It is what a person reads the next day, so *why* must be answerable
//! from it alone.

use crate::arm::PerArm;
use crate::guard::Finding;
#[cfg(feature = "policies")]
use crate::policy::{Consulted, Failure};
use serde::{Deserialize, Serialize};

/// What a line in Envoy's log begins with.
pub const PREFIX: &str = "serinus.decision ";

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// On to the next stage.
    Promote,
    /// Stay.
    Hold,
    /// Back to the baseline.
    Rollback,
}

impl Verdict {
    /// All.
    pub const ALL: [Self; 3] = [Self::Promote, Self::Hold, Self::Rollback];

    /// The value of the metric label `verdict`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Hold => "hold",
            Self::Rollback => "rollback",
        }
    }
}

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

/// How a gate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// Shown to hold.
    Passed,
    /// Neither shown to hold nor to be breached.
    Open,
    /// Shown to be breached.
    Breached,
    /// Not judged: it compares versions, and at full weight there is only one.
    Waived,
}

/// What the canary was held against. `eligible` rules leave both arms alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The limit, and the baseline of the same moment, assigned by chance from the same requests.
    #[default]
    Randomised,
    /// The limit, and what the baseline did in the stages before.
    Remembered,
    /// The limit alone: there is no baseline.
    Absolute,
    /// The limit alone, by requests that a rule sent to the canary: they are another population than the
    /// baseline's.
    Forced,
    /// Nothing.
    Nothing,
}

/// How likely a canary request takes longer than one of the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EffectRange {
    /// As observed; .5 is no difference.
    pub estimate: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The number of the look in the stage; each spends a part of the error level.
    pub look: u32,
}

/// Where a quantile of the latency lies, microseconds; an end that is not known is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above_us: Option<u64>,
    /// At most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most_us: Option<u64>,
}

/// Where three quantiles lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencyRanges {
    /// The median.
    pub p50: Range,
    /// One in twenty is slower.
    pub p95: Range,
    /// One in a hundred is slower.
    pub p99: Range,
}

/// The latency of successes in the stage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// The error level of the three intervals of an arm together.
    pub alpha: f64,
    /// Of the baseline.
    pub baseline: LatencyRanges,
    /// Of the canary.
    pub canary: LatencyRanges,
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

/// A share of requests with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Of how many.
    pub requests: u64,
    /// How many failed, or were slow.
    pub hits: u64,
    /// Lower end of the confidence sequence.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// One gate with what it compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The gate's name.
    pub gate: String,
    /// What a breach does: `critical`, `warn` or `dry_run`.
    pub severity: String,
    /// What it looks at: `errors`, `latency` (slower than the limit), `effect` (the whole distribution) or
    /// `event`.
    #[serde(default)]
    pub metric: String,
    /// What the canary was held against.
    #[serde(default)]
    pub basis: Basis,
    /// The error level of each interval here.
    #[serde(default)]
    pub alpha: f64,
    /// The canary.
    pub canary: Rate,
    /// The baseline.
    pub baseline: Rate,
    /// Failures among these that are no more than their user's last one again. They count against the
    /// limit, and not where the canary is held to be worse than the baseline.
    #[serde(default, skip_serializing_if = "PerArm::is_zero")]
    pub repeats: PerArm<u64>,
    /// How much slower the canary is, where that is asked and was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<EffectRange>,
    /// What the canary's upper end must not exceed to pass; in a breach, what its lower end exceeds. For an
    /// event it is the other way round: its lower end must reach it, and in a breach its upper end does not.
    pub limit: f64,
    /// How it stands.
    pub result: Judgement,
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
    /// The line for Envoy's log: the prefix and one line of JSON.
    pub fn line(&self) -> String {
        // Text keys and finite numbers: nothing in a record can fail to serialise.
        format!("{PREFIX}{}", serde_json::to_string(self).unwrap_or_default())
    }
}

/// A finding as a person reads it: the evidence itself, not its logarithm.
mod finding {
    use crate::arm::PerArm;
    use crate::guard::{Counters, Finding};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Shown {
        e_value: f64,
        threshold: f64,
        canary_share: f64,
        requests: PerArm<u64>,
        failures: PerArm<u64>,
        /// Those that the evidence goes by: of one user's in a row, one. Older records have only failures.
        episodes: Option<PerArm<u64>>,
    }

    pub(super) fn serialize<S: Serializer>(finding: &Finding, s: S) -> Result<S::Ok, S::Error> {
        // Beyond this the number says nothing, and infinity is not JSON.
        let e_value = libm::exp(finding.ln_e.min(230.0));
        let threshold = libm::round(libm::exp(finding.threshold) * 1e6) / 1e6;
        let Counters { assigned, failed, episodes } = finding.seen;
        Shown {
            e_value,
            threshold,
            canary_share: finding.share,
            requests: assigned,
            failures: failed,
            episodes: Some(episodes),
        }
        .serialize(s)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Finding, D::Error> {
        let shown = Shown::deserialize(d)?;
        Ok(Finding {
            ln_e: libm::log(shown.e_value),
            threshold: libm::log(shown.threshold),
            seen: Counters {
                assigned: shown.requests,
                failed: shown.failures,
                episodes: shown.episodes.unwrap_or(shown.failures),
            },
            share: shown.canary_share,
            breached: true,
        })
    }
}
