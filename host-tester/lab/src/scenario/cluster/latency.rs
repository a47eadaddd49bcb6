//! How long an answer takes to begin.

use crate::scenario::read::declare::shape;
use crate::scenario::read::decode::{Decode, Definitions, Mistakes, Node};
use serde_json::{Value, json};
use std::time::Duration;

/// How long it takes until the first byte of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latency {
    /// Always so long.
    Fixed(Duration),
    /// Evenly between the two.
    Uniform {
        /// At least.
        min: Duration,
        /// At most.
        max: Duration,
    },
    /// Log-normal, as latencies are: most near the median, a few far above.
    LogNormal {
        /// Half are faster; above zero.
        median: Duration,
        /// One in a hundred is slower; at least the median.
        p99: Duration,
    },
}

shape! {
    /// A distribution of latencies: `min` and `max`, or `median` and `p99`.
    RawLatency {
        /// At least; evenly up to `max`.
        min: Option<Duration>,
        /// At most.
        max: Option<Duration>,
        /// Half are faster; log-normal.
        median: Option<Duration>,
        /// One in a hundred is slower.
        p99: Option<Duration>,
    }
}

impl Decode for Latency {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        if node.value.is_string() {
            return Duration::decode(node, mistakes).map(Self::Fixed);
        }
        if !node.value.is_object() {
            return node.expected(mistakes, "a duration such as 20ms, or a distribution");
        }
        let RawLatency { min, max, median, p99 } = RawLatency::decode(node, mistakes)?;
        match (min, max, median, p99) {
            (Some(min), Some(max), None, None) if min <= max => Some(Self::Uniform { min, max }),
            (None, None, Some(median), Some(p99)) if median <= p99 && !median.is_zero() => {
                Some(Self::LogNormal { median, p99 })
            }
            _ => node.fail(
                mistakes,
                "expected a duration, or `min` and a `max` that is not less, or `median` above 0s and a `p99` that is \
                 not less",
            ),
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [Duration::schema(definitions), RawLatency::schema(definitions)] })
    }
}
