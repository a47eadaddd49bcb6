//! Asking the operator's policy.

use super::{Engine, Meters, Store};
use crate::config::Rollout;
use crate::policy::{Opinion, Param, Snapshot, memory::Memory};
use crate::promotion::{Evaluation, EvaluationInput, State, Verdicts, is_over, snapshot};
use std::ops::Deref;

/// A rollout's policy, ready to be asked.
pub trait Adviser {
    /// Which module it is, by its fingerprint; `None` where there is no policy.
    fn fingerprint(&self) -> Option<&str>;
    /// The parameters that the rollout gives it.
    fn params(&self) -> Vec<Param>;
    /// What it says of a snapshot; `None` where there is no policy.
    fn evaluate(&self, snapshot: &Snapshot) -> Option<Opinion>;
}

/// A rollout without a policy.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAdviser;

impl<A: Adviser> Adviser for Option<A> {
    fn fingerprint(&self) -> Option<&str> {
        self.as_ref()?.fingerprint()
    }

    fn params(&self) -> Vec<Param> {
        self.as_ref().map(A::params).unwrap_or_default()
    }

    fn evaluate(&self, snapshot: &Snapshot) -> Option<Opinion> {
        self.as_ref()?.evaluate(snapshot)
    }
}

impl<A: Adviser> Adviser for &A {
    fn fingerprint(&self) -> Option<&str> {
        A::fingerprint(self)
    }

    fn params(&self) -> Vec<Param> {
        A::params(self)
    }

    fn evaluate(&self, snapshot: &Snapshot) -> Option<Opinion> {
        A::evaluate(self, snapshot)
    }
}

impl Adviser for NoAdviser {
    fn fingerprint(&self) -> Option<&str> {
        None
    }

    fn params(&self) -> Vec<Param> {
        Vec::new()
    }

    fn evaluate(&self, _: &Snapshot) -> Option<Opinion> {
        None
    }
}

impl<R: Deref<Target = Rollout>, S: Store, M: Meters> Engine<R, S, M> {
    /// Asks the policy, unless nothing can change any more, and keeps what it wants to remember.
    pub(super) fn ask(
        &self,
        adviser: &impl Adviser,
        state: &State,
        input: &EvaluationInput<'_>,
    ) -> Option<Opinion> {
        let sha256 = adviser.fingerprint().filter(|_| !is_over(&self.rollout, state))?;
        let stored: Option<Memory> = self.store.read(&self.keys.policy, &());
        let mine = stored.as_ref().filter(|memory| memory.is_of(state.entry, sha256));
        let kept = mine.map(|memory| memory.bytes.clone()).unwrap_or_default();
        let evaluation = Evaluation { rollout: &self.rollout, state, input };
        let verdicts = Verdicts::judge(evaluation);
        let (params, before) = (adviser.params(), kept.clone());
        let told = snapshot(evaluation, &verdicts, params, before);
        let opinion = adviser.evaluate(&told)?;
        if let Ok(decision) = &opinion.outcome
            && decision.memory != kept
        {
            let bytes = decision.memory.clone();
            let memory = Memory { entry: state.entry, sha256: sha256.to_owned(), bytes };
            // Only whoever holds the lease asks. But it may have been lost since, and then another has gone on.
            self.store.update(&self.keys.policy, &(), |present| {
                (*present == stored).then(|| *present = Some(memory.clone()))
            });
        }
        Some(opinion)
    }
}
