//! How many there should be.

use super::read::decode::{Mistakes, Node};
use std::fmt;

/// A range of counts, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The least.
    pub min: u64,
    /// The most.
    pub max: u64,
}

impl Bounds {
    /// At least one.
    pub const SOME: Self = Self { min: 1, max: u64::MAX };

    /// Exactly so many.
    pub const fn exactly(count: u64) -> Self {
        Self { min: count, max: count }
    }

    /// Whether a count is within.
    pub fn contains(self, count: u64) -> bool {
        (self.min..=self.max).contains(&count)
    }

    /// From the keys `is`, `min` and `max`; `None` without a mistake where none of them is given.
    pub(super) fn of(
        is: Option<u64>,
        min: Option<u64>,
        max: Option<u64>,
        node: &Node<'_>,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        match (is, min, max) {
            (None, None, None) => None,
            (Some(is), None, None) => Some(Self::exactly(is)),
            (Some(_), _, _) => node.fail(mistakes, "`is` leaves no room for `min` and `max`"),
            (None, Some(min), Some(max)) if min > max => {
                node.fail(mistakes, format!("`min` {min} is more than `max` {max}"))
            }
            (None, min, max) => Some(Self { min: min.unwrap_or(0), max: max.unwrap_or(u64::MAX) }),
        }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (min, max) if min == max => write!(f, "{min}"),
            (0, u64::MAX) => f.write_str("any number"),
            (0, max) => write!(f, "at most {max}"),
            (min, u64::MAX) => write!(f, "at least {min}"),
            (min, max) => write!(f, "{min} to {max}"),
        }
    }
}
