//! What a gate compared.

use crate::arm::PerArm;
use crate::contract::{GateLabel, Metric, Severity};
use serde::{Deserialize, Serialize};

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
///
/// A record of an older build does not say what a gate looks at. Its label does, which that build wrote in one of the
/// forms of [`GateLabel`]; a comparison with neither is no comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Read")]
pub struct Comparison {
    /// The gate's label.
    pub gate: String,
    /// What a breach does.
    pub severity: Severity,
    /// What the gate looks at.
    pub metric: Metric,
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

/// A comparison as any build wrote it.
#[derive(Deserialize)]
struct Read {
    gate: String,
    severity: Severity,
    metric: Option<Metric>,
    #[serde(default)]
    basis: Basis,
    #[serde(default)]
    alpha: f64,
    canary: Rate,
    baseline: Rate,
    #[serde(default)]
    repeats: PerArm<u64>,
    effect: Option<EffectRange>,
    limit: f64,
    result: Judgement,
}

impl TryFrom<Read> for Comparison {
    type Error = String;

    fn try_from(read: Read) -> Result<Self, String> {
        let Read { gate, severity, metric, basis, alpha, canary, baseline, repeats, .. } = read;
        let Read { effect, limit, result, .. } = read;
        let of_label = || GateLabel::parse(&gate).map(|label| label.metric());
        let metric = metric.or_else(of_label);
        let metric = metric.ok_or_else(|| {
            format!("missing field `metric`, and the label `{gate}` does not tell it")
        })?;
        Ok(Self {
            gate,
            severity,
            metric,
            basis,
            alpha,
            canary,
            baseline,
            repeats,
            effect,
            limit,
            result,
        })
    }
}

#[cfg(test)]
mod tests;
