//! What requests are like when nothing is wrong, and what a regression makes of them.

use super::latency::Latency;
use super::scenario::Change;
use serinus_core::evidence::Edges;

/// The traffic of a rollout, both versions being as they should.
#[derive(Clone, Debug, PartialEq)]
pub struct Traffic {
    /// Requests per second that take part, both cohorts together.
    pub rps: f64,
    /// The share of them that fails.
    pub errors: f64,
    /// How long those take that succeed.
    pub latency: Latency,
    /// For each event of the rollout, the share of successful requests that show it.
    pub events: Vec<f64>,
}

/// One version, as chance sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// The share of requests that fail.
    pub errors: f64,
    /// How long successes take.
    pub distribution: Latency,
    /// For each bucket of the latency histogram that is told apart, the share of successes in it.
    pub latency: Vec<f64>,
    /// For each event, the share of successes that show it.
    pub events: Vec<f64>,
    /// The share of successes whose user suffers all the same: from a slower answer, or an order not made.
    pub harm: f64,
}

impl Traffic {
    /// A version with this change, its latencies told apart at `cells`.
    pub fn version(&self, change: &Change, cells: &[u64]) -> Version {
        let latency = change.latency(self.latency);
        let errors = change.errors(self.errors);
        let events: Vec<f64> = self.events.iter().map(|rate| change.event(*rate)).collect();
        let lost: f64 = self.events.iter().zip(&events).map(|(before, after)| before - after).sum();
        let harm = (change.slowed() + lost).min(1.0);
        Version { errors, latency: shares(&latency, cells), distribution: latency, events, harm }
    }
}

/// The share of latencies up to each cell's upper end but above the one before; the last has no end.
fn shares(latency: &Latency, cells: &[u64]) -> Vec<f64> {
    let up_to = cells.iter().map(|upper| latency.cdf(*upper as f64)).chain([1.0]);
    let mut before = 0.0;
    let share = |up_to: f64| {
        let share = (up_to - before).max(0.0);
        before = up_to;
        share
    };
    up_to.map(share).collect()
}

/// The upper edges at which latencies have to be told apart: those of the gates, or all where a gate compares whole
/// distributions. Fewer cells are fewer draws, and no gate can tell.
pub fn cells(edges: &Edges, limits: &[u64], whole: bool) -> Vec<u64> {
    if whole {
        return edges.upper().to_vec();
    }
    let mut cells = limits.to_vec();
    cells.sort_unstable();
    cells.dedup();
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn traffic() -> Traffic {
        let ms = Duration::from_millis;
        Traffic {
            rps: 100.0,
            errors: 0.001,
            latency: Latency::new(ms(40), ms(250)).unwrap(),
            events: vec![0.05],
        }
    }

    #[test]
    fn a_version_is_worse_in_what_has_changed_only() {
        let same = traffic().version(&Change::None, &[250_000]);
        assert_eq!((same.errors, same.events.as_slice(), same.harm), (0.001, &[0.05][..], 0.0));
        assert!((same.latency[0] - 0.99).abs() < 1e-9 && (same.latency[1] - 0.01).abs() < 1e-9);
        let worse = traffic().version(&Change::Errors(10.0), &[250_000]);
        assert_eq!((worse.errors, &worse.latency), (0.01, &same.latency));
        let dead = traffic().version(&Change::Dead, &[]);
        assert_eq!((dead.errors, dead.harm, dead.latency.as_slice()), (1.0, 0.0, &[1.0][..]));
        let dropped = traffic().version(&Change::Drop(0.2), &[]);
        assert!((dropped.events[0] - 0.04).abs() < 1e-12);
        let slow = traffic().version(&Change::Slower(1.5), &[250_000]);
        assert!(slow.latency[1] > 0.02 && slow.harm == 1.0);
    }

    #[test]
    fn cells_are_the_limits_unless_the_whole_is_compared() {
        let edges = Edges::with_thresholds([500_000]);
        assert_eq!(cells(&edges, &[500_000, 100, 500_000], false), [100, 500_000]);
        assert_eq!(cells(&edges, &[], true), edges.upper());
    }
}
