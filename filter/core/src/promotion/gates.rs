//! The gates, judged at one moment.
//!
//! | gate | passes when | is breached when |
//! |---|---|---|
//! | errors, latency | `U_canary <= max(limit, (1 + d) L_baseline)` | `L_canary >= limit`, and the canary is worse than the baseline |
//! | latency effect | the effect is shown to be at most the limit | it is shown to be above it |
//! | event | `L_canary >= (1 - d) U_baseline` | `U_canary <= (1 - d) L_baseline` |
//!
//! `L` and `U` are the ends of confidence sequences, so looking at every tick costs nothing; the effect
//! is looked at now and then, see [`InterimAnalyses`](super::InterimAnalyses). Worse than the baseline means, for errors,
//! `L_canary >= (1 + d) U_baseline`, [repeats](crate::guard::FailingUnits) left out: an account that is broken
//! at both versions fell on one of them. For latency, that the e-process on slow requests says so, which
//! compares with the baseline of the same moment, see [`SlowRequestTests`](super::SlowRequestTests).
//!
//! Requests that a rule sent to the canary (staff, one region) are not the baseline's like, so they are
//! held against the limits of the gates that have one, and nothing else. They can be an objection, and
//! never a reason to go on.
//!
//! Here nothing is computed but on which side of a limit an interval lies. Its ends are for records,
//! and cost sixty times as much.

use super::state::State;
use super::step::EvaluationInput;
use crate::arm::PerArm;
use crate::cohort::bucket::Weight;
use crate::config::{Gate, GateTest, Rollout};
use crate::evidence::Tally;
use crate::outcome::Outcome;
use crate::record::{Basis, Judgement};
use crate::stats::confidence::{Counts, Prior, Test};

/// How a gate stands, and on which ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// How.
    pub result: Judgement,
    /// What the canary was held against.
    pub basis: Basis,
    /// How those requests stand that a rule sent to the canary. `None` if there were none, or the gate
    /// has no limit.
    pub forced: Option<Judgement>,
}

/// All gates, in the order of the rollout's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdicts(pub Vec<Judged>);

impl Verdicts {
    /// Judges every gate of `rollout` on what was seen in the stage.
    pub fn judge(rollout: &Rollout, state: &State, look: &EvaluationInput<'_>) -> Self {
        Self(rollout.gates.iter().map(|gate| judge(rollout, state, gate, look)).collect())
    }

    /// Gates whose breach is proven and must roll back.
    pub fn breached<'r>(&self, rollout: &'r Rollout) -> impl Iterator<Item = &'r Gate> {
        let breached = |(gate, judged): &(&Gate, &Judged)| {
            gate.rolls_back() && judged.result == Judgement::Breached
        };
        rollout.gates.iter().zip(&self.0).filter(breached).map(|(gate, _)| gate)
    }

    /// Gates that the requests breach for certain which a rule sent to the canary.
    pub fn forced_breached<'r>(&self, rollout: &'r Rollout) -> impl Iterator<Item = &'r Gate> {
        let breached = |(gate, judged): &(&Gate, &Judged)| {
            !gate.dry_run && judged.forced == Some(Judgement::Breached)
        };
        rollout.gates.iter().zip(&self.0).filter(breached).map(|(gate, _)| gate)
    }

    /// Gates that keep the stage from being left.
    pub fn open<'r>(&self, rollout: &'r Rollout) -> impl Iterator<Item = &'r Gate> {
        let open = |(gate, judged): &(&Gate, &Judged)| {
            let settled = matches!(judged.result, Judgement::Passed | Judgement::Waived);
            !gate.dry_run && !settled
        };
        rollout.gates.iter().zip(&self.0).filter(open).map(|(gate, _)| gate)
    }
}

/// What a gate looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct GateSample {
    pub(super) counts: PerArm<Counts>,
    pub(super) basis: Basis,
}

impl GateSample {
    /// Counts of both arms: failures of requests, or slow ones of the successful, or those with an
    /// event. At full weight there is no baseline but the one that is remembered.
    pub(super) fn of(
        rollout: &Rollout,
        state: &State,
        gate: &Gate,
        look: &EvaluationInput<'_>,
    ) -> Self {
        let mut counts = look.ledger.stage.map(|tally| count(rollout, gate, tally));
        if state.weight < Weight::MAX {
            let compared = counts.baseline.total > 0 || gate.limit().is_none();
            let basis = if compared { Basis::Randomised } else { Basis::Absolute };
            return Self { counts, basis };
        }
        // Who is still on the way is no sample of the baseline; what is remembered of it is.
        let (hits, total) = match gate.test {
            GateTest::Errors { .. } => (state.reference.failures, state.reference.requests),
            _ => (0, 0),
        };
        counts.baseline = Counts { hits, total };
        let basis = match gate.limit().is_some() {
            true if total > 0 => Basis::Remembered,
            true => Basis::Absolute,
            false => Basis::Nothing,
        };
        Self { counts, basis }
    }
}

