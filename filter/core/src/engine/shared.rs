//! The shared state: read, changed, announced.

use super::{Engine, Gauges, Meters, Present, Store, nothing_seen};
use crate::arm::Arm;
use crate::cohort::decide::{Assignment, Standing};
use crate::config::Rollout;
use crate::contract::{Cohort, RolloutState};
use crate::promotion::{self, State};
use crate::record::Record;
use std::ops::Deref;

impl<R: Deref<Target = Rollout>, S: Store, M: Meters> Engine<R, S, M> {
    /// How the request at hand is to be [assigned](crate::cohort::decide::Cohorts::assign). Takes over what another
    /// worker has decided, if the gauge says that one has.
    pub fn standing(&mut self, now: u64) -> Standing {
        let revision = self.meters.revision();
        if revision != self.revision {
            self.revision = revision;
            self.refresh(now);
        }
        self.standing
    }

    /// Counts a request that was assigned, if chance decided, and says what it counts as.
    pub fn assigned(&self, assignment: &Assignment) -> Cohort {
        match assignment.arm {
            arm if assignment.randomised() => {
                self.meters.assigned(arm);
                Cohort::Arm(arm)
            }
            Arm::Canary => Cohort::Forced,
            Arm::Baseline => Cohort::Outside,
        }
    }

    /// Makes what is stored this worker's copy.
    pub(super) fn refresh(&mut self, now: u64) {
        match self.stored() {
            Some(state) => self.adopt(state, now),
            None => self.reclaim(now),
        }
    }

    fn stored(&self) -> Option<State> {
        match self.store.read(&self.keys.state, &())? {
            Present::Ours(state) => Some(state),
            Present::Foreign(_) => None,
        }
    }

    fn adopt(&mut self, state: State, now: u64) {
        if state.entry != self.delta.entry {
            self.flush(now);
            (self.delta, self.new_units) = nothing_seen(&self.rollout, &state);
            // It follows from how the stage was entered, and costs two dozen microseconds at full weight.
            self.baseline = state.stage_baseline(&self.rollout.guard);
        }
        self.standing = promotion::standing(&self.rollout, &state);
        self.state = state;
    }

    /// Changes the shared state, unless `decide` sees no reason to on its newest version. The winner of the race
    /// announces the decision; the others find it done.
    pub(super) fn change(
        &mut self,
        now: u64,
        mut decide: impl FnMut(&Rollout, &State) -> Option<(State, Option<Record>)>,
    ) {
        let (rollout, mine) = (&*self.rollout, &self.state);
        let changed = self.store.update(&self.keys.state, &(), |present| {
            let newest = match present.as_ref() {
                Some(Present::Ours(state)) => state.clone(),
                Some(Present::Foreign(bytes)) => mine.clone().after_another_build(bytes),
                None => mine.clone(),
            };
            let (state, record) = decide(rollout, &newest)?;
            *present = Some(Present::Ours(state.clone()));
            Some((state, record))
        });
        if let Some((state, record)) = changed {
            self.publish(state, now);
            record.iter().for_each(|record| self.meters.decided(record));
        } else if let Some(state) = self.stored() {
            self.adopt(state, now);
        }
    }

    /// Tells the other workers of a state that this one has stored. If another was faster with a later one, ours must
    /// not be the last word in the gauges.
    pub(super) fn publish(&mut self, stored: State, now: u64) {
        let mut newest = Some(stored);
        while let Some(state) = newest {
            let shown = state.revision;
            self.revision = shown;
            self.adopt(state, now);
            self.meters.show(self.gauges());
            newest = self.stored().filter(|state| state.revision > shown);
        }
    }

    fn gauges(&self) -> Gauges {
        let (state, weight) = match self.standing {
            Standing::Killed => (RolloutState::Killed, 0),
            Standing::RolledBack => (RolloutState::RolledBack, 0),
            Standing::Open { weight } => {
                (RolloutState::from(self.state.phase), u64::from(weight.get()))
            }
        };
        Gauges { state, weight, stage: self.state.stage as u64, revision: self.state.revision }
    }
}
