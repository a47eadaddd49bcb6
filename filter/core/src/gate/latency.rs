//! At most the share `1 - quantile` may be slower than the limit: "p99 at most 500 ms" is "at most 1 % above 500 ms".
//!
//! Worse than the baseline the canary is if the test of slow requests says so, which compares with the baseline of the
//! same moment; see [`SlowRequestTests`](crate::promotion::SlowRequestTests).

use super::keys;
use super::{
    Expected, GateInput, GateKind, GateNeed, GateTest, JudgedRates, UsualTraffic, judge_rate,
    passes_rate, shown_rate_limit,
};
use crate::cohort::number;
use crate::contract::{GateLabel, Metric};
use crate::decode::Path;
use crate::decode::error::Errors;
use crate::decode::value::Limit;
use crate::evidence::{Edges, Tally};
use crate::record::Judgement;
use crate::stats::confidence::Counts;

/// A limit on the share of slow requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Latency {
    /// Microseconds; an edge of the histograms.
    pub limit: u64,
    /// The share.
    pub max: f64,
}

/// The keys that go with it.
pub(super) const KEYS: &[&str] = &["max", "quantile", "compare", "max_effect"];

/// Reads it, with its label: the quantile stays as it was written.
pub(super) fn read(
    keys: &keys::Gate,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<(GateTest, String)> {
    let limit = match keys.max {
        Some(Limit::Duration(duration)) if duration.ms > 0 => duration,
        _ => return at.key("max").fail(errors, "expected a duration such as 500ms"),
    };
    let word = keys.quantile.as_deref().unwrap_or("p99");
    let quantile = word.strip_prefix('p').and_then(|digits| number::parse(digits.as_bytes()));
    let Some(quantile) = quantile.filter(|q| (1.0..100.0).contains(q)) else {
        return at.key("quantile").fail(errors, "expected p50, p95, p99, p99.9 or the like");
    };
    let test = Latency { limit: limit.ms * 1000, max: 1.0 - quantile / 100.0 };
    let label = GateLabel::Latency { quantile: word, max_ms: limit.ms }.text();
    Some((GateTest::Latency(test), label))
}

impl GateKind for Latency {
    fn metric(&self) -> Metric {
        Metric::Latency
    }

    fn limit(&self) -> Option<f64> {
        Some(self.max)
    }

    fn edge(&self) -> Option<u64> {
        Some(self.limit)
    }

    fn count(&self, tally: &Tally, edges: &Edges) -> Counts {
        let slow = tally.latency.slower_than(self.limit, edges);
        Counts { hits: slow, total: tally.latency.total() }
    }

    fn judge(&self, seen: &GateInput<'_>) -> Judgement {
        judge_rate(seen, self.max, seen.slower)
    }

    fn shown_limit(&self, held: &JudgedRates<'_>) -> f64 {
        shown_rate_limit(held, self.max)
    }
}

impl GateNeed for Latency {
    fn usual(&self, traffic: &dyn UsualTraffic) -> Option<f64> {
        Some(traffic.slower_than(self.limit))
    }

    fn fires(&self, expected: &Expected) -> bool {
        expected.test.is_above(Counts { hits: expected.canary, total: expected.canary }, self.max)
    }

    fn passes(&self, expected: &Expected) -> bool {
        passes_rate(expected, self.max)
    }
}
