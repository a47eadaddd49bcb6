//! The decision code: all that a simulation knows of the core's guard and gates.
//!
//! What the filter keeps in counters and shared data is kept here in a struct; what it does on a canary failure and on a tick
//! is done here by the same functions, in the same order.

use super::adviser::Adviser;
use serinus_core::arm::PerArm;
use serinus_core::config::Rollout;
use serinus_core::evidence::{Ledger, Outcomes};
use serinus_core::guard::{Counters, GuardState, StageBaseline};
use serinus_core::outcome::Outcome;
use serinus_core::promotion::{
    self, EvaluationInput, Phase, PolicyOpinion, SlowRequestTests, State,
};
use serinus_core::record::{Reason, Record, Verdict};
use serinus_core::stats::units::Units;

/// How long the gates remember to within the span below, milliseconds.
pub use serinus_core::evidence::RECENT_MS;

/// What happens within so many milliseconds happens at once to those who look at the last minutes.
pub use serinus_core::evidence::FINEST_MS as FINE_MS;

/// One rollout in one proxy.
pub struct SimulatedRollout<'a> {
    rollout: &'a Rollout,
    adviser: Option<&'a Adviser>,
    /// What the policy keeps.
    memory: Vec<u8>,
    state: State,
    ledger: Ledger,
    book: GuardState,
    counters: Counters,
    /// Nobody: whether the arms got their shares of users is not simulated.
    units: Units,
    tails: SlowRequestTests,
    ground: StageBaseline,
    /// Of the present slice of the window.
    slice: PerArm<Outcomes>,
    /// Canary failures in it that are their user's last one again.
    repeats: u64,
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
        let state = State::begin(now, 0, rollout.stage(0).weight, Counters::default());
        Self {
            rollout,
            adviser,
            memory: Vec::new(),
            ledger: Ledger::new(state.entry, &rollout.layout),
            book: GuardState::opened_at(state.entered_at),
            counters: Counters::default(),
            units: Units::default(),
            tails: SlowRequestTests::default(),
            ground: state.ground(&rollout.guard),
            slice: PerArm::default(),
            repeats: 0,
            state,
        }
    }

    /// The stage, from 0.
    pub fn stage(&self) -> usize {
        self.state.stage
    }

    /// The canary's weight, in 1/100000.
    pub fn weight(&self) -> u32 {
        self.state.weight.get()
    }

    /// Requests that have been given an arm.
    pub fn assigned(&self) -> PerArm<u64> {
        self.counters.assigned
    }

    /// Takes in requests.
    pub fn pass(&mut self, quiet: &Quiet) {
        let Quiet { canary, baseline, baseline_failed } = *quiet;
        self.counters.assigned.canary += canary;
        self.counters.assigned.baseline += baseline + baseline_failed;
        self.counters.failed.baseline += baseline_failed;
        // All of them count. A user's in a row are as good as never, at the error rate of a baseline.
        self.counters.episodes.baseline += baseline_failed;
        self.slice.canary.add(Outcome::Success, canary);
        self.slice.baseline.add(Outcome::Success, baseline);
        self.slice.baseline.add(Outcome::Failure, baseline_failed);
    }

    /// Takes in a canary request that failed at `now`, and asks the guard if it `counts`. Whether it was the last.
    pub fn canary_failed(&mut self, now: u64, counts: bool) -> bool {
        self.counters.assigned.canary += 1;
        self.counters.failed.canary += 1;
        self.slice.canary.add(Outcome::Failure, 1);
        if !counts {
            self.repeats += 1;
            return false;
        }
        self.counters.episodes.canary += 1;
        let finding = self.rollout.guard.judge(&mut self.book, &self.ground, &self.counters);
        if !finding.breached {
            return false;
        }
        let stopped = promotion::roll_back(self.rollout, &self.state, &finding, now);
        if let Some((state, _)) = stopped {
            self.state = state;
        }
        self.state.phase == Phase::RolledBack
    }

    /// Ends a slice of the window at `now`: what was taken in since the last is of that time.
    pub fn end_slice(&mut self, now: u64) {
        let slice = std::mem::take(&mut self.slice);
        let repeats = std::mem::take(&mut self.repeats);
        self.ledger.windows.add(now, &slice);
        if self.judges(now) {
            self.ledger.stage.canary.outcomes.merge(&slice.canary);
            self.ledger.stage.canary.repeats += repeats;
            self.ledger.stage.baseline.outcomes.merge(&slice.baseline);
        }
    }

    /// Whether the stage's warm-up is over.
    fn judges(&self, now: u64) -> bool {
        now >= self.state.judged_from_ms(self.rollout.warm_up_ms)
    }

    /// Takes in what had been left open, until `now`, about successful requests.
    pub fn settle(&mut self, settled: &Settled, now: u64) {
        if !self.judges(now) {
            return;
        }
        for (index, times) in settled.events.iter().enumerate() {
            self.ledger.stage.canary.add_event(index, times.canary);
            self.ledger.stage.baseline.add_event(index, times.baseline);
        }
        let edges = &self.rollout.layout.edges;
        for (micros, requests) in &settled.latency {
            self.ledger.stage.canary.latency.add(*micros, requests.canary, edges);
            self.ledger.stage.baseline.latency.add(*micros, requests.baseline, edges);
        }
    }

    /// Looks at the gates, as the filter does on a tick.
    pub fn look(&mut self, now: u64) -> News {
        self.tails.observe(self.rollout, &self.state, &self.ledger.stage);
        let (ledger, units, tails) = (&self.ledger, &self.units, &self.tails);
        let (counters, heard) = (self.counters, PolicyOpinion::default());
        let look = EvaluationInput { now, ledger, units, tails, counters, heard };
        let (rollout, memory) = (self.rollout, &mut self.memory);
        let asked = |adviser: &Adviser| adviser.opinion(rollout, &self.state, &look, memory);
        let opinion = self.adviser.map(asked);
        let heard = PolicyOpinion::new(opinion.as_ref());
        let step = promotion::step(rollout, &self.state, &EvaluationInput { heard, ..look });
        let Some(state) = step.state else { return News::None };
        if state.entry != self.state.entry {
            self.ledger.enter(state.entry, &self.rollout.layout);
            self.memory.clear();
            self.ground = state.ground(&self.rollout.guard);
        }
        self.state = state;
        step.record.map_or(News::None, |record| news(&record, self.state.phase))
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
