//! One rollout at work in one worker: decide, count, judge.
//!
//! What a worker knows of the state is a copy. It is as fresh as the revision gauge: one read of
//! 0.3 us before each decision tells whether any worker has changed the stage or rolled back since,
//! so no tick is waited for and no request goes where another worker has already stopped sending.

use crate::adviser::Adviser;
use crate::host::{self, Level};
use crate::meters::{Label, Meters};
use crate::root;
use crate::store;
use serinus_core::arm::Arm;
use serinus_core::cohort::attribute::Reads;
use serinus_core::cohort::decide::{Assignment, Standing};
use serinus_core::config::{Pace, Rollout};
use serinus_core::evidence::{Delta, Ended, Events, Ledger, NewUnits, UnitCounts};
use serinus_core::guard::{
    Counters, FailingUnits, FailureSpread, GuardState, Recoveries, StageBaseline,
};
use serinus_core::outcome::Outcome;
use serinus_core::promotion::{self, Phase, SlowRequestTests, State};
use serinus_core::record::{Record, Verdict};
use serinus_core::stats::units::Mark;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A rollout with its metrics, its keys and this worker's copy of its state.
pub struct LiveRollout {
    /// The plugin that carries it.
    pub plugin: String,
    pub rollout: Rollout,
    pub adviser: Adviser,
    pub meters: Meters,
    pub keys: Keys,
    /// Set when a newer configuration has taken over this rollout's name.
    pub retired: Cell<bool>,
    state: RefCell<State>,
    standing: Cell<Standing>,
    ground: Cell<StageBaseline>,
    /// The revision gauge when the copy was made.
    revision: Cell<u64>,
    delta: RefCell<Delta>,
    sightings: RefCell<NewUnits>,
    answers: RefCell<Recoveries>,
}

/// Where in shared data the rollout lives.
pub struct Keys {
    pub state: String,
    pub guard: String,
    /// The latest failures.
    pub breadth: String,
    /// Whose failures have been counted, in parts.
    pub repeats: [String; FailingUnits::SHARDS],
    pub ledger: String,
    pub units: String,
    pub tails: String,
    /// Who evaluates. One for each rollout: neither a namesake of the plugin nor its own past, kept
    /// alive by a stream, can sit on it.
    pub lease: String,
}

impl LiveRollout {
    /// Puts a rollout to work: takes up its state where it was left, or begins.
    pub fn open(plugin: String, rollout: Rollout, adviser: Adviser) -> Self {
        let epoch = rollout.epoch();
        // Two builds at work side by side must not take each other's books for none: each has its own, but the state.
        let key = |what: &str, format: u8| store::key(&format!("{what}.{format}"), &epoch);
        let keys = Keys {
            state: store::key("state", &epoch),
            guard: key("guard", GuardState::FORMAT),
            breadth: key("breadth", FailureSpread::FORMAT),
            repeats: std::array::from_fn(|part| {
                key(&format!("failed/{part}"), FailingUnits::FORMAT)
            }),
            ledger: key("ledger", Ledger::FORMAT),
            units: key("units", UnitCounts::FORMAT),
            tails: key("tails", SlowRequestTests::FORMAT),
            lease: store::key("lease", &epoch),
        };
        let meters = Meters::define(&rollout.name, rollout.events.iter().map(|e| e.name.as_str()));
        let state = stored_or_begun(&rollout, &keys, meters.counters());
        let standing = promotion::standing(&rollout, &state);
        let (delta, sightings) = blank(&rollout, &state);
        let ground = Cell::new(state.ground(&rollout.guard));
        let trial = Self {
            plugin,
            rollout,
            adviser,
            meters,
            keys,
            retired: Cell::new(false),
            standing: Cell::new(standing),
            ground,
            revision: Cell::new(state.revision),
            state: RefCell::new(state.clone()),
            delta: RefCell::new(delta),
            sightings: RefCell::new(sightings),
            answers: RefCell::default(),
        };
        trial.publish(state);
        trial
    }

