//! What has been seen, per arm: since the stage began, and lately.
//!
//! A worker collects a [`Delta`] and merges it into the shared [`Ledger`] now and then. Merging is
//! addition, so it does not matter who merges first, and nothing is counted twice. Who was served is
//! kept apart, in a [`UnitCounts`]: it is larger, and changes only when somebody is new.

pub mod histogram;
mod ledger;
mod unit_counts;
mod window;

pub use histogram::{Edges, Histogram};
pub use ledger::{Delta, Ledger};
pub use unit_counts::{NewUnits, UnitCounts};
pub use window::{FINEST_MS, RECENT_MS, SPANS_MS, Windows};

use crate::arm::PerArm;
use crate::codec::{Reader, Writer};
use crate::outcome::Outcome;

/// How many requests ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes(pub(crate) [u64; Outcome::ALL.len()]);

impl Outcomes {
    /// Takes in one request.
    pub fn record(&mut self, outcome: Outcome) {
        self.add(outcome, 1);
    }

    /// Takes in so many requests.
    pub fn add(&mut self, outcome: Outcome, requests: u64) {
        if let Some(count) = self.0.get_mut(outcome.index()) {
            *count = count.saturating_add(requests);
        }
    }

    /// Requests that ended so.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.0.get(outcome.index()).copied().unwrap_or(0)
    }

    /// Requests that say something about the upstream: successes and failures.
    pub fn judged(&self) -> u64 {
        self.count(Outcome::Success).saturating_add(self.count(Outcome::Failure))
    }

    /// Adds `other`.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine = mine.saturating_add(theirs);
        }
    }

    fn encode(&self, w: &mut Writer) {
        self.0.iter().for_each(|n| w.number(*n));
    }

    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        Some(Self([r.number()?, r.number()?, r.number()?]))
    }
}

/// What a rollout measures by. Evidence of another layout cannot be added to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Edges of the latency buckets.
    pub edges: Edges,
    /// A fingerprint of the business events and what shows them.
    pub events: u32,
}

/// Which of a rollout's business events a response showed: a bit for each, in the rollout's order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events(u32);

impl Events {
    /// No rollout has more.
    pub const MOST: usize = u32::BITS as usize;

    /// Notes the event at `index`; one beyond [`Self::MOST`] is none.
    pub fn note(&mut self, index: usize) {
        self.0 |= u32::try_from(index).ok().and_then(|i| 1_u32.checked_shl(i)).unwrap_or(0);
    }

    fn indices(self) -> impl Iterator<Item = usize> {
        (0..Self::MOST).filter(move |i| self.0 >> i & 1 == 1)
    }
}

/// A request that ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// How.
    pub outcome: Outcome,
    /// After how many microseconds.
    pub micros: u64,
    /// What its response showed.
    pub events: Events,
    /// A failure that is no more than its user's last one again; see [`FailingUnits`](crate::guard::FailingUnits).
    pub repeat: bool,
}

impl Ended {
    /// One without business events.
    pub fn new(outcome: Outcome, micros: u64) -> Self {
        Self { outcome, micros, events: Events::default(), repeat: false }
    }
}

/// Requests of one arm, by how they ended, with the latency of the successful ones and the business
/// events of those that count.
///
/// Failures have no latency here: they are judged as failures, and a canary that fails fast must
/// not look quick. A request whose client hung up has no events: events are judged as a share of
/// [`Outcomes::judged`], so that each request is one trial.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How they ended.
    pub outcomes: Outcomes,
    /// Latency of successes.
    pub latency: Histogram,
    /// Failures that are no more than their user's last one again.
    pub repeats: u64,
    /// Responses that showed each event; see [`Self::event`].
    events: Vec<u64>,
}

impl Tally {
    /// An empty tally.
    pub fn new(layout: &Layout) -> Self {
        let latency = Histogram::new(&layout.edges);
        Self { outcomes: Outcomes::default(), latency, repeats: 0, events: Vec::new() }
    }

    /// Takes in one request.
    pub fn record(&mut self, ended: &Ended, layout: &Layout) {
        self.outcomes.record(ended.outcome);
        if ended.outcome == Outcome::Success {
            self.latency.record(ended.micros, &layout.edges);
        }
        self.repeats = self.repeats.saturating_add(ended.repeat.into());
        if ended.outcome != Outcome::ClientGone {
            ended.events.indices().for_each(|index| self.add_event(index, 1));
        }
    }

    /// Requests that showed the event at `index` of the rollout's.
    pub fn event(&self, index: usize) -> u64 {
        self.events.get(index).copied().unwrap_or(0)
    }

    /// Takes in so many requests that showed the event at `index`.
    pub fn add_event(&mut self, index: usize, times: u64) {
        if self.events.len() <= index {
            self.events.resize(index + 1, 0);
        }
        if let Some(count) = self.events.get_mut(index) {
            *count = count.saturating_add(times);
        }
    }

    /// Adds `other`, which has the same layout.
    pub fn merge(&mut self, other: &Self) {
        self.outcomes.merge(&other.outcomes);
        self.latency.merge(&other.latency);
        self.repeats = self.repeats.saturating_add(other.repeats);
        other.events.iter().enumerate().for_each(|(i, count)| self.add_event(i, *count));
    }
}

/// Both arms.
pub type Arms = PerArm<Tally>;

impl Arms {
    /// Empty tallies for both arms.
    pub fn empty(layout: &Layout) -> Self {
        Self { baseline: Tally::new(layout), canary: Tally::new(layout) }
    }

    /// Adds `other`, arm by arm.
    pub fn merge(&mut self, other: &Self) {
        self.baseline.merge(&other.baseline);
        self.canary.merge(&other.canary);
    }
}

#[cfg(test)]
mod tests;
