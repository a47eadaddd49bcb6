//! Taking up a rollout where it was left, or beginning it.

use super::{Engine, Keys, Meters, Present, Store, nothing_seen};
use crate::config::{Pace, Rollout};
use crate::guard::{GuardState, Recoveries};
use crate::promotion::{self, State};
use std::ops::Deref;

impl<R: Deref<Target = Rollout>, S: Store, M: Meters> Engine<R, S, M> {
    /// Puts a rollout to work at `now`: takes up its state where it was left, or begins it.
    pub fn open(rollout: R, store: S, meters: M, now: u64) -> Self {
        let keys = Keys::of(&rollout);
        let state = stored_or_begun(&rollout, &store, &keys, &meters, now);
        let (delta, new_units) = nothing_seen(&rollout, &state);
        let mut engine = Self {
            standing: promotion::standing(&rollout, &state),
            baseline: state.stage_baseline(&rollout.guard),
            revision: state.revision,
            recoveries: Recoveries::default(),
            state: state.clone(),
            rollout,
            meters,
            store,
            keys,
            delta,
            new_units,
        };
        engine.publish(state, now);
        engine
    }

    /// Writes this worker's copy of the state where another build, whose last streams are still with us, has written
    /// something else.
    pub(super) fn reclaim(&mut self, now: u64) {
        let state = put(&self.store, &self.keys, &self.state);
        self.publish(state, now);
    }
}

fn stored_or_begun(
    rollout: &Rollout,
    store: &impl Store,
    keys: &Keys,
    meters: &impl Meters,
    now: u64,
) -> State {
    if let Some(Present::Ours(state)) = store.read(&keys.state, &()) {
        return state;
    }
    let stage = match rollout.pace {
        Pace::Autonomous => 0,
        Pace::Follow { stage } => stage,
    };
    let counters = meters.counters();
    let begun = State::begin(now, stage, rollout.stage(stage).weight, counters);
    store.update(&keys.guard, &(), |guard: &mut Option<GuardState>| {
        guard.is_none().then(|| *guard = Some(GuardState::opened_at(counters)))
    });
    put(store, keys, &begun)
}

/// Stores a state where none is. All workers begin at once, and the first one's version is everybody's. Whatever else
/// stands there is a stranger's or another build's, and would keep the rollout from ever moving.
fn put(store: &impl Store, keys: &Keys, state: &State) -> State {
    store.update(&keys.state, &(), |present: &mut Option<Present>| {
        let mine = match present.as_ref() {
            Some(Present::Ours(_)) => return None,
            Some(Present::Foreign(bytes)) => state.clone().after_another_build(bytes),
            None => state.clone(),
        };
        *present = Some(Present::Ours(mine));
        Some(())
    });
    match store.read(&keys.state, &()) {
        Some(Present::Ours(stored)) => stored,
        _ => state.clone(),
    }
}
