//! Requests may show a business event less often than at the baseline, by at most this.

use super::keys::{self, Context};
use super::{Expected, GateInput, GateKind, GateNeed, GateTest, JudgedRates, UsualTraffic};
use crate::arm::PerArm;
use crate::contract::{GateLabel, Metric};
use crate::decode::Path;
use crate::decode::error::Errors;
use crate::evidence::{Edges, Tally};
use crate::record::Judgement;
use crate::stats::confidence::Counts;

/// A limit on how much rarer an event may become.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Which of the rollout's events.
    pub index: usize,
    /// The relative drop.
    pub max_drop: f64,
}

/// The keys that go with it.
pub(super) const KEYS: &[&str] = &["name", "max_drop"];

/// Reads it, with its label.
pub(super) fn read(
    keys: &keys::Gate,
    context: &Context<'_>,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<(GateTest, String)> {
    let Some(name) = &keys.name else {
        return at.key("name").fail(errors, "missing: which of `events`");
    };
    let Some(index) = context.events.iter().position(|event| event == name) else {
        let known = context.events.join(", ");
        let known = if known.is_empty() { "none" } else { &known };
        return at.key("name").fail(errors, format!("no such event; `events` has: {known}"));
    };
    let Some(max_drop) = keys.max_drop.map(|drop| drop.0).filter(|d| *d > 0.0 && *d < 1.0) else {
        return at
            .key("max_drop")
            .fail(errors, "needs a share such as 5%, above 0 and below 100 %");
    };
    let label = GateLabel::Event { name, max_drop }.text();
    Some((GateTest::Event(Event { index, max_drop }), label))
}

impl GateKind for Event {
    fn metric(&self) -> Metric {
        Metric::Event
    }

    fn count(&self, tally: &Tally, _: &Edges) -> Counts {
        Counts { hits: tally.event(self.index), total: tally.outcomes.judged() }
    }

    fn judge(&self, seen: &GateInput<'_>) -> Judgement {
        let PerArm { canary, baseline } = seen.sample.counts;
        let kept = 1.0 - self.max_drop;
        if seen.certainty.to_pass().is_apart(baseline, canary, 1.0 / kept) {
            Judgement::Passed
        } else if seen.certainty.to_breach().is_apart(canary, baseline, kept) {
            Judgement::Breached
        } else {
            Judgement::Open
        }
    }

    fn shown_limit(&self, held: &JudgedRates<'_>) -> f64 {
        let baseline = &held.rates.baseline;
        let breached = held.result == Judgement::Breached;
        (1.0 - self.max_drop) * if breached { baseline.low } else { baseline.high }
    }
}

impl GateNeed for Event {
    fn usual(&self, traffic: &dyn UsualTraffic) -> Option<f64> {
        Some(traffic.event(self.index)? * (1.0 - traffic.errors()))
    }

    fn fires(&self, expected: &Expected) -> bool {
        let none = Counts { hits: 0, total: expected.canary };
        expected.test.is_apart(none, expected.baseline, 1.0 - self.max_drop)
    }

    fn passes(&self, expected: &Expected) -> bool {
        expected.test.is_apart(expected.baseline, expected.usual, 1.0 / (1.0 - self.max_drop))
    }
}
