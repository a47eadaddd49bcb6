//! What the operator asked for: read, checked, compiled.
//!
//! ```text
//! JSON (Envoy) or YAML (files) -> serde_json::Value -> raw shapes -> checked Rollout
//! ```
//!
//! Reading and checking never stop at the first mistake: all errors are collected, each with its
//! path. A [`Rollout`] that exists is sound; nothing downstream checks again.

mod choice;
mod compile;
mod decode;
mod error;
mod profile;
pub mod raw;
mod rollout;
mod rule;
#[cfg(feature = "schema")]
mod schema;
mod value;

pub use choice::{CohortName, Day, Local, Metric, Mode, OnRollback, Profile, Severity};
pub use error::{ConfigError, Errors};
pub use rollout::{
    Event, EventTest, Freeze, Gate, GateTest, Match, Pace, PlannedStage, Rollout, Route,
};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use value::{Duration, Share, StatusRange};

use decode::{Decode, Path};
use serde_json::Value;

/// Reads a plugin configuration: one rollout, or `{ "rollouts": [...] }`.
///
/// # Errors
/// Every mistake, with its path; for text that is not JSON, the line and column.
pub fn parse(json: &[u8]) -> Result<Vec<Rollout>, Errors> {
    let value = serde_json::from_slice(json)
        .map_err(|e| Errors::single("", format!("not valid JSON: {e}")))?;
    from_value(&value)
}

/// As [`parse`], for a tree that was read from elsewhere, such as a YAML file.
///
/// # Errors
/// Every mistake, with its path.
pub fn from_value(value: &Value) -> Result<Vec<Rollout>, Errors> {
    let mut errors = Errors::default();
    let rollouts = read(value, &mut errors);
    if errors.is_empty() { Ok(rollouts) } else { Err(errors) }
}

fn read(value: &Value, errors: &mut Errors) -> Vec<Rollout> {
    let root = Path::root();
    let Some(list) = value.get("rollouts") else {
        return raw::Rollout::decode(value, &root, errors)
            .and_then(|raw| compile::rollout(raw, &root, errors))
            .into_iter()
            .collect();
    };
    decode::only_key(value, "rollouts", &root, errors);
    let at = root.key("rollouts");
    let Some(list) = at.list(list, errors) else { return Vec::new() };
    let rollouts: Vec<Rollout> = list
        .iter()
        .enumerate()
        .filter_map(|(i, item)| {
            let at = at.index(i);
            let raw = raw::Rollout::decode(item, &at, errors)?;
            compile::rollout(raw, &at, errors)
        })
        .collect();
    compile::distinct_names(&rollouts, &at, errors);
    rollouts
}

#[cfg(test)]
mod tests;
