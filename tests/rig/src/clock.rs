//! One anchor between the monotonic clock, on which the rig measures, and the wall
//! clock, in which Envoy writes its logs.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime};

/// The wall-clock time of a monotonic instant, to be compared with the times in Envoy's logs.
pub fn wall_clock(at: Instant) -> SystemTime {
    static ANCHOR: OnceLock<(Instant, SystemTime)> = OnceLock::new();
    let (instant, wall) = *ANCHOR.get_or_init(|| (Instant::now(), SystemTime::now()));
    match at.checked_duration_since(instant) {
        Some(after) => wall + after,
        None => wall - instant.duration_since(at),
    }
}
