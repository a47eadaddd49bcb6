//! A decision record as sentences.
//!
//! The terminal and the HTML report tell the same decision in the same words, so both ask here. The words
//! claim no more than the record holds: an e-value is not odds, and a bound that is rounded is rounded
//! away from what it bounds.

mod overview;
mod sentence;
mod summary;
mod time;

pub use crate::words::{bounds, count, evidence, percent, plain, plural, weight};
pub use overview::overview;
pub use sentence::{Compared, Explanation, tell};
pub use summary::{Outcome, Summary, state_after, summarize};
pub use time::{lasted, utc};
