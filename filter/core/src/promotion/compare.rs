//! What the gates compared, in numbers, for a record.

use super::gates::{GateSample, Judged, Verdicts, count, level};
use super::interim_analyses::InterimAnalysis;
use super::state::State;
use super::step::EvaluationInput;
use crate::arm::PerArm;
use crate::config::{Gate, GateTest, Rollout};
use crate::evidence::{Edges, Histogram};
use crate::record::{
    Basis, Comparison, EffectRange, Judgement, Latency, LatencyRanges, Range, Rate,
};
use crate::stats::confidence::{Counts, Interval, Prior, interval};
use crate::stats::quantile;

/// Every gate with everything that it compared.
pub(super) fn comparisons(
    rollout: &Rollout,
    state: &State,
    look: &EvaluationInput<'_>,
    verdicts: &Verdicts,
) -> Vec<Comparison> {
    let judged = rollout.gates.iter().zip(&verdicts.0);
    let both = judged.flat_map(|(gate, judged)| {
        let forced = judged.forced.and_then(|result| forced(rollout, look, gate, result));
        [Some(compare(rollout, state, look, gate, *judged)), forced]
    });
    both.flatten().collect()
}

/// What the requests came to that a rule sent to the canary.
fn forced(
    rollout: &Rollout,
    look: &EvaluationInput<'_>,
    gate: &Gate,
    result: Judgement,
) -> Option<Comparison> {
    let alpha = level(rollout, gate, result);
    let counts = count(rollout, gate, &look.ledger.forced);
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

fn compare(
    rollout: &Rollout,
    state: &State,
    look: &EvaluationInput<'_>,
    gate: &Gate,
    judged: Judged,
) -> Comparison {
    let taken = state.looks.of(gate).filter(|_| judged.basis == Basis::Randomised);
    let mut counts = GateSample::of(rollout, state, gate, look).counts;
    let mut alpha = level(rollout, gate, judged.result);
    let mut effect = None;
    if let (GateTest::Effect { .. }, Some(taken)) = (&gate.test, taken) {
        counts = taken.requests.map(|total| Counts { hits: 0, total: *total });
        alpha = taken.alpha(&rollout.levels, gate);
        effect = Some(range(taken, alpha));
    }
    let shown = matches!(gate.test, GateTest::Effect { .. });
    let errors = matches!(gate.test, GateTest::Errors { .. }) && judged.basis == Basis::Randomised;
    let repeats = look.ledger.stage.map(|tally| tally.repeats);
    let rates = counts.map(|counts| rate(*counts, if shown { None } else { Some(alpha) }));
    Comparison {
        gate: gate.label.clone(),
        severity: gate.severity(),
        metric: gate.metric(),
        basis: judged.basis,
        alpha,
        canary: rates.canary,
        baseline: rates.baseline,
        repeats: if errors { repeats } else { PerArm::default() },
        effect,
        limit: limit(rollout, gate, &rates, judged),
        result: judged.result,
    }
}

fn range(taken: &InterimAnalysis, alpha: f64) -> EffectRange {
    let (low, high) = taken.effect.interval(alpha);
    EffectRange { estimate: taken.effect.estimate, low, high, look: taken.look }
}

/// What was to be kept: an upper limit, or for an event a lower one.
fn limit(rollout: &Rollout, gate: &Gate, rates: &PerArm<Rate>, judged: Judged) -> f64 {
    let (slack, baseline) = (1.0 + rollout.guard.tolerate, &rates.baseline);
    let breached = judged.result == Judgement::Breached;
    let remembered = judged.basis == Basis::Remembered;
    match gate.test {
        GateTest::Effect { max } => max,
        // Without a baseline its interval is [0, 1]: it neither excuses the canary nor condemns it.
        GateTest::Errors { max } | GateTest::Latency { max, .. } if baseline.requests == 0 => max,
        GateTest::Errors { max } if breached && remembered => max.max(slack * baseline.high),
        // Worse than the baseline it is by another count than these rates: by episodes, by slow requests.
        GateTest::Errors { max } | GateTest::Latency { max, .. } if breached => max,
        GateTest::Errors { max } | GateTest::Latency { max, .. } => max.max(slack * baseline.low),
        GateTest::Event { max_drop, .. } => {
            (1.0 - max_drop) * if breached { baseline.low } else { baseline.high }
        }
    }
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
pub(super) fn latency(look: &EvaluationInput<'_>, edges: &Edges) -> Option<Latency> {
    let stage = &look.ledger.stage;
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
