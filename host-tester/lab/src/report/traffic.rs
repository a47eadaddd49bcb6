//! Finished requests by cluster and status, over time.

use serde::{Deserialize, Serialize};

/// More slices than a page has pixels, and than a day has seconds.
const MAX_SLICES: usize = 100_000;

/// Counts per slice of time. Fill it with [`Traffic::record`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traffic {
    /// How long a slice is, milliseconds; at least 1.
    pub slice_ms: u64,
    /// The clusters, in the order in which they were first asked.
    pub clusters: Vec<ClusterTraffic>,
}

/// The requests that went to one cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterTraffic {
    /// Its name; empty for requests that reached none.
    pub cluster: String,
    /// Slices, each with a count per class in the order of [`StatusClass::ALL`].
    pub slices: Vec<[u64; StatusClass::ALL.len()]>,
}

/// What a request was answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusClass {
    /// 1xx and 2xx.
    Success,
    /// 3xx.
    Redirect,
    /// 4xx.
    ClientError,
    /// 5xx, and what is no status at all.
    ServerError,
    /// Nothing.
    NoAnswer,
}

impl StatusClass {
    /// All, from the best.
    pub const ALL: [Self; 5] =
        [Self::Success, Self::Redirect, Self::ClientError, Self::ServerError, Self::NoAnswer];

    /// The class of a status; `None` is no answer.
    pub fn of(status: Option<u16>) -> Self {
        match status {
            Some(100..=299) => Self::Success,
            Some(300..=399) => Self::Redirect,
            Some(400..=499) => Self::ClientError,
            Some(_) => Self::ServerError,
            None => Self::NoAnswer,
        }
    }

    /// In words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Success => "2xx",
            Self::Redirect => "3xx",
            Self::ClientError => "4xx",
            Self::ServerError => "5xx",
            Self::NoAnswer => "no answer",
        }
    }

    /// As a class of the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Success => "s2",
            Self::Redirect => "s3",
            Self::ClientError => "s4",
            Self::ServerError => "s5",
            Self::NoAnswer => "s0",
        }
    }
}

impl Traffic {
    /// Nothing yet, in slices of so many milliseconds.
    pub fn new(slice_ms: u64) -> Self {
        Self { slice_ms: slice_ms.max(1), clusters: Vec::new() }
    }

    /// Takes in one finished request: when it ended, which cluster it went to, and the status that the
    /// client got. What ends after 100,000 slices counts for the last.
    pub fn record(&mut self, at_ms: u64, cluster: &str, status: Option<u16>) {
        let slice = usize::try_from(at_ms / self.slice_ms.max(1)).unwrap_or(usize::MAX);
        let slice = slice.min(MAX_SLICES - 1);
        let known = self.clusters.iter().position(|known| known.cluster == cluster);
        let place = known.unwrap_or_else(|| {
            self.clusters.push(ClusterTraffic { cluster: cluster.to_owned(), slices: Vec::new() });
            self.clusters.len() - 1
        });
        let Some(traffic) = self.clusters.get_mut(place) else { return };
        if traffic.slices.len() <= slice {
            traffic.slices.resize(slice + 1, [0; StatusClass::ALL.len()]);
        }
        let counts = traffic.slices.get_mut(slice);
        if let Some(count) = counts.and_then(|c| c.get_mut(StatusClass::of(status) as usize)) {
            *count = count.saturating_add(1);
        }
    }

    /// Makes slices twice as long, and so half as many.
    pub fn coarsen(&mut self) {
        self.slice_ms = self.slice_ms.saturating_mul(2);
        for cluster in &mut self.clusters {
            cluster.slices = cluster.slices.chunks(2).map(sum).collect();
        }
    }
}

impl ClusterTraffic {
    /// All slices together.
    pub(super) fn totals(&self) -> [u64; StatusClass::ALL.len()] {
        sum(&self.slices)
    }
}

/// Slices added up, class by class.
pub(super) fn sum(slices: &[[u64; StatusClass::ALL.len()]]) -> [u64; StatusClass::ALL.len()] {
    let mut sum = [0_u64; StatusClass::ALL.len()];
    for slice in slices {
        for (total, count) in sum.iter_mut().zip(slice) {
            *total = total.saturating_add(*count);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarser_slices_lose_no_request() {
        let mut traffic = Traffic::new(10);
        [5, 15, 25].into_iter().for_each(|at| traffic.record(at, "c", Some(200)));
        traffic.coarsen();
        let slices = &traffic.clusters[0].slices;
        assert_eq!((traffic.slice_ms, slices.len(), slices[0][0], slices[1][0]), (20, 2, 2, 1));
        traffic.record(59, "c", None);
        assert_eq!(traffic.clusters[0].totals(), [3, 0, 0, 0, 1]);
    }

    #[test]
    fn a_request_lands_in_its_slice_and_class() {
        let mut traffic = Traffic::new(1000);
        traffic.record(2_500, "canary", Some(503));
        traffic.record(2_900, "canary", Some(200));
        traffic.record(0, "baseline", None);
        traffic.record(u64::MAX, "baseline", Some(42));
        let [canary, baseline] = &traffic.clusters[..] else { panic!("{traffic:?}") };
        assert_eq!(canary.slices, [[0; 5], [0; 5], [1, 0, 0, 1, 0]]);
        assert_eq!(baseline.totals(), [0, 0, 0, 1, 1]);
        assert_eq!(baseline.slices.len(), MAX_SLICES);
        Traffic { slice_ms: 0, clusters: vec![] }.record(5, "", None);
    }
}
