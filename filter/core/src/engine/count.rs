//! Counting requests that end, and asking the guard.

use super::{Engine, Meters, Store};
use crate::arm::Arm;
use crate::config::Rollout;
use crate::contract::Cohort;
use crate::evidence::Ended;
use crate::guard::{FailingUnits, FailureSpread, GuardState};
use crate::outcome::Outcome;
use crate::promotion::{self, Phase};
use crate::stats::units::Mark;
use std::ops::Deref;

impl<R: Deref<Target = Rollout>, S: Store, M: Meters> Engine<R, S, M> {
    /// Counts a request that ended, with an answer or without one. `unit` is what its unit is counted by, if it has one.
    pub fn ended(&mut self, label: Cohort, ended: &Ended, unit: Option<Mark>, now: u64) {
        self.meters.ended(label, ended.outcome);
        let layout = &self.rollout.layout;
        let arm = match label {
            Cohort::Arm(arm) => arm,
            Cohort::Forced => return self.delta.record_forced(ended, layout),
            Cohort::Outside => return,
        };
        let repeat = self.is_repeat(arm, ended.outcome, unit);
        self.delta.record(arm, &Ended { repeat, ..*ended }, &self.rollout.layout);
        // Whoever hangs up was not served: a canary that drives users away must show in the units.
        if let Some(mark) = unit.filter(|_| ended.outcome != Outcome::ClientGone) {
            self.new_units.see(mark);
        }
        if ended.outcome == Outcome::Failure && !repeat {
            self.began_episode(arm, now);
        }
    }

    /// Counts a failure that began an episode, and asks the guard if it was the canary's.
    pub fn began_episode(&mut self, arm: Arm, now: u64) {
        self.meters.began_episode(arm);
        if arm == Arm::Canary {
            self.judge(now);
        }
    }

    /// Whether this is a failure that is no more than its unit's last one again. Notes it.
    fn is_repeat(&mut self, arm: Arm, outcome: Outcome, unit: Option<Mark>) -> bool {
        let Some(unit) = unit else { return false };
        if outcome == Outcome::Success {
            self.answered_well(unit, 1);
        }
        outcome == Outcome::Failure && !self.begins_episode(arm, unit)
    }

    /// Notes so many good answers to a unit.
    pub fn answered_well(&mut self, unit: Mark, answers: u8) {
        self.recoveries.succeeded(unit, answers);
    }

    /// Whether the failure of a unit begins an episode. Notes it.
    pub fn begins_episode(&mut self, arm: Arm, unit: Mark) -> bool {
        let (meters, recoveries) = (&self.meters, &mut self.recoveries);
        let broad = self.store.update(&self.keys.spread, &(), |spread| {
            let spread = spread.get_or_insert_with(FailureSpread::default);
            // Read after the failures, or those that others have added since would seem to lie ahead.
            Some(spread.failed(arm, unit.hash(), &meters.assigned_so_far()))
        });
        let part = FailingUnits::shard(unit);
        let noted = self.keys.failing.get(part).and_then(|key| {
            self.store.update(key, &(), |shared| {
                let before = shared.take().unwrap_or_default();
                let (units, begins) = recoveries.failed(unit, broad.unwrap_or(false), before);
                *shared = Some(units.clone());
                Some((units, begins))
            })
        });
        // A race lost too often is no reason to overlook a failure.
        let Some((units, begins)) = noted else { return true };
        recoveries.learn(part, units);
        begins
    }

    /// Asks the guard, with the totals of the whole process, and rolls back if it says so.
    fn judge(&mut self, now: u64) {
        if matches!(self.state.phase, Phase::RolledBack | Phase::Promoted) {
            return;
        }
        let (guard, baseline, state) = (&self.rollout.guard, &self.baseline, &self.state);
        let found = self.store.update(&self.keys.guard, &(), |evidence| {
            let fresh = || GuardState::opened_at(state.entered_at);
            let evidence = evidence.get_or_insert_with(fresh);
            Some(guard.judge(evidence, baseline, &self.meters.counters()))
        });
        let Some(finding) = found.filter(|finding| finding.breached) else { return };
        self.change(now, |rollout, state| {
            let back = promotion::roll_back(rollout, state, &finding, now);
            back.map(|(state, record)| (state, Some(record)))
        });
    }
}