    /// The decision about the request at hand.
    pub fn assign<'a>(&'a self, reads: &Reads<'a>) -> Assignment {
        self.sync();
        self.rollout.cohorts.assign(reads, self.standing.get())
    }

    /// Takes over what another worker has decided, if the gauge says that one has.
    fn sync(&self) {
        let revision = self.meters.revision.value();
        if revision != self.revision.get() {
            self.revision.set(revision);
            match store::read(&self.keys.state, State::decode) {
                Some(state) => self.adopt(state),
                None => self.reclaim(),
            }
        }
    }

    /// Another build, whose last streams are still with us, has written over the state.
    pub fn reclaim(&self) {
        self.publish(put(&self.keys, &self.state()));
    }

    /// Makes `state` this worker's copy.
    pub fn adopt(&self, state: State) {
        if state.entry != self.delta.borrow().entry {
            self.flush(host::now_ms());
            let (delta, sightings) = blank(&self.rollout, &state);
            *self.delta.borrow_mut() = delta;
            *self.sightings.borrow_mut() = sightings;
        }
        self.standing.set(promotion::standing(&self.rollout, &state));
        self.ground.set(state.ground(&self.rollout.guard));
        *self.state.borrow_mut() = state;
    }

    /// This worker's copy of the state.
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Counts a request that ended with an answer or without one.
    pub fn count(&self, label: Label, ended: &Ended, unit: Option<Mark>) {
        self.meters.ended(label, ended.outcome);
        let layout = &self.rollout.layout;
        let cohort = match label {
            Label::Arm(cohort) => cohort,
            Label::Forced => return self.delta.borrow_mut().record_forced(ended, layout),
            Label::Outside => return,
        };
        let repeat = self.is_repeat(cohort, ended.outcome, unit);
        self.delta.borrow_mut().record(cohort, &Ended { repeat, ..*ended }, layout);
        // Whoever hangs up was not served: a canary that drives users away must show in the units.
        if let Some(mark) = unit.filter(|_| ended.outcome != Outcome::ClientGone) {
            self.sightings.borrow_mut().see(mark);
        }
        if ended.outcome == Outcome::Failure && !repeat {
            self.meters.began_episode(cohort);
            if cohort == Arm::Canary {
                self.judge();
            }
        }
    }

    /// Whether this is a failure that is no more than its unit's last one again. Takes it down.
    fn is_repeat(&self, arm: Arm, outcome: Outcome, unit: Option<Mark>) -> bool {
        let Some(unit) = unit else { return false };
        if outcome == Outcome::Success {
            self.answers.borrow_mut().succeeded(unit, 1);
        }
        outcome == Outcome::Failure && !self.begins_episode(arm, unit)
    }

    fn begins_episode(&self, arm: Arm, unit: Mark) -> bool {
        let broad = store::update(&self.keys.breadth, |bytes| {
            let mut breadth = bytes.and_then(FailureSpread::decode).unwrap_or_default();
            // Read after the failures, or those that others have added since would seem to lie ahead.
            let broad = breadth.failed(arm, unit.hash(), &self.meters.assigned_so_far());
            Some((breadth.encode(), broad))
        });
        let (part, mut answers) = (FailingUnits::shard(unit), self.answers.borrow_mut());
        let noted = self.keys.repeats.get(part).and_then(|key| {
            store::update(key, |bytes| {
                let repeats = bytes.and_then(FailingUnits::decode).unwrap_or_default();
                let (repeats, begins) = answers.failed(unit, broad.unwrap_or(false), repeats);
                Some((repeats.encode(), (repeats, begins)))
            })
        });
        // A race lost too often is no reason to overlook a failure.
        let Some((repeats, begins)) = noted else { return true };
        answers.learn(part, repeats);
        begins
    }

    /// Asks the guard, with the totals of the whole process, and rolls back if it says so.
    fn judge(&self) {
        let state = self.state.borrow();
        if matches!(state.phase, Phase::RolledBack | Phase::Promoted) {
            return;
        }
        let ground = self.ground.get();
        let found = store::update(&self.keys.guard, |bytes| {
            let fresh = || GuardState::opened_at(state.entered_at);
            let mut book = bytes.and_then(GuardState::decode).unwrap_or_else(fresh);
            let finding = self.rollout.guard.judge(&mut book, &ground, &self.meters.counters());
            Some((book.encode(), finding))
        });
        drop(state);
        let Some(finding) = found.filter(|finding| finding.breached) else { return };
        self.change(|state| {
            let back = promotion::roll_back(&self.rollout, state, &finding, host::now_ms());
            back.map(|(state, record)| (state, Some(record)))
        });
    }

    /// Changes the shared state, unless `decide` sees no reason to on the newest version of it.
    /// The winner of the race announces the decision; the others find it done.
    pub fn change(&self, mut decide: impl FnMut(&State) -> Option<(State, Option<Record>)>) {
        let changed = store::update(&self.keys.state, |bytes| {
            let another = || self.state().after_another_build(bytes.unwrap_or_default());
            let present = bytes.and_then(State::decode).unwrap_or_else(another);
            let (state, record) = decide(&present)?;
            Some((state.encode(), (state, record)))
        });
        if let Some((state, record)) = changed {
            self.publish(state);
            record.iter().for_each(|record| self.announce(record));
        } else if let Some(state) = store::read(&self.keys.state, State::decode) {
            self.adopt(state);
        }
    }

    /// Tells the other workers of a state that this one has stored. If another was faster with a
    /// later one, ours must not be the last word in the gauges.
    pub fn publish(&self, stored: State) {
        let mut newest = Some(stored);
        while let Some(state) = newest {
            let shown = state.revision;
            self.revision.set(shown);
            self.adopt(state);
            self.show();
            newest = store::read(&self.keys.state, State::decode).filter(|s| s.revision > shown);
        }
    }

    /// Sets the gauges; the revision last, because it is what other workers act upon.
    fn show(&self) {
        let state = self.state.borrow();
        let (code, weight) = match self.standing.get() {
            Standing::Killed => (4, 0),
            Standing::RolledBack => (3, 0),
            Standing::Open { weight } => (state.phase.code(), u64::from(weight.get())),
        };
        self.meters.state.record(code);
        self.meters.weight.record(weight);
        self.meters.stage.record(state.stage as u64);
        self.meters.revision.record(state.revision);
    }

    fn announce(&self, record: &Record) {
        self.meters.decided(record.verdict);
        let level = if record.verdict == Verdict::Rollback { Level::Warn } else { Level::Info };
        host::log(level, &record.line());
    }

    /// Merges what this worker has seen into the shared books.
    pub fn flush(&self, now: u64) {
        self.flush_units(now);
        self.flush_answers();
        let layout = &self.rollout.layout;
        let mut delta = self.delta.borrow_mut();
        if delta.is_empty() {
            return;
        }
        let merged = store::update(&self.keys.ledger, |bytes| {
            let mut ledger = bytes
                .and_then(|bytes| Ledger::decode(bytes, layout))
                .unwrap_or_else(|| Ledger::new(delta.entry, layout));
            ledger.merge(&delta, now, layout);
            Some((ledger.encode(layout), ()))
        });
        // A race lost thirty-two times is no reason to forget: the next tick tries again.
        if merged.is_some() {
            delta.clear(layout);
        }
    }

    fn flush_units(&self, now: u64) {
        let mut sightings = self.sightings.borrow_mut();
        if !sightings.has_news(now) {
            return;
        }
        let merged = store::update(&self.keys.units, |bytes| {
            let census = sightings.merged(bytes.and_then(UnitCounts::decode));
            Some((census.encode(), census))
        });
        if let Some(census) = merged {
            sightings.learn(census);
        }
    }

    /// Shares the good answers of those who have failed, and learns who else has.
    fn flush_answers(&self) {
        let mut answers = self.answers.borrow_mut();
        for (part, key) in self.keys.repeats.iter().enumerate() {
            let Some(repeats) = store::read(key, FailingUnits::decode) else { continue };
            if answers.added(part, repeats.clone()).is_none() {
                answers.learn(part, repeats);
                continue;
            }
            let added = store::update(key, |bytes| {
                let added = answers.added(part, bytes.and_then(FailingUnits::decode)?)?;
                Some((added.encode(), added))
            });
            added.into_iter().for_each(|repeats| answers.shared(part, repeats));
        }
    }

    /// Where a stream reports to that began under this trial: the trial under the configuration of
    /// today. What belongs to another epoch says nothing about the present canary.
    pub fn successor(self: &Rc<Self>, label: Label) -> (Rc<Self>, Label) {
        if !self.retired.get() {
            return (Rc::clone(self), label);
        }
        match root::successor(self) {
            Some(heir) if heir.rollout.epoch() == self.rollout.epoch() => (heir, label),
            _ => (Rc::clone(self), Label::Outside),
        }
    }

    /// Counts each business event that the response at hand shows, and says which.
    pub fn count_events(&self, cohort: Arm) -> Events {
        let mut shown = Events::default();
        for (index, event) in self.rollout.events.iter().enumerate() {
            let value = host::header(host::Map::ResponseHeaders, &event.header);
            if value.is_some_and(|value| event.test.holds(&value)) {
                self.meters.event(index, cohort);
                shown.note(index);
            }
        }
        shown
    }
}

