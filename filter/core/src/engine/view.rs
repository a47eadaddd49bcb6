//! Looking at a rollout without taking part in it.

use super::{Keys, Present, Store};
use crate::config::Rollout;
use crate::evidence::Ledger;
use crate::guard::{Counters, Finding, GuardState};
use crate::promotion::{Phase, State};

/// What the workers of a rollout know, for whoever draws or reports it.
pub struct View<'a, S> {
    rollout: &'a Rollout,
    store: S,
    keys: Keys,
}

impl<'a, S: Store> View<'a, S> {
    /// A view of a rollout in the store of its workers.
    pub fn new(rollout: &'a Rollout, store: S) -> Self {
        Self { rollout, store, keys: Keys::of(rollout) }
    }

    /// The shared state; `None` where this version has stored none.
    pub fn state(&self) -> Option<State> {
        match self.store.read(&self.keys.state, &())? {
            Present::Ours(state) => Some(state),
            Present::Foreign(_) => None,
        }
    }

    /// What has been counted in the stage.
    pub fn ledger(&self) -> Option<Ledger> {
        self.store.read(&self.keys.ledger, &self.rollout.layout)
    }

    /// What the guard would find if a canary request failed now, given the counters of the process; `None` where
    /// nobody asks it any more.
    pub fn finding(&self, counters: &Counters) -> Option<Finding> {
        let state = self.state()?;
        if matches!(state.phase, Phase::RolledBack | Phase::Promoted) {
            return None;
        }
        let guard = &self.rollout.guard;
        let evidence: Option<GuardState> = self.store.read(&self.keys.guard, &());
        let mut evidence = evidence.unwrap_or_else(|| GuardState::opened_at(state.entered_at));
        Some(guard.judge(&mut evidence, &state.stage_baseline(guard), counters))
    }
}
