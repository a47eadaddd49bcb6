//! Rollouts in scenarios: what `serinus run` does.
//!
//! [`scenario`](crate::scenario) runs any filter and knows nothing of rollouts. What a scenario says of them is plugged in
//! here, at its three points of [extension](crate::scenario::extension):
//!
//! | module | what it adds |
//! |---|---|
//! | `rollouts` | the key `rollout`: plugins with a rollout, in a file or in the scenario |
//! | `verdict`, `state` | expectations of decisions, and of the state that a rollout is in |
//! | [`run()`] | the recorder, which watches a run for its page |
//! | [`page`] | a page with what was recorded |
//!
//! ```
//! use serinus_lab::rehearsal;
//! use serinus_lab::scenario::Source;
//!
//! let scenario = rehearsal::parse(Source::new("mine.yaml", "
//! scenario: a canary that fails is stopped
//! rollout: { rollout: mine, unit: [{ header: x-user-id }] }
//! clusters: { baseline: {}, canary: { status: 503 } }
//! traffic: [{ rate: 100, for: 60s, users: 1000 }]
//! expect: [{ verdict: rollback, by: 1m }]
//! "))?;
//! assert_eq!(scenario.plugins[0].name, "serinus");
//! # Ok::<(), serinus_lab::scenario::ScenarioError>(())
//! ```

pub mod page;
mod rollouts;
#[cfg(feature = "runtime")]
mod run;
mod state;
mod verdict;

#[cfg(feature = "runtime")]
pub use run::{Recorded, run};

use crate::scenario::extension::Extensions;
use crate::scenario::{Scenario, ScenarioError, Source};
use serde_json::Value;

/// What a scenario may say of rollouts.
pub const EXTENSIONS: Extensions = Extensions {
    configs: Some(&rollouts::Rollouts),
    checks: &[&verdict::Verdicts, &state::States],
};

/// Reads a scenario's file, and the rollouts that it names; `-` is the standard input.
///
/// # Errors
/// Everything that is wrong, with its place.
pub fn read(path: &str) -> Result<Scenario, ScenarioError> {
    Scenario::read_with(path, EXTENSIONS)
}

/// Reads a text that is at hand. Files that it names are looked for beside the one that it is called after.
///
/// # Errors
/// Everything that is wrong, with its place.
pub fn parse(source: Source) -> Result<Scenario, ScenarioError> {
    Scenario::parse_with(source, EXTENSIONS)
}

/// The JSON Schema of a scenario's file.
pub fn schema() -> Value {
    crate::scenario::schema::schema(EXTENSIONS)
}

#[cfg(test)]
mod tests;
