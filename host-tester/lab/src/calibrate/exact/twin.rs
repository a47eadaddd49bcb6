//! The filter's bookkeeping without its ABI: what one worker and the main thread do with the core, step by step.
//!
//! A worker acts on its copy of the state, which is renewed with every request that it assigns and on its tick; what it
//! has seen reaches the shared books on its tick, after the main thread has evaluated what was there before.

use super::USER;
use crate::calibrate::adviser::Adviser;
use serinus_core::arm::Arm;
use serinus_core::cohort::attribute::{Attributes, Reads};
use serinus_core::config::Rollout;
use serinus_core::evidence::{Delta, Ended, Ledger, NewUnits, UnitCounts};
use serinus_core::guard::{Counters, FailingUnits, FailureSpread, GuardState, Recoveries};
use serinus_core::outcome::Outcome;
use serinus_core::promotion::{
    EvaluationInput, Phase, PolicyOpinion, SlowRequestTests, State, is_over, roll_back, standing,
    step,
};
use serinus_core::record::Record;
use serinus_core::stats::units::Mark;

/// One worker, one main thread, one rollout.
pub struct Twin<'a> {
    rollout: &'a Rollout,
    adviser: Option<Adviser>,
    /// In shared data.
    state: State,
    ledger: Ledger,
    census: Option<UnitCounts>,
    tails: SlowRequestTests,
    /// What the policy keeps, in the present stage.
    memory: Vec<u8>,
    book: GuardState,
    breadth: FailureSpread,
    repeats: [FailingUnits; FailingUnits::SHARDS],
    counters: Counters,
    /// The worker's own.
    copy: State,
    delta: Delta,
    sightings: NewUnits,
    answers: Recoveries,
    /// What was decided.
    pub records: Vec<Record>,
}

impl<'a> Twin<'a> {
    /// A rollout that begins at `now` (unix milliseconds), and its policy, if it has one.
    pub fn open(rollout: &'a Rollout, adviser: Option<Adviser>, now: u64) -> Self {
        let state = State::begin(now, 0, rollout.stage(0).weight, Counters::default());
        Self {
            rollout,
            adviser,
            ledger: Ledger::new(state.entry, &rollout.layout),
            census: None,
            tails: SlowRequestTests::default(),
            memory: Vec::new(),
            book: GuardState::opened_at(state.entered_at),
            breadth: FailureSpread::default(),
            repeats: Default::default(),
            counters: Counters::default(),
            copy: state.clone(),
            delta: blank(rollout, &state).0,
            sightings: blank(rollout, &state).1,
            answers: Recoveries::default(),
            state,
            records: Vec::new(),
        }
    }

    /// A request of this user arrives; where it goes.
    pub fn began(&mut self, user: &str, now: u64) -> Seat {
        if self.copy.revision != self.state.revision {
            self.adopt(now);
        }
        let standing = standing(self.rollout, &self.copy);
        let user = User { id: user, now };
        let assigned = self.rollout.cohorts.assign(&Reads::new(&user), standing);
        if assigned.randomised() {
            *self.counters.assigned.get_mut(assigned.arm) += 1;
        }
        Seat { arm: assigned.arm, unit: assigned.mark }
    }

    fn adopt(&mut self, now: u64) {
        if self.state.entry != self.delta.entry {
            self.flush(now);
            (self.delta, self.sightings) = blank(self.rollout, &self.state);
        }
        self.copy = self.state.clone();
    }

    fn flush(&mut self, now: u64) {
        if self.sightings.has_news(now) {
            let census = self.sightings.merged(self.census.take());
            self.sightings.learn(census.clone());
            self.census = Some(census);
        }
        if !self.delta.is_empty() {
            self.ledger.merge(&self.delta, now, &self.rollout.layout);
            self.delta.clear(&self.rollout.layout);
        }
    }

    /// A request is over.
    pub fn ended(&mut self, seat: Seat, ended: &Ended, now: u64) {
        let (arm, outcome) = (seat.arm, ended.outcome);
        let repeat = self.is_repeat(arm, outcome, seat.unit);
        self.delta.record(arm, &Ended { repeat, ..*ended }, &self.rollout.layout);
        if let Some(mark) = seat.unit {
            self.sightings.see(mark);
        }
        if outcome != Outcome::Failure {
            return;
        }
        *self.counters.failed.get_mut(arm) += 1;
        if !repeat {
            *self.counters.episodes.get_mut(arm) += 1;
            if arm == Arm::Canary {
                self.judge(now);
            }
        }
    }

