//! One gate, judged.
//!
//! Promote: `U_canary <= max(limit, (1 + d) L_baseline)`. Roll back (critical gates): `L_canary >
//! max(limit, (1 + d) U_baseline)`. In between: hold. `L` and `U` are the ends of confidence
//! sequences, so looking at every tick costs nothing.
//!
//! The gates share their error level: each of `m` gates gets `alpha / m`.

use super::state::State;
use crate::cohort::bucket::Weight;
use crate::config::{Gate, GateTest, Rollout, Severity};
use crate::evidence::{Arms, PerArm, Tally};
use crate::outcome::Outcome;
use crate::record::{Comparison, Judgement, Rate};
use crate::stats::confidence::{Interval, Prior, interval};

/// All gates, judged at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdicts(pub Vec<Comparison>);

impl Verdicts {
    /// Judges every gate of `rollout` on what was `seen` in the stage.
    pub fn judge(rollout: &Rollout, state: &State, seen: &Arms) -> Self {
        let alpha = rollout.gate_alpha / rollout.gates.len().max(1) as f64;
        Self(rollout.gates.iter().map(|gate| judge(rollout, state, gate, seen, alpha)).collect())
    }

    /// Gates whose breach is proven and must roll back.
    pub fn breached(&self) -> impl Iterator<Item = &Comparison> {
        let critical = |c: &&Comparison| c.severity == Severity::Critical.as_str();
        self.0.iter().filter(|c| c.result == Judgement::Breached).filter(critical)
    }

    /// Gates that do not pass yet.
    pub fn open(&self) -> impl Iterator<Item = &Comparison> {
        self.0.iter().filter(|c| c.result != Judgement::Passed)
    }
}

fn judge(rollout: &Rollout, state: &State, gate: &Gate, seen: &Arms, alpha: f64) -> Comparison {
    let counts = counts(rollout, state, gate, seen);
    let rates = counts.map(|&(hits, total)| rate(hits, total, alpha));
    let limit = match gate.test {
        GateTest::Errors { max } | GateTest::Latency { max, .. } => max,
    };
    let slack = 1.0 + rollout.guard.tolerate;
    // Without a baseline its interval is [0, 1]: it neither excuses the canary nor condemns it.
    let excused = limit.max(slack * rates.baseline.low);
    let condemned =
        if counts.baseline.1 == 0 { limit } else { limit.max(slack * rates.baseline.high) };
    let result = if rates.canary.high <= excused {
        Judgement::Passed
    } else if rates.canary.low > condemned {
        Judgement::Breached
    } else {
        Judgement::Open
    };
    Comparison {
        gate: gate.label.clone(),
        severity: gate.severity.as_str().to_owned(),
        canary: rates.canary,
        baseline: rates.baseline,
        limit: if result == Judgement::Breached { condemned } else { excused },
        result,
    }
}

/// Hits and trials of both arms: failures of requests, or slow ones of the successful. At full
/// weight there is no baseline but the one that is remembered.
fn counts(rollout: &Rollout, state: &State, gate: &Gate, seen: &Arms) -> PerArm<(u64, u64)> {
    let count = |tally: &Tally| match gate.test {
        GateTest::Errors { .. } => {
            (tally.outcomes.count(Outcome::Failure), tally.outcomes.judged())
        }
        GateTest::Latency { limit, .. } => {
            (tally.latency.slower_than(limit, &rollout.layout.edges), tally.latency.total())
        }
    };
    let mut counts = seen.map(count);
    if state.weight == Weight::MAX {
        // Who is still on the way is no sample of the baseline; what is remembered of it is.
        counts.baseline = match gate.test {
            GateTest::Errors { .. } => (state.reference.failures, state.reference.requests),
            GateTest::Latency { .. } => (0, 0),
        };
    }
    counts
}

fn rate(hits: u64, total: u64, alpha: f64) -> Rate {
    let Interval { low, high } = interval(hits, total, alpha, Prior::Rare);
    Rate { requests: total, hits, low, high }
}
