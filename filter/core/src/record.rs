//! The decision record: what was decided, and everything that was compared.
//!
//! One JSON line per decision. It is what a person reads the next day, so *why* must be answerable
//! from it alone.

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
            Self::Expired { .. } => "expired".to_owned(),
            Self::Frozen => "frozen".to_owned(),
            Self::NoTraffic => "no_traffic".to_owned(),
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
    /// What a breach does.
    pub severity: String,
    /// The canary.
    pub canary: Rate,
    /// The baseline.
    pub baseline: Rate,
    /// What the canary's upper end must not exceed to pass; in a breach, what its lower end exceeds.
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
    /// Every gate, with everything that it compared.
    pub comparisons: Vec<Comparison>,
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
    use crate::evidence::PerArm;
    use crate::guard::{Counters, Finding};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Shown {
        e_value: f64,
        threshold: f64,
        canary_share: f64,
        requests: PerArm<u64>,
        failures: PerArm<u64>,
    }

    pub(super) fn serialize<S: Serializer>(finding: &Finding, s: S) -> Result<S::Ok, S::Error> {
        // Beyond this the number says nothing, and infinity is not JSON.
        let e_value = libm::exp(finding.ln_e.min(230.0));
        let threshold = libm::round(libm::exp(finding.threshold) * 1e6) / 1e6;
        let Counters { assigned, failed } = finding.seen;
        Shown {
            e_value,
            threshold,
            canary_share: finding.share,
            requests: assigned,
            failures: failed,
        }
        .serialize(s)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Finding, D::Error> {
        let shown = Shown::deserialize(d)?;
        Ok(Finding {
            ln_e: libm::log(shown.e_value),
            threshold: libm::log(shown.threshold),
            seen: Counters { assigned: shown.requests, failed: shown.failures },
            share: shown.canary_share,
            breached: true,
        })
    }
}
