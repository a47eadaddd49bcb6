//! One evaluation: a rollout, where it stands, and what is looked at.

use super::interim_analyses::InterimAnalysis;
use super::policy_opinion::PolicyOpinion;
use super::slow_request_tests::SlowRequestTests;
use super::state::State;
use crate::cohort::bucket::Weight;
use crate::config::Rollout;
use crate::evidence::{Ledger, Tally};
use crate::gate::{Certainty, Gate, GateInput, GateSample};
use crate::guard::Counters;
use crate::record::{Basis, Judgement};
use crate::stats::confidence::Counts;
use crate::stats::units::Units;

/// What is looked at in one evaluation.
#[derive(Clone, Copy, Debug)]
pub struct EvaluationInput<'a> {
    /// Unix milliseconds.
    pub now: u64,
    /// What was seen. [Entered](Ledger::enter) into the state's stage.
    pub ledger: &'a Ledger,
    /// Who was served in the stage.
    pub units: &'a Units,
    /// How slow requests compare; [observed](SlowRequestTests::observe) up to the same ledger.
    pub slow: &'a SlowRequestTests,
    /// The process's counters.
    pub counters: Counters,
    /// What the operator's policy says.
    pub opinion: PolicyOpinion<'a>,
}

/// One evaluation of a rollout.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    /// The rollout.
    pub rollout: &'a Rollout,
    /// Where it stands.
    pub state: &'a State,
    /// What is looked at.
    pub input: &'a EvaluationInput<'a>,
}

impl Evaluation<'_> {
    /// Judges a gate on its sample.
    pub(super) fn judge(&self, gate: &Gate, sample: GateSample) -> Judgement {
        if sample.basis == Basis::Nothing {
            return Judgement::Waived;
        }
        gate.kind().judge(&GateInput {
            sample,
            stage: &self.input.ledger.stage,
            certainty: self.certainty(gate),
            slower: &|| self.input.slow.is_slower(self.rollout, gate),
            analysis: self.analysis(gate).map(|analysis| analysis.result),
        })
    }

    /// Holds the requests that a rule sent to the canary against the limit of a gate. `None` if there were none, or the
    /// gate has no limit.
    pub(super) fn judge_forced(&self, gate: &Gate) -> Option<Judgement> {
        let limit = gate.limit()?;
        let counts = self.count(gate, &self.input.ledger.forced);
        if counts.total == 0 {
            return None;
        }
        let certainty = self.certainty(gate);
        Some(if certainty.to_breach().is_above(counts, limit) {
            Judgement::Breached
        } else if certainty.to_pass().is_below(counts, limit) {
            Judgement::Passed
        } else {
            Judgement::Open
        })
    }

    /// What a gate looks at: counts of both arms. At full weight there is no baseline but the one that is remembered.
    pub(super) fn sample(&self, gate: &Gate) -> GateSample {
        let mut counts = self.input.ledger.stage.map(|tally| self.count(gate, tally));
        if self.state.weight < Weight::MAX {
            let compared = counts.baseline.total > 0 || gate.limit().is_none();
            let basis = if compared { Basis::Randomised } else { Basis::Absolute };
            return GateSample { counts, basis };
        }
        // Who is still on the way is no sample of the baseline; what is remembered of it is.
        let reference = self.state.reference;
        let failures = Counts { hits: reference.failures, total: reference.requests };
        counts.baseline = gate.kind().remembered(failures);
        let basis = match gate.limit().is_some() {
            true if counts.baseline.total > 0 => Basis::Remembered,
            true => Basis::Absolute,
            false => Basis::Nothing,
        };
        GateSample { counts, basis }
    }

    /// What a gate counts.
    pub(super) fn count(&self, gate: &Gate, tally: &Tally) -> Counts {
        gate.kind().count(tally, &self.rollout.layout.edges)
    }

    /// What a gate saw in its last interim analysis.
    pub(super) fn analysis(&self, gate: &Gate) -> Option<&InterimAnalysis> {
        self.state.analyses.of(gate)
    }

    /// The level of the interval of one arm. A promotion needs both ends of a comparison to be wrong on the same side to
    /// be wrong; a rollback is claimed to be wrong so and so often, so its ends share.
    pub(super) fn level(&self, gate: &Gate, result: Judgement) -> f64 {
        match result {
            Judgement::Breached => self.rollout.levels.breach(gate) / 2.0,
            _ => self.rollout.levels.promote,
        }
    }

    fn certainty(&self, gate: &Gate) -> Certainty {
        let test = |result| self.level(gate, result);
        Certainty {
            pass: test(Judgement::Passed),
            breach: test(Judgement::Breached),
            slack: 1.0 + self.rollout.guard.tolerate,
        }
    }
}
