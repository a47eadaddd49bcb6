//! How a snapshot is read: the rates, stretches and tests that a policy asks for.
//!
//! The methods are here and not in the SDK, so that the shapes of the contract are written down once and
//! a policy, the host and the filter mean the same by a rate.

use super::{Arm, GateResult, GateSeverity, LatencyHistogram, Snapshot, StageView, Window};
use crate::contract::Verdict;
use crate::stats::burn_rate::Events;
use crate::stats::confidence::{self, Counts, Interval, Prior};
use crate::stats::mann_whitney::{self, Comparison};
use crate::stats::quantile;
use core::time::Duration;

impl Snapshot {
    /// The whole stage, which has latency and events too. `None` only in a snapshot made by hand.
    pub fn whole_stage(&self) -> Option<&Window> {
        self.windows.first()
    }

    /// The shortest stretch that is at least `length` long; `None` where nothing reaches so far back.
    pub fn window(&self, length: Duration) -> Option<&Window> {
        let stretches = self.windows.get(1..).unwrap_or_default().iter();
        stretches.filter(|window| window.length() >= length).min_by_key(|window| window.seconds)
    }

    /// The first built-in gate that is not shown to hold, whether a breach of it would hold or roll back.
    /// A policy that adds to the gates holds while there is one.
    pub fn open_gate(&self) -> Option<&GateResult> {
        let counts = |gate: &&GateResult| gate.severity != GateSeverity::DryRun;
        self.gates.iter().filter(counts).find(|gate| gate.verdict != Verdict::Promote)
    }
}

impl StageView {
    /// How long the stage has lasted.
    pub fn age(&self) -> Duration {
        Duration::from_secs(self.age_seconds)
    }

    /// The canary's share of users, from 0 to 1.
    pub fn share(&self) -> f64 {
        f64::from(self.weight) / 100_000.0
    }
}

impl Window {
    /// How long it is.
    pub fn length(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}

impl Arm {
    /// The share of requests that failed; `None` without requests.
    pub fn failure_rate(&self) -> Option<f64> {
        rate(self.failures, self.requests)
    }

    /// Failures among requests, for a [`Test`](confidence::Test): whoever asks on which side of a limit the rate is, or
    /// whether it is above another arm's, needs no interval, which costs a policy some 300,000 fuel.
    pub fn failed(&self) -> Counts {
        Counts { hits: self.failures, total: self.requests }
    }

    /// Where the rate of failures is, at error level `alpha`; it may be looked at any number of times.
    pub fn failure_interval(&self, alpha: f64) -> Interval {
        confidence::interval(self.failures, self.requests, alpha, Prior::Rare)
    }

    /// How many times faster than the objective allows (a share such as 0.999) errors use up the error budget;
    /// `None` without requests, or if the objective leaves no budget.
    pub fn burn(&self, objective: f64) -> Option<f64> {
        Events { bad: self.failures, total: self.requests }.burn(objective)
    }

    /// How often an event happened; `None` where the rollout has none of that name.
    pub fn event(&self, name: &str) -> Option<u64> {
        self.events.iter().find(|event| event.name == name).map(|event| event.count)
    }

    /// Events per request; `None` without the event or without requests.
    pub fn event_rate(&self, name: &str) -> Option<f64> {
        rate(self.event(name)?, self.requests)
    }

    /// Events among requests, as [`failed`](Self::failed); `None` where the rollout has none of that name.
    pub fn event_counts(&self, name: &str) -> Option<Counts> {
        Some(Counts { hits: self.event(name)?, total: self.requests })
    }

    /// Where the rate of an event is, at error level `alpha`; it may be looked at any number of times. `None` where
    /// the rollout has none of that name.
    pub fn event_interval(&self, name: &str, alpha: f64) -> Option<Interval> {
        let count = self.event(name)?;
        Some(confidence::interval(count, self.requests, alpha, Prior::Rare))
    }
}

fn rate(count: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| count as f64 / of as f64)
}

/// Where a quantile of the latency is, milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct QuantileMs {
    /// It is above this edge; `None`: nothing is known.
    pub above: Option<f64>,
    /// It is at most this edge; `None`: nothing is known.
    pub at_most: Option<f64>,
}

impl LatencyHistogram {
    /// How many latencies are in it.
    pub fn total(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// How many are above `ms`; exact where `ms` is an edge, else those of its bucket are counted too.
    pub fn slower_than(&self, ms: f64) -> u64 {
        let below = self.upper_ms.iter().take_while(|edge| **edge <= ms).count();
        self.counts.iter().skip(below).fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Between which edges the `p`-quantile is at error level `alpha`; it may be looked at any number of times.
    pub fn quantile(&self, p: f64, alpha: f64) -> QuantileMs {
        // Edges only have to be told apart: their places serve as well as their values.
        let places: Vec<u64> = (0..self.upper_ms.len() as u64).collect();
        let found = quantile::interval(p, alpha, &places, &self.counts);
        let edge = |place: u64| self.upper_ms.get(usize::try_from(place).ok()?).copied();
        QuantileMs { above: found.above.and_then(edge), at_most: found.at_most.and_then(edge) }
    }

    /// Whether the `p`-quantile is above `ms`, or the next edge after it: whether [`quantile`](Self::quantile) would say so,
    /// at a tenth of the fuel. It may be asked any number of times.
    pub fn is_above(&self, p: f64, ms: f64, alpha: f64) -> bool {
        let edge = self.upper_ms.iter().find(|edge| **edge >= ms);
        edge.is_some_and(|edge| {
            quantile::is_beyond(p, alpha, self.slower_than(*edge), self.total())
        })
    }

    /// Whether these latencies are larger than `other`'s, by ranks. A test for one look, not for every tick.
    /// `None` where one side has none or their buckets differ.
    pub fn compare(&self, other: &Self) -> Option<Comparison> {
        let alike = self.upper_ms == other.upper_ms;
        alike.then(|| mann_whitney::compare(&self.counts, &other.counts)).flatten()
    }
}

#[cfg(test)]
mod tests;
