//! The gates, judged in one evaluation.
//!
//! Requests that a rule sent to the canary (staff, one region) are not the baseline's like, so they are held against the
//! limits of the gates that have one, and nothing else. They can be an objection, and never a reason to go on.
//!
//! Here nothing is computed but on which side of a limit an interval lies. Its ends are for records, and cost sixty times
//! as much.

use super::evaluation::Evaluation;
use crate::config::Rollout;
use crate::gate::Gate;
use crate::record::{Basis, Judgement};

/// How a gate stands, and on which ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// How.
    pub result: Judgement,
    /// What the canary was held against.
    pub basis: Basis,
    /// How those requests stand that a rule sent to the canary. `None` if there were none, or the gate has no limit.
    pub forced: Option<Judgement>,
}

/// All gates, in the order of the rollout's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdicts(pub Vec<Judged>);

impl Verdicts {
    /// Judges every gate on what was seen in the stage.
    pub fn judge(evaluation: Evaluation<'_>) -> Self {
        let judged = |gate: &Gate| {
            let sample = evaluation.sample(gate);
            let (result, basis) = (evaluation.judge(gate, sample), sample.basis);
            Judged { result, basis, forced: evaluation.judge_forced(gate) }
        };
        Self(evaluation.rollout.gates.iter().map(judged).collect())
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