    fn is_repeat(&mut self, arm: Arm, outcome: Outcome, unit: Option<Mark>) -> bool {
        let Some(unit) = unit else { return false };
        if outcome == Outcome::Success {
            self.answers.succeeded(unit, 1);
        }
        outcome == Outcome::Failure && !self.begins_episode(arm, unit)
    }

    /// There is one worker, so it does not matter that it would share good answers on its tick.
    fn begins_episode(&mut self, arm: Arm, unit: Mark) -> bool {
        let broad = self.breadth.failed(arm, unit.hash(), &self.counters.assigned);
        let part = FailingUnits::shard(unit);
        let Some(shared) = self.repeats.get_mut(part) else { return true };
        let (repeats, begins) = self.answers.failed(unit, broad, std::mem::take(shared));
        self.answers.learn(part, repeats.clone());
        *shared = repeats;
        begins
    }

    fn judge(&mut self, now: u64) {
        if matches!(self.copy.phase, Phase::RolledBack | Phase::Promoted) {
            return;
        }
        let guard = &self.rollout.guard;
        let ground = self.copy.ground(guard);
        let finding = guard.judge(&mut self.book, &ground, &self.counters);
        if let Some((state, record)) =
            finding.breached.then(|| roll_back(self.rollout, &self.state, &finding, now)).flatten()
        {
            self.state = state;
            self.records.push(record);
            self.adopt(now);
        }
    }

    /// A second is over: the main thread looks, then the worker reports.
    pub fn tick(&mut self, now: u64) {
        let mut ledger = self.ledger.clone();
        ledger.enter(self.state.entry, &self.rollout.layout);
        let census = self.census.clone().filter(|census| census.entry == self.state.entry);
        let census = census.unwrap_or_else(|| UnitCounts::new(self.state.entry));
        self.tails.observe(self.rollout, &self.state, &ledger.stage);
        let (counters, units, heard) = (self.counters, &census.units, PolicyOpinion::default());
        let look =
            EvaluationInput { now, ledger: &ledger, units, tails: &self.tails, counters, heard };
        let (rollout, state, memory) = (self.rollout, &self.state, &mut self.memory);
        let adviser = self.adviser.as_ref().filter(|_| !is_over(rollout, state));
        let opinion = adviser.map(|adviser| adviser.opinion(rollout, state, &look, memory));
        let look = EvaluationInput { heard: PolicyOpinion::new(opinion.as_ref()), ..look };
        let decided = step(rollout, state, &look);
        if let Some(state) = decided.state {
            if state.entry != self.state.entry {
                self.memory.clear();
            }
            self.state = state;
        }
        self.records.extend(decided.record);
        self.flush(now);
        self.adopt(now);
    }
}

/// Where a request sits.
#[derive(Clone, Copy, Debug)]
pub struct Seat {
    /// Its arm.
    pub arm: Arm,
    /// What its user is counted by.
    unit: Option<Mark>,
}

/// What a worker collects in the stage of `state`: nothing yet.
fn blank(rollout: &Rollout, state: &State) -> (Delta, NewUnits) {
    let judged_from = state.judged_from_ms(rollout.warm_up_ms);
    (Delta::new(state.entry, judged_from, &rollout.layout), NewUnits::new(state.entry, judged_from))
}

/// A request that shows nothing but its user.
struct User<'a> {
    id: &'a str,
    now: u64,
}

impl Attributes for User<'_> {
    fn header(&self, name: &str) -> Option<Vec<u8>> {
        (name == USER).then(|| self.id.as_bytes().to_vec())
    }

    fn jwt_claim(&self, _: &str) -> Option<Vec<u8>> {
        None
    }

    fn source_address(&self) -> Option<Vec<u8>> {
        None
    }

    fn now(&self) -> u64 {
        self.now
    }

    fn random(&self) -> Option<[u8; 16]> {
        None
    }
}
