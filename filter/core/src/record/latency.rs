//! Where the quantiles of the latency lie.

use serde::{Deserialize, Serialize};

/// Where a quantile of the latency lies, microseconds; an end that is not known is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above_us: Option<u64>,
    /// At most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most_us: Option<u64>,
}

/// Where three quantiles lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencyRanges {
    /// The median.
    pub p50: Range,
    /// One in twenty is slower.
    pub p95: Range,
    /// One in a hundred is slower.
    pub p99: Range,
}

/// The latency of successes in the stage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// The error level of the three intervals of an arm together.
    pub alpha: f64,
    /// Of the baseline.
    pub baseline: LatencyRanges,
    /// Of the canary.
    pub canary: LatencyRanges,
}
