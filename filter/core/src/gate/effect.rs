//! A canary request may take longer than one of the baseline with at most this probability: the whole distribution is
//! compared, by the test of Mann and Whitney, in [interim analyses](crate::promotion::InterimAnalyses).

use super::keys;
use super::{Expected, Gate, GateInput, GateKind, GateNeed, GateTest, JudgedRates, UsualTraffic};
use crate::contract::{GateLabel, Metric};
use crate::decode::Path;
use crate::decode::error::Errors;
use crate::evidence::{Edges, Tally};
use crate::record::Judgement;
use crate::stats::confidence::Counts;

/// With fewer requests in an arm the normal approximation is none.
pub const FIRST: u64 = 200;

/// A limit on how much slower the whole distribution may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// The probability; .5 is no difference.
    pub max: f64,
}

/// Reads it.
pub(super) fn read(
    keys: &keys::Gate,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<(GateTest, String)> {
    if keys.compare.as_deref() != Some("mann-whitney") {
        return at.key("compare").fail(errors, "the one comparison there is is `mann-whitney`");
    }
    for (key, _) in [("max", keys.max.is_some()), ("quantile", keys.quantile.is_some())]
        .into_iter()
        .filter(|(_, there)| *there)
    {
        at.refuse(key, errors, "not with `compare`, which is about all latencies at once");
    }
    let max = keys.max_effect.unwrap_or(0.56);
    if !(max > 0.5 && max < 1.0) {
        return at.key("max_effect").fail(errors, "must be above 0.5 (no difference) and below 1");
    }
    let gate = Effect { max };
    Some((GateTest::Effect(gate), gate.label()))
}

impl Effect {
    /// A gate with this limit.
    pub fn gate(max: f64, severity: keys::Severity) -> Gate {
        let gate = Self { max };
        Gate { label: gate.label(), test: GateTest::Effect(gate), severity, dry_run: false }
    }

    fn label(self) -> String {
        GateLabel::Effect { max: self.max }.text()
    }
}

impl GateKind for Effect {
    fn metric(&self) -> Metric {
        Metric::Effect
    }

    fn max_effect(&self) -> Option<f64> {
        Some(self.max)
    }

    fn count(&self, tally: &Tally, _: &Edges) -> Counts {
        Counts { hits: 0, total: tally.latency.total() }
    }

    fn judge(&self, seen: &GateInput<'_>) -> Judgement {
        seen.analysis.unwrap_or(Judgement::Open)
    }

    fn shown_limit(&self, _: &JudgedRates<'_>) -> f64 {
        self.max
    }
}

impl GateNeed for Effect {
    fn usual(&self, _: &dyn UsualTraffic) -> Option<f64> {
        None
    }

    fn fires(&self, expected: &Expected) -> bool {
        expected.canary.min(expected.baseline.total) >= FIRST
    }

    fn passes(&self, expected: &Expected) -> bool {
        self.fires(expected)
    }
}
