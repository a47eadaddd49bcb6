//! May the canary go further?
//!
//! One pure function, [`step`]: rollout, state, what was seen, now; out comes a [`Step`]. Promotion
//! needs *evidence of no harm*: a gate passes only when the interval for the canary lies below its
//! limit, or below what the baseline certainly has. Not having seen harm is not enough, or a canary
//! without traffic would be promoted. Too little data is HOLD, and it resumes by itself.

mod checks;
mod compare;
mod gates;
#[cfg(feature = "policies")]
mod heard;
#[cfg(not(feature = "policies"))]
#[path = "heard/nothing.rs"]
mod heard;
mod looks;
mod snapshot;
mod state;
mod step;
mod tails;

pub use gates::{Judged, Verdicts};
pub use heard::Heard;
pub use looks::{Looks, Taken};
pub use snapshot::snapshot;
pub use state::{Phase, Reference, State};
pub use step::{Look, Step, is_over, roll_back, standing, step};
pub use tails::Tails;

#[cfg(test)]
mod tests;
