//! What the gates compared, in numbers, for a record.

use super::evaluation::{Evaluation, EvaluationInput};
use super::interim_analyses::InterimAnalysis;
use super::verdicts::{Judged, Verdicts};
use crate::arm::PerArm;
use crate::evidence::{Edges, Histogram};
use crate::gate::{Gate, JudgedRates};
use crate::record::{
    Basis, Comparison, EffectRange, Judgement, Latency, LatencyRanges, Metric, Range, Rate,
};
use crate::stats::confidence::{Counts, Interval, Prior, interval};
use crate::stats::quantile;

/// Every gate with everything that it compared.
pub(super) fn comparisons(evaluation: Evaluation<'_>, verdicts: &Verdicts) -> Vec<Comparison> {
    let judged = evaluation.rollout.gates.iter().zip(&verdicts.0);
    let both = judged.flat_map(|(gate, judged)| {
        let forced = judged.forced.and_then(|result| forced(evaluation, gate, result));
        [Some(compare(evaluation, gate, *judged)), forced]
    });
    both.flatten().collect()
}

/// What the requests came to that a rule sent to the canary.
fn forced(evaluation: Evaluation<'_>, gate: &Gate, result: Judgement) -> Option<Comparison> {
    let alpha = evaluation.level(gate, result);
    let counts = evaluation.count(gate, &evaluation.input.ledger.forced);
    Some(Comparison {
        gate: gate.label.clone(),
        severity: gate.severity(),
        metric: gate.metric(),
        basis: Basis::Forced,
        alpha,
        canary: rate(counts, Some(alpha)),
        baseline: rate(Counts::default(), None),
        repeats: PerArm::default(),
        effect: None,
        limit: gate.limit()?,
        result,
    })
}

fn compare(evaluation: Evaluation<'_>, gate: &Gate, judged: Judged) -> Comparison {
    let Judged { result, basis, .. } = judged;
    let analysis = evaluation.analysis(gate).filter(|_| basis == Basis::Randomised);
    let mut counts = evaluation.sample(gate).counts;
    let mut alpha = evaluation.level(gate, result);
    let mut effect = None;
    if let Some(analysis) = analysis {
        counts = analysis.requests.map(|total| Counts { hits: 0, total: *total });
        alpha = analysis.alpha(&evaluation.rollout.levels, gate);
        effect = Some(range(analysis, alpha));
    }
    let metric = gate.metric();
    let rates = counts.map(|counts| rate(*counts, (metric != Metric::Effect).then_some(alpha)));
    let slack = 1.0 + evaluation.rollout.guard.tolerate;
    let repeats = evaluation.input.ledger.stage.map(|tally| tally.repeats);
    let repeated = metric == Metric::Errors && basis == Basis::Randomised;
    Comparison {
        gate: gate.label.clone(),
        severity: gate.severity(),
        metric,
        basis,
        alpha,
        limit: gate.kind().shown_limit(&JudgedRates { rates: &rates, result, basis, slack }),
        canary: rates.canary,
        baseline: rates.baseline,
        repeats: if repeated { repeats } else { PerArm::default() },
        effect,
        result,
    }
}

fn range(analysis: &InterimAnalysis, alpha: f64) -> EffectRange {
    let (low, high) = analysis.effect.interval(alpha);
    EffectRange { estimate: analysis.effect.estimate, low, high, look: analysis.look }
}

fn rate(Counts { hits, total }: Counts, alpha: Option<f64>) -> Rate {
    let unknown = Interval { low: 0.0, high: 1.0 };
    let known = |alpha| interval(hits, total, alpha, Prior::Rare);
    let Interval { low, high } = alpha.map_or(unknown, known);
    Rate { requests: total, hits, low, high }
}

/// The level of the intervals of the quantiles.
const QUANTILE_ALPHA: f64 = 0.05;

/// Where P50, P95 and P99 of both arms lie; `None` before the first success.
pub(super) fn latency(input: &EvaluationInput<'_>, edges: &Edges) -> Option<Latency> {
    let stage = &input.ledger.stage;
    let some = stage.baseline.latency.total() > 0 || stage.canary.latency.total() > 0;
    let PerArm { baseline, canary } = stage.map(|tally| ranges(&tally.latency, edges));
    some.then_some(Latency { alpha: QUANTILE_ALPHA, baseline, canary })
}

fn ranges(latency: &Histogram, edges: &Edges) -> LatencyRanges {
    let range = |p| {
        let lies = quantile::interval(p, QUANTILE_ALPHA / 3.0, edges.upper(), latency.counts());
        Range { above_us: lies.above, at_most_us: lies.at_most }
    };
    LatencyRanges { p50: range(0.5), p95: range(0.95), p99: range(0.99) }
}