pub(super) fn count(rollout: &Rollout, gate: &Gate, tally: &Tally) -> Counts {
    let (latency, judged) = (&tally.latency, tally.outcomes.judged());
    let (hits, total) = match gate.test {
        GateTest::Errors { .. } => (tally.outcomes.count(Outcome::Failure), judged),
        GateTest::Latency { limit, .. } => {
            (latency.slower_than(limit, &rollout.layout.edges), latency.total())
        }
        GateTest::Effect { .. } => (0, latency.total()),
        GateTest::Event { index, .. } => (tally.event(index), judged),
    };
    Counts { hits, total }
}

/// Failures and requests without repeats.
fn once(tally: &Tally) -> Counts {
    let Tally { outcomes, repeats, .. } = tally;
    Counts {
        hits: outcomes.count(Outcome::Failure).saturating_sub(*repeats),
        total: outcomes.judged().saturating_sub(*repeats),
    }
}

fn judge(rollout: &Rollout, state: &State, gate: &Gate, look: &EvaluationInput<'_>) -> Judged {
    let trials = GateSample::of(rollout, state, gate, look);
    let basis = trials.basis;
    let result = match gate.test {
        _ if basis == Basis::Nothing => Judgement::Waived,
        GateTest::Errors { max } | GateTest::Latency { max, .. } => {
            rate(rollout, gate, &trials, max, look)
        }
        GateTest::Effect { .. } => state.looks.of(gate).map_or(Judgement::Open, |t| t.result),
        GateTest::Event { max_drop, .. } => event(rollout, gate, trials.counts, max_drop),
    };
    Judged { result, basis, forced: forced(rollout, gate, look) }
}

fn forced(rollout: &Rollout, gate: &Gate, look: &EvaluationInput<'_>) -> Option<Judgement> {
    let limit = gate.limit()?;
    let counts = count(rollout, gate, &look.ledger.forced);
    if counts.total == 0 {
        return None;
    }
    let test = |result| Test::new(level(rollout, gate, result), Prior::Rare);
    Some(if test(Judgement::Breached).is_above(counts, limit) {
        Judgement::Breached
    } else if test(Judgement::Passed).is_below(counts, limit) {
        Judgement::Passed
    } else {
        Judgement::Open
    })
}

/// The level of the interval of one arm. A promotion needs both ends of a comparison to be wrong on
/// the same side to be wrong; a rollback is claimed to be wrong so and so often, so its ends share.
pub(super) fn level(rollout: &Rollout, gate: &Gate, result: Judgement) -> f64 {
    match result {
        Judgement::Breached => rollout.levels.breach(gate) / 2.0,
        _ => rollout.levels.promote,
    }
}

fn rate(
    rollout: &Rollout,
    gate: &Gate,
    trials: &GateSample,
    limit: f64,
    look: &EvaluationInput<'_>,
) -> Judgement {
    let PerArm { canary, baseline } = trials.counts;
    let slack = 1.0 + rollout.guard.tolerate;
    let pass = Test::new(level(rollout, gate, Judgement::Passed), Prior::Rare);
    if pass.is_below(canary, limit) || pass.is_apart(canary, baseline, slack) {
        return Judgement::Passed;
    }
    let breach = Test::new(level(rollout, gate, Judgement::Breached), Prior::Rare);
    let worse = || match (trials.basis, &gate.test) {
        (Basis::Absolute, _) => true,
        (Basis::Randomised, GateTest::Latency { .. }) => look.tails.is_slower(rollout, gate),
        (Basis::Randomised, _) => {
            let once = look.ledger.stage.map(once);
            breach.is_apart(once.baseline, once.canary, 1.0 / slack)
        }
        _ => breach.is_apart(baseline, canary, 1.0 / slack),
    };
    let breached = breach.is_above(canary, limit) && worse();
    if breached { Judgement::Breached } else { Judgement::Open }
}

fn event(rollout: &Rollout, gate: &Gate, counts: PerArm<Counts>, max_drop: f64) -> Judgement {
    let PerArm { canary, baseline } = counts;
    let kept = 1.0 - max_drop;
    let test = |result| Test::new(level(rollout, gate, result), Prior::Rare);
    if test(Judgement::Passed).is_apart(baseline, canary, 1.0 / kept) {
        Judgement::Passed
    } else if test(Judgement::Breached).is_apart(canary, baseline, kept) {
        Judgement::Breached
    } else {
        Judgement::Open
    }
}
