//! May the canary go further?
//!
//! One pure function, [`step`]: rollout, state, what was seen, now; out comes a [`Step`]. Promotion
//! needs *evidence of no harm*: a gate passes only when the interval for the canary lies below its
//! limit, or below what the baseline certainly has. Not having seen harm is not enough, or a canary
//! without traffic would be promoted. Too little data is HOLD, and it resumes by itself.

mod checks;
mod compare;
mod evaluation;
mod interim_analyses;
#[cfg(feature = "policies")]
mod policy_opinion;
#[cfg(not(feature = "policies"))]
#[path = "policy_opinion/nothing.rs"]
mod policy_opinion;
mod slow_request_tests;
mod snapshot;
mod state;
mod step;
mod verdicts;

pub use evaluation::{Evaluation, EvaluationInput};
pub use interim_analyses::{InterimAnalyses, InterimAnalysis};
pub use policy_opinion::PolicyOpinion;
pub use slow_request_tests::SlowRequestTests;
pub use snapshot::snapshot;
pub use state::{Phase, Reference, State};
pub use step::{Step, is_over, roll_back, standing, step};
pub use verdicts::{Judged, Verdicts};

#[cfg(test)]
mod tests;
