//! One rollout in one proxy, by the engine that runs in Envoy.
//!
//! A simulation counts requests by the thousand: what succeeds is added to the meters and to the evidence in bulk, and
//! only a canary failure is an event of its own.

use super::adviser::Adviser;
use super::failing::Failure;
use serinus_core::arm::{Arm, PerArm};
use serinus_core::config::Rollout;
use serinus_core::contract::Cohort;
use serinus_core::engine::local::{LocalMeters, LocalStore};
use serinus_core::engine::{Claimant, Engine, Meters};
use serinus_core::evidence::Delta;
use serinus_core::outcome::Outcome;
use serinus_core::promotion::Phase;
use serinus_core::record::{Reason, Record, Verdict};

/// How long the gates remember to within the span below, milliseconds.
pub use serinus_core::evidence::RECENT_MS;

/// What happens within so many milliseconds happens at once to those who look at the last minutes.
pub use serinus_core::evidence::FINEST_MS as FINE_MS;

/// One rollout in one proxy.
pub struct SimulatedRollout<'a> {
    engine: Engine<&'a Rollout, LocalStore, LocalMeters>,
    adviser: Option<&'a Adviser>,
    claimant: Claimant,
    /// Of the present slice of the window.
    slice: Delta,
}

/// Requests that no decision is made about one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quiet {
    /// Canary requests that succeeded.
    pub canary: u64,
    /// Baseline requests that succeeded.
    pub baseline: u64,
    /// Baseline requests that failed.
    pub baseline_failed: u64,
}

/// What is known of successful requests only when the gates are looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settled {
    /// Latencies by cell, each with a latency that lies in it (microseconds).
    pub latency: Vec<(u64, PerArm<u64>)>,
    /// How often each event happened.
    pub events: Vec<PerArm<u64>>,
}

/// What came of a look.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// Nothing.
    None,
    /// It stays, for these reasons.
    Held(Vec<String>),
    /// Another stage has begun.
    Entered,
    /// It was promoted for good.
    Promoted,
    /// It was rolled back: by what.
    Stopped(String),
}

impl<'a> SimulatedRollout<'a> {
    /// A rollout that begins at `now` (unix milliseconds), and its policy, if it has one.
    pub fn open(rollout: &'a Rollout, adviser: Option<&'a Adviser>, now: u64) -> Self {
        let (store, meters) = (LocalStore::default(), LocalMeters::default());
        let engine = Engine::open(rollout, store, meters, now);
        let slice = engine.nothing_seen();
        Self { engine, adviser, claimant: Claimant::new(0), slice }
    }

    /// The stage, from 0.
    pub fn stage(&self) -> usize {
        self.engine.state().stage
    }

    /// The canary's weight, in 1/100000.
    pub fn weight(&self) -> u32 {
        self.engine.state().weight.get()
    }

    /// Canary failures that began an episode.
    #[cfg(test)]
    pub fn episodes(&self) -> u64 {
        self.engine.meters.counters().episodes.canary
    }

    /// Takes in requests.
    pub fn pass(&mut self, quiet: &Quiet) {
        let Quiet { canary, baseline, baseline_failed } = *quiet;
        self.engine.meters.add(Arm::Canary, canary, 0);
        // Each failure is an episode. A user's in a row are as good as never, at the error rate of a baseline.
        self.engine.meters.add(Arm::Baseline, baseline + baseline_failed, baseline_failed);
        self.slice.arm(Arm::Canary).outcomes.add(Outcome::Success, canary);
        self.slice.arm(Arm::Baseline).outcomes.add(Outcome::Success, baseline);
        self.slice.arm(Arm::Baseline).outcomes.add(Outcome::Failure, baseline_failed);
    }

    /// Takes in a canary request that failed at `now`; whether it was the last.
    pub fn canary_failed(&mut self, failure: &Failure, now: u64) -> bool {
        let Failure { unit, good_answers } = *failure;
        self.engine.meters.assigned(Arm::Canary);
        self.engine.meters.ended(Cohort::Arm(Arm::Canary), Outcome::Failure);
        self.engine.answered_well(unit, good_answers);
        let begins = self.engine.begins_episode(Arm::Canary, unit);
        let canary = self.slice.arm(Arm::Canary);
        canary.outcomes.add(Outcome::Failure, 1);
        canary.repeats += u64::from(!begins);
        if begins {
            self.engine.began_episode(Arm::Canary, now);
        }
        self.engine.state().phase == Phase::RolledBack
    }

    /// Ends a slice of the window at `now`: what was taken in since the last is of that time.
    pub fn end_slice(&mut self, now: u64) {
        let slice = std::mem::replace(&mut self.slice, self.engine.nothing_seen());
        self.engine.merge(&slice, now);
    }

    /// Takes in what had been left open, until `now`, about successful requests.
    pub fn settle(&mut self, settled: &Settled, now: u64) {
        let mut open = self.engine.nothing_seen();
        let edges = &self.engine.rollout.layout.edges;
        for arm in Arm::ALL {
            let tally = open.arm(arm);
            for (index, times) in settled.events.iter().enumerate() {
                tally.add_event(index, *times.get(arm));
            }
            for (micros, requests) in &settled.latency {
                tally.latency.add(*micros, *requests.get(arm), edges);
            }
        }
        self.engine.merge(&open, now);
    }

    /// Looks at the gates, as the filter does on a tick.
    pub fn look(&mut self, now: u64) -> News {
        self.engine.tick(now, &self.claimant, &self.adviser);
        self.slice = self.engine.nothing_seen();
        let decided = self.engine.meters.take_records().pop();
        decided.map_or(News::None, |record| news(&record, self.engine.state().phase))
    }
}

fn news(record: &Record, phase: Phase) -> News {
    match (record.verdict, phase) {
        (Verdict::Rollback, _) => News::Stopped(cause(record)),
        (_, Phase::Promoted) => News::Promoted,
        (Verdict::Promote, _) => News::Entered,
        (Verdict::Hold, _) => News::Held(record.reasons.iter().map(Reason::code).collect()),
    }
}

/// What the guard is called where causes are listed.
pub const GUARD: &str = "guard";

/// What stopped it: the first reason.
fn cause(record: &Record) -> String {
    match record.reasons.first() {
        Some(Reason::Guard(_)) => GUARD.to_owned(),
        Some(Reason::GateBreached { gate }) => gate.clone(),
        Some(Reason::Policy { .. }) => "policy".to_owned(),
        Some(reason) => reason.code(),
        None => "unknown".to_owned(),
    }
}
