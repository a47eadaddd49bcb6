//! One rollout, as the filter's own books tell of it.
//!
//! Counts come from the metrics, which all workers share. The stage's tallies, the state and the guard's book
//! come from shared data, in the filter's own encoding, and the guard is asked as the filter asks it; so what is
//! drawn is what the filter knew, and not a second opinion. Where there is no shared data to be seen (a real
//! Envoy shows none) only the metrics are drawn.

use crate::report::{Evidence, Latency, Rollout, Sample, State as Shown, Totals};
use crate::scenario::observation::Snapshot;
use serinus_core::arm::{Arm, PerArm};
use serinus_core::codec::Stored;
use serinus_core::cohort::bucket::Weight;
use serinus_core::config;
use serinus_core::contract::{Cohort, MetricName, Series};
use serinus_core::engine::{Store, View};
use serinus_core::evidence::{Arms, Tally};
use serinus_core::guard::Counters;
use serinus_core::outcome::Outcome;
use serinus_core::record::{Rate, Reason, Record};
use serinus_core::stats::confidence::{Prior, interval};

/// A rollout comes to a dozen.
const MOST_DECISIONS: usize = 1000;

/// A number that the filter shows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Gauge {
    State,
    Weight,
    Stage,
    AssignedBaseline,
    AssignedCanary,
    FailedBaseline,
    FailedCanary,
    EpisodesBaseline,
    EpisodesCanary,
}

impl Gauge {
    /// The names under which the filter defines them for a rollout.
    pub(super) fn names(rollout: &str) -> [(String, Self); 9] {
        let gauge = |metric| Series::of_rollout(metric, rollout).raw_name();
        let assigned = |arm| Series::assigned(rollout, arm).raw_name();
        let episodes = |arm| Series::failure_episodes(rollout, arm).raw_name();
        let failed = |arm| Series::requests(rollout, Cohort::Arm(arm), Outcome::Failure).raw_name();
        [
            (gauge(MetricName::State), Self::State),
            (gauge(MetricName::CanaryWeight), Self::Weight),
            (gauge(MetricName::Stage), Self::Stage),
            (assigned(Arm::Baseline), Self::AssignedBaseline),
            (assigned(Arm::Canary), Self::AssignedCanary),
            (failed(Arm::Baseline), Self::FailedBaseline),
            (failed(Arm::Canary), Self::FailedCanary),
            (episodes(Arm::Baseline), Self::EpisodesBaseline),
            (episodes(Arm::Canary), Self::EpisodesCanary),
        ]
    }
}

/// The shared data of a proxy that is watched.
struct SharedData<'a> {
    snapshot: &'a dyn Snapshot,
    vm_id: &'a str,
}

impl Store for SharedData<'_> {
    fn read<T: Stored>(&self, key: &str, context: &T::Context) -> Option<T> {
        T::decode(&self.snapshot.shared_data(self.vm_id, key)?, context)
    }

    /// Nothing: who watches changes nothing.
    fn update<T: Stored, U>(
        &self,
        _: &str,
        _: &T::Context,
        _: impl FnMut(&mut Option<T>) -> Option<U>,
    ) -> Option<U> {
        None
    }
}

/// What the metrics say at one moment.
#[derive(Clone, Copy, Debug, Default)]
struct Reading {
    state: Option<u64>,
    weight: u32,
    stage: usize,
    counters: Counters,
}

/// A rollout that is taken down.
#[derive(Debug)]
pub(super) struct RolloutRecording {
    vm_id: String,
    rollout: config::Rollout,
    reading: Reading,
    samples: Vec<Sample>,
    decisions: Vec<Record>,
    evidence: Option<Evidence>,
    /// What stages before this one have tallied.
    before: Arms,
    /// The present stage by the number of its entry, and what it has tallied.
    present: (u64, Arms),
}

impl RolloutRecording {
    pub(super) fn new(vm_id: &str, rollout: config::Rollout) -> Self {
        let empty = || Arms::empty(&rollout.layout);
        Self {
            vm_id: vm_id.to_owned(),
            reading: Reading::default(),
            samples: Vec::new(),
            decisions: Vec::new(),
            evidence: None,
            before: empty(),
            present: (0, empty()),
            rollout,
        }
    }

    /// Whether it is this rollout, maybe under a newer configuration.
    pub(super) fn is_of(&self, vm_id: &str, rollout: &config::Rollout) -> bool {
        self.vm_id == vm_id && self.rollout.epoch() == rollout.epoch()
    }

    pub(super) fn is_about(&self, record: &Record) -> bool {
        self.rollout.name == record.rollout && self.rollout.generation == record.generation
    }

    /// Takes over a newer configuration. Other gates have other buckets: what was tallied so far is lost with them.
    pub(super) fn configure(&mut self, rollout: config::Rollout) {
        if rollout.layout != self.rollout.layout {
            self.before = Arms::empty(&rollout.layout);
            self.present = (0, Arms::empty(&rollout.layout));
        }
        self.rollout = rollout;
    }

