//! Latency in log-linear buckets with edges on the gate thresholds.
//!
//! Four linear steps per octave keep every quantile within 25 % of its value, and because each
//! threshold of a gate is an edge, "how many were slower than the gate" is exact, not interpolated.

/// Upper edges of the buckets in microseconds, ascending; one more bucket holds the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edges(Vec<u64>);

impl Edges {
    const FIRST: u64 = 250;
    const LAST: u64 = 128_000_000;
    const STEPS: u64 = 4;

    /// The log-linear grid from 0.25 ms to 128 s, with the `thresholds` (microseconds) as edges.
    pub fn with_thresholds(thresholds: impl IntoIterator<Item = u64>) -> Self {
        let mut edges = Vec::new();
        let mut octave = Self::FIRST;
        while octave < Self::LAST {
            edges.extend((0..Self::STEPS).map(|step| octave + octave * step / Self::STEPS));
            octave *= 2;
        }
        edges.push(Self::LAST);
        for threshold in thresholds.into_iter().filter(|t| *t > 0) {
            if let Err(place) = edges.binary_search(&threshold) {
                edges.insert(place, threshold);
            }
        }
        Self(edges)
    }

    /// From edges that were stored; `None` unless they ascend.
    pub fn from_sorted(edges: Vec<u64>) -> Option<Self> {
        edges.is_sorted_by(|a, b| a < b).then_some(Self(edges))
    }

    /// The upper edges in microseconds.
    pub fn upper(&self) -> &[u64] {
        &self.0
    }

    /// The bucket of a latency: the first whose upper edge is not below it.
    fn index(&self, micros: u64) -> usize {
        self.0.partition_point(|edge| *edge < micros)
    }
}

/// Counts per bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram(Vec<u64>);

impl Histogram {
    /// Empty, with one bucket per edge and one above.
    pub fn new(edges: &Edges) -> Self {
        Self(vec![0; edges.0.len() + 1])
    }

    /// From counts that were stored.
    pub fn from_counts(counts: Vec<u64>) -> Self {
        Self(counts)
    }

    /// Takes in one latency.
    pub fn record(&mut self, micros: u64, edges: &Edges) {
        self.add(micros, 1, edges);
    }

    /// Takes in so many equal latencies.
    pub fn add(&mut self, micros: u64, requests: u64, edges: &Edges) {
        if let Some(count) = self.0.get_mut(edges.index(micros)) {
            *count = count.saturating_add(requests);
        }
    }

    /// Counts per bucket, the one above the last edge included.
    pub fn counts(&self) -> &[u64] {
        &self.0
    }

    /// All recorded.
    pub fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// How many were slower than `micros`; exact where `micros` is an edge, else rounded up to
    /// include the whole bucket.
    pub fn slower_than(&self, micros: u64, edges: &Edges) -> u64 {
        let first = edges.0.partition_point(|edge| *edge <= micros);
        self.0.iter().skip(first).fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// Adds `other`, which has the same edges.
    pub fn merge(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = mine.saturating_add(*theirs);
        }
    }
}
