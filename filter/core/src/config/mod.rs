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
#[cfg(feature = "policies")]
mod policy;
mod profile;
pub mod raw;
mod rollout;
mod rule;
#[cfg(feature = "schema")]
mod schema;

pub use crate::decode::error::Errors;
pub use crate::decode::value::{Duration, Limit, Setting, Share, Size, StatusRange};
pub use choice::{CohortName, Day, Local, Mode, OnRollback, Profile};
#[cfg(feature = "policies")]
pub use policy::{PolicyPlan, PolicySource};
pub use rollout::{
    Event, EventTest, Freeze, Levels, Match, Pace, PlannedStage, Rollout, Route, Slo,
};
#[cfg(feature = "schema")]
pub use schema::schema;

use crate::decode::{self, Decode, Path};
use serde_json::Value;

/// Reads a plugin configuration: one rollout, or `{ "rollouts": [...] }`.
///
/// # Errors
/// Every mistake, with its path; for text that is not JSON, the line and column.
pub fn parse(json: &[u8]) -> Result<Vec<Rollout>, Errors> {
    let value = serde_json::from_slice(json).map_err(|e| {
        // Envoy 1.40 hands over a protobuf Struct as it came over the wire: field 1, a length.
        let remedy = match json.first() {
            Some(b'\n') => " (a protobuf Struct? deliver it as a StringValue that holds the JSON)",
            _ => "",
        };
        let (line, column) = (e.line(), e.column());
        Errors::single("", format!("not valid JSON at line {line}, column {column}{remedy}"))
    })?;
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
        return read_one(value, &root, errors).into_iter().collect();
    };
    decode::only_key(value, "rollouts", &root, errors);
    let at = root.key("rollouts");
    let items = at.list(list, errors).into_iter().flatten().enumerate();
    let read = items.filter_map(|(i, item)| read_one(item, &at.index(i), errors));
    let rollouts: Vec<Rollout> = read.collect();
    compile::distinct_names(&rollouts, &at, errors);
    rollouts
}

fn read_one(value: &Value, at: &Path<'_>, errors: &mut Errors) -> Option<Rollout> {
    let before = errors.len();
    let mut raw = raw::Rollout::default();
    raw.decode(value, at, errors);
    errors.form_is_read();
    compile::rollout(raw, at, errors).filter(|_| errors.len() == before)
}

#[cfg(test)]
mod tests;
