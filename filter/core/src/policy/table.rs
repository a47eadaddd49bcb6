//! Table tests of a policy: snapshots in, and what should come of them.
//!
//! ```json
//! { "base": { "rollout": "shop", "unix_seconds": 1767225600, "stage": {}, "windows": [] },
//!   "cases": [ { "name": "nothing seen holds",
//!                "with": { "params": { "objective": "99.9%" } },
//!                "expect": { "verdict": "hold", "reason": "no requests" } } ] }
//! ```
//!
//! `with` is merged into `base` as by RFC 7386: objects key by key, everything else as a whole. So a case says
//! only what is peculiar to it. `params` may be an object, as in a rollout; keys of `stage` that are not given
//! are 0.

use super::{Decision, Snapshot};
use crate::contract::Verdict;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How far a number may be off, relative to what is expected.
const CLOSE: f64 = 1e-6;

/// A row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What is claimed.
    pub name: String,
    /// What the policy is told.
    pub snapshot: Snapshot,
    /// What it should answer.
    pub expect: Expect,
}

/// What is expected of a decision.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The verdict.
    pub verdict: Verdict,
    /// A part of the reason.
    #[serde(default)]
    pub reason: Option<String>,
    /// Some of the numbers, by name.
    #[serde(default)]
    pub evidence: BTreeMap<String, f64>,
}

/// Why a text is no table, or no snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoTable(String);

impl core::fmt::Display for NoTable {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for NoTable {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    base: Value,
    cases: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    #[serde(default)]
    with: Value,
    expect: Expect,
}

/// The cases of a table.
///
/// # Errors
/// What is wrong with it, and in which case.
pub fn read(text: &str) -> Result<Vec<Case>, NoTable> {
    let file: File = serde_json::from_str(text).map_err(|error| NoTable(error.to_string()))?;
    if file.cases.is_empty() {
        return Err(NoTable("`cases` is empty: nothing would be tested".into()));
    }
    file.cases.into_iter().map(|row| case(row, &file.base)).collect()
}

fn case(row: Row, base: &Value) -> Result<Case, NoTable> {
    let mut merged = base.clone();
    if !row.with.is_null() {
        merge(&mut merged, row.with);
    }
    let snapshot =
        snapshot(merged).map_err(|error| NoTable(format!("case `{}`: {error}", row.name)))?;
    Ok(Case { name: row.name, snapshot, expect: row.expect })
}

/// One snapshot, as in a file of its own; the same liberties as in a table.
///
/// # Errors
/// What is wrong with it.
pub fn read_snapshot(text: &str) -> Result<Snapshot, NoTable> {
    let value = serde_json::from_str(text)
        .map_err(|error: serde_json::Error| NoTable(error.to_string()))?;
    snapshot(value)
}

fn snapshot(mut value: Value) -> Result<Snapshot, NoTable> {
    let mut whole = json!({ "stage": {
        "index": 0, "count": 0, "weight": 0, "age_seconds": 0, "min_seconds": 0, "min_requests": 0
    } });
    if let Some(params) = value.get_mut("params") {
        *params = listed(params.take());
    }
    merge(&mut whole, value);
    serde_json::from_value(whole).map_err(|error| NoTable(error.to_string()))
}

/// `{ name: value }` as a list of parameters; anything else as it is.
fn listed(params: Value) -> Value {
    let Value::Object(params) = params else { return params };
    params.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

/// RFC 7386.
fn merge(into: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *into = patch;
        return;
    };
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    let Some(object) = into.as_object_mut() else { return };
    for (key, value) in patch {
        if value.is_null() {
            object.remove(&key);
        } else {
            merge(object.entry(key).or_insert(Value::Null), value);
        }
    }
}

impl Expect {
    /// How a decision differs from what was expected, a line each; empty if it does not.
    pub fn differences(&self, decision: &Decision) -> Vec<String> {
        let mut lines = Vec::new();
        if decision.verdict != self.verdict {
            let (expected, seen) = (self.verdict.as_str(), decision.verdict.as_str());
            lines.push(format!("expected {expected}, got {seen}: {}", decision.reason));
        }
        if let Some(part) = self.reason.as_ref().filter(|part| !decision.reason.contains(*part)) {
            lines.push(format!("expected a reason with `{part}`, got `{}`", decision.reason));
        }
        lines.extend(
            self.evidence.iter().filter_map(|(name, value)| number(name, *value, decision)),
        );
        lines
    }
}

fn number(name: &str, expected: f64, decision: &Decision) -> Option<String> {
    match decision.evidence.iter().find(|evidence| evidence.name == name) {
        None => Some(format!("expected the evidence `{name}`, which is not there")),
        Some(seen) if (seen.value - expected).abs() <= CLOSE * expected.abs().max(CLOSE) => None,
        Some(seen) => Some(format!("expected `{name}` to be {expected}, got {}", seen.value)),
    }
}

#[cfg(test)]
mod tests;
