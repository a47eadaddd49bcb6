//! At most this share of requests may fail.
//!
//! Worse than the baseline means `L_canary >= (1 + d) U_baseline`, [repeats](crate::guard::FailingUnits) left out: an
//! account that is broken at both versions fell on one of them.

use super::keys::{self, Context};
use super::{
    Expected, Gate, GateInput, GateKind, GateNeed, GateTest, JudgedRates, UsualTraffic, judge_rate,
    passes_rate, shown_rate_limit,
};
use crate::contract::{GateLabel, Metric};
use crate::decode::Path;
use crate::decode::error;
use crate::decode::value::Limit;
use crate::evidence::{Edges, Tally};
use crate::outcome::Outcome;
use crate::record::{Basis, Judgement};
use crate::stats::confidence::Counts;

/// A limit on the share of failed requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Errors {
    /// The share.
    pub max: f64,
}

/// The keys that go with it.
pub(super) const KEYS: &[&str] = &["max"];

/// Reads it; without a limit it has that of the profile.
pub(super) fn read(
    keys: &keys::Gate,
    context: &Context<'_>,
    at: &Path<'_>,
    errors: &mut error::Errors,
) -> Option<(GateTest, String)> {
    let max = match keys.max {
        None => context.max_errors,
        Some(Limit::Share(share)) if share < 1.0 => share,
        Some(_) => return at.key("max").fail(errors, "expected a share below 100 %"),
    };
    let gate = Errors { max };
    Some((GateTest::Errors(gate), gate.label()))
}

impl Errors {
    /// A gate with this limit.
    pub fn gate(max: f64, severity: keys::Severity) -> Gate {
        let gate = Self { max };
        Gate { label: gate.label(), test: GateTest::Errors(gate), severity, dry_run: false }
    }

    fn label(self) -> String {
        GateLabel::Errors { max: self.max }.text()
    }
}

impl GateKind for Errors {
    fn metric(&self) -> Metric {
        Metric::Errors
    }

    fn limit(&self) -> Option<f64> {
        Some(self.max)
    }

    fn count(&self, tally: &Tally, _: &Edges) -> Counts {
        Counts { hits: tally.outcomes.count(Outcome::Failure), total: tally.outcomes.judged() }
    }

    fn remembered(&self, failures: Counts) -> Counts {
        failures
    }

    fn judge(&self, seen: &GateInput<'_>) -> Judgement {
        judge_rate(seen, self.max, || {
            let once = seen.stage.map(once);
            let (breach, slack) = (seen.certainty.to_breach(), seen.certainty.slack);
            breach.is_apart(once.baseline, once.canary, 1.0 / slack)
        })
    }

    fn shown_limit(&self, held: &JudgedRates<'_>) -> f64 {
        let remembered = held.basis == Basis::Remembered && held.rates.baseline.requests > 0;
        if remembered && held.result == Judgement::Breached {
            return self.max.max(held.slack * held.rates.baseline.high);
        }
        shown_rate_limit(held, self.max)
    }
}

impl GateNeed for Errors {
    fn usual(&self, traffic: &dyn UsualTraffic) -> Option<f64> {
        Some(traffic.errors())
    }

    fn fires(&self, expected: &Expected) -> bool {
        let all = Counts { hits: expected.canary, total: expected.canary };
        expected.test.is_above(all, self.max)
            && expected.test.is_apart(expected.baseline, all, 1.0 / expected.slack)
    }

    fn passes(&self, expected: &Expected) -> bool {
        passes_rate(expected, self.max)
    }
}

/// Failures and requests without repeats.
fn once(tally: &Tally) -> Counts {
    let Tally { outcomes, repeats, .. } = tally;
    Counts {
        hits: outcomes.count(Outcome::Failure).saturating_sub(*repeats),
        total: outcomes.judged().saturating_sub(*repeats),
    }
}