/// What a worker collects in the stage of `state`: nothing yet.
fn blank(rollout: &Rollout, state: &State) -> (Delta, NewUnits) {
    let judged_from = state.judged_from_ms(rollout.warm_up_ms);
    (Delta::new(state.entry, judged_from, &rollout.layout), NewUnits::new(state.entry, judged_from))
}

fn stored_or_begun(rollout: &Rollout, keys: &Keys, counters: Counters) -> State {
    if let Some(state) = store::read(&keys.state, State::decode) {
        return state;
    }
    let stage = match rollout.pace {
        Pace::Autonomous => 0,
        Pace::Follow { stage } => stage,
    };
    let begun = State::begin(host::now_ms(), stage, rollout.stage(stage).weight, counters);
    store::create(&keys.guard, &GuardState::opened_at(counters).encode());
    put(keys, &begun)
}

/// Stores a state where none is. All workers begin at once; the first one's version is everybody's. Whatever else stands
/// there is a stranger's or another build's, and would keep the rollout from ever moving.
fn put(keys: &Keys, state: &State) -> State {
    store::update(&keys.state, |bytes| {
        if bytes.and_then(State::decode).is_some() {
            return None;
        }
        let state = state.clone().after_another_build(bytes.unwrap_or_default());
        Some((state.encode(), ()))
    });
    store::read(&keys.state, State::decode).unwrap_or_else(|| state.clone())
}