    pub(super) fn decided(&mut self, record: Record) {
        // From here on nobody asks the guard: what it said last is in the record.
        let found = record.reasons.iter().find_map(|reason| match reason {
            Reason::Guard(found) => Some(found),
            _ => None,
        });
        if let Some(found) = found {
            let (ln_e, ln_threshold) = (found.ln_e, found.threshold);
            self.evidence = Some(Evidence { ln_e, ln_threshold });
        }
        if self.decisions.len() < MOST_DECISIONS {
            self.decisions.push(record);
        }
    }

    /// Before the metrics are read anew.
    pub(super) fn forget(&mut self) {
        self.reading = Reading::default();
    }

    pub(super) fn read(&mut self, gauge: Gauge, value: u64) {
        let reading = &mut self.reading;
        let Counters { assigned, failed, episodes } = &mut reading.counters;
        match gauge {
            Gauge::State => reading.state = Some(value),
            Gauge::Weight => reading.weight = u32::try_from(value).unwrap_or(u32::MAX),
            Gauge::Stage => reading.stage = usize::try_from(value).unwrap_or(usize::MAX),
            Gauge::AssignedBaseline => assigned.baseline = value,
            Gauge::AssignedCanary => assigned.canary = value,
            Gauge::FailedBaseline => failed.baseline = value,
            Gauge::FailedCanary => failed.canary = value,
            Gauge::EpisodesBaseline => episodes.baseline = value,
            Gauge::EpisodesCanary => episodes.canary = value,
        }
    }

    /// Adds a sample of what has been read, if the filter shows this rollout at all.
    pub(super) fn sample(&mut self, at_ms: u64, snapshot: &dyn Snapshot) {
        let Some(state) = self.reading.state.and_then(Shown::from_code) else { return };
        let rates = self.tally(snapshot);
        self.judge(snapshot);
        let Reading { weight, stage, counters, .. } = self.reading;
        let totals = counters.assigned.zip(&counters.failed, |requests, failures| Totals {
            requests: *requests,
            failures: *failures,
        });
        let compared = matches!(state, Shown::Progressing | Shown::Holding | Shown::Promoted);
        self.samples.push(Sample {
            at_ms,
            weight,
            stage,
            state,
            totals: Some(totals),
            rates: rates.filter(|_| compared),
            evidence: self.evidence,
        });
    }

    /// What the stage has tallied, and its rates of failures.
    fn tally(&mut self, snapshot: &dyn Snapshot) -> Option<PerArm<Rate>> {
        let ledger = self.view(snapshot).ledger()?;
        if ledger.entry != self.present.0 {
            self.before.merge(&self.present.1);
        }
        self.present = (ledger.entry, ledger.stage);
        let alpha = self.rollout.levels.promote;
        let mut rates = self.present.1.map(|tally| rate(tally, alpha));
        if self.reading.weight == Weight::MAX.get() {
            // Stragglers of the stage before: nobody compares with so few.
            rates.baseline = Rate { requests: 0, hits: 0, low: 0.0, high: 1.0 };
        }
        Some(rates)
    }

    /// Asks the guard as the filter would, were a canary request to fail now.
    fn judge(&mut self, snapshot: &dyn Snapshot) {
        if let Some(found) = self.view(snapshot).finding(&self.reading.counters) {
            self.evidence = Some(Evidence { ln_e: found.ln_e, ln_threshold: found.threshold });
        }
    }

    /// What the filter's workers share about this rollout.
    fn view<'a>(&'a self, snapshot: &'a dyn Snapshot) -> View<'a, SharedData<'a>> {
        View::new(&self.rollout, SharedData { snapshot, vm_id: &self.vm_id })
    }

    /// Drops every second sample.
    pub(super) fn thin(&mut self) {
        let mut odd = false;
        self.samples.retain(|_| {
            odd = !odd;
            odd
        });
    }

    /// `None` for a rollout of which nothing was seen.
    pub(super) fn report(mut self) -> Option<Rollout> {
        if self.samples.is_empty() && self.decisions.is_empty() {
            return None;
        }
        self.before.merge(&self.present.1);
        let counts = self.before.map(|tally| tally.latency.counts().to_vec());
        let some = counts.baseline.iter().chain(&counts.canary).any(|count| *count > 0);
        let edges_us = self.rollout.layout.edges.upper().to_vec();
        Some(Rollout {
            name: self.rollout.name,
            generation: self.rollout.generation,
            start_ms: None,
            samples: self.samples,
            latency: some.then_some(Latency { edges_us, counts }),
            decisions: self.decisions,
        })
    }
}

fn rate(tally: &Tally, alpha: f64) -> Rate {
    let (hits, requests) = (tally.outcomes.count(Outcome::Failure), tally.outcomes.judged());
    let range = interval(hits, requests, alpha, Prior::Rare);
    Rate { requests, hits, low: range.low, high: range.high }
}
