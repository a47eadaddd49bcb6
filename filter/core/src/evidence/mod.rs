//! What has been seen, per arm: since the stage began, and lately.
//!
//! A worker collects a [`Delta`] and merges it into the shared [`Ledger`] now and then. Merging is
//! addition, so it does not matter who merges first, and nothing is counted twice.

pub mod histogram;
mod ledger;
mod window;

pub use histogram::{Edges, Histogram};
pub use ledger::{Delta, Ledger};
pub use window::{SLICE_MS, SLICES, Window};

use crate::cohort::decide::Cohort;
use crate::outcome::Outcome;

/// A value for each arm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PerArm<T> {
    /// Of the baseline.
    pub baseline: T,
    /// Of the canary.
    pub canary: T,
}

impl<T> PerArm<T> {
    /// The value of `cohort`.
    pub fn get(&self, cohort: Cohort) -> &T {
        match cohort {
            Cohort::Baseline => &self.baseline,
            Cohort::Canary => &self.canary,
        }
    }

    /// The value of `cohort`, to change.
    pub fn get_mut(&mut self, cohort: Cohort) -> &mut T {
        match cohort {
            Cohort::Baseline => &mut self.baseline,
            Cohort::Canary => &mut self.canary,
        }
    }

    /// Applies `f` to both.
    pub fn map<U>(&self, f: impl Fn(&T) -> U) -> PerArm<U> {
        PerArm { baseline: f(&self.baseline), canary: f(&self.canary) }
    }

    /// Combines two, arm by arm.
    pub fn zip<U, V>(&self, other: &PerArm<U>, f: impl Fn(&T, &U) -> V) -> PerArm<V> {
        PerArm {
            baseline: f(&self.baseline, &other.baseline),
            canary: f(&self.canary, &other.canary),
        }
    }
}

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
}

/// Requests of one arm, by how they ended, with the latency of the successful ones.
///
/// Failures have no latency here: they are judged as failures, and a canary that fails fast must
/// not look quick.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How they ended.
    pub outcomes: Outcomes,
    /// Latency of successes.
    pub latency: Histogram,
}

impl Tally {
    /// An empty tally for histograms with `edges` upper edges.
    pub fn new(edges: &Edges) -> Self {
        Self { outcomes: Outcomes::default(), latency: Histogram::new(edges) }
    }

    /// Takes in one request; `micros` is its latency.
    pub fn record(&mut self, outcome: Outcome, micros: u64, edges: &Edges) {
        self.outcomes.record(outcome);
        if outcome == Outcome::Success {
            self.latency.record(micros, edges);
        }
    }

    /// Adds `other`, which has the same edges.
    pub fn merge(&mut self, other: &Self) {
        self.outcomes.merge(&other.outcomes);
        self.latency.merge(&other.latency);
    }
}

/// Both arms.
pub type Arms = PerArm<Tally>;

impl Arms {
    /// Empty tallies for both arms.
    pub fn empty(edges: &Edges) -> Self {
        Self { baseline: Tally::new(edges), canary: Tally::new(edges) }
    }

    /// Adds `other`, arm by arm.
    pub fn merge(&mut self, other: &Self) {
        self.baseline.merge(&other.baseline);
        self.canary.merge(&other.canary);
    }
}

#[cfg(test)]
mod tests;
