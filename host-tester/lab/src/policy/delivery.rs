//! From a rollout that names its policy to one that carries it.
//!
//! A file is nothing that a proxy could open, so `policy.file` is replaced by the core module in it, as base64, and its
//! SHA-256. Whatever is wrong is told before: with the component, and with the parameters, which the policy itself is
//! asked about, on the engine and within the limits that it will have.

use super::Runtime;
use super::inspect::{Finding, acceptable};
use crate::rollout_file::Document;
pub use crate::rollout_file::folder;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use serinus_core::config::{PolicyPlan, PolicySource, Rollout};
use serinus_core::diagnostic::Diagnostic;
use serinus_interpreter::{Limits, Policy, Refusal};
use std::path::Path;

/// A policy's module, as a rollout carries it.
struct Carried {
    core: Vec<u8>,
    sha256: String,
}

/// A mistake in a policy, under a key of it.
struct PolicyKeyError {
    key: &'static str,
    problem: String,
    remedy: Option<String>,
}

impl PolicyKeyError {
    fn new(key: &'static str, problem: impl Into<String>) -> Self {
        Self { key, problem: problem.into(), remedy: None }
    }

    fn found(file: &Path, finding: Finding) -> Self {
        let Finding { problem, names, remedy, .. } = finding;
        let names =
            if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
        let problem = format!("{} {problem}{names}", file.display());
        Self { key: "file", problem, remedy: Some(remedy) }
    }
}

/// Has every rollout in the document name this component: the only one of the document, or those that have a policy.
pub fn name_component(document: &mut Document, component: &Path) {
    let file = std::path::absolute(component).unwrap_or_else(|_| component.into());
    let file = json!(file.display().to_string());
    match document.value.get_mut("rollouts").and_then(Value::as_array_mut) {
        Some(rollouts) => {
            let policies = rollouts.iter_mut().filter_map(|rollout| rollout.get_mut("policy"));
            policies
                .filter_map(Value::as_object_mut)
                .for_each(|policy| drop(policy.insert("file".into(), file.clone())));
        }
        None => {
            let policy = document.value.as_object_mut().map(|rollout| {
                rollout.entry("policy").or_insert_with(|| Value::Object(Map::new()))
            });
            policy.and_then(Value::as_object_mut).map(|policy| policy.insert("file".into(), file));
        }
    }
}

/// Looks at the policies of a document's rollouts, and puts those that are files into it. `folder` is where the
/// document is.
///
/// # Errors
/// Everything that is wrong with them, each with its place.
pub fn carry(
    document: &mut Document,
    rollouts: &[Rollout],
    folder: &Path,
) -> Result<(), Vec<Diagnostic>> {
    let Err(unfit) = carry_in(&mut document.value, rollouts, folder) else { return Ok(()) };
    let placed = |unfit: Diagnostic| {
        let place = document.places.nearest(&unfit.path);
        unfit.at(place)
    };
    Err(unfit.into_iter().map(placed).collect())
}

/// As [`carry`], for a tree that is part of another document. A module that can be had is put into the tree even if
/// its parameters are wrong: that is for the filter to refuse.
///
/// # Errors
/// Everything that is wrong with the policies.
pub fn carry_in(
    value: &mut Value,
    rollouts: &[Rollout],
    folder: &Path,
) -> Result<(), Vec<Diagnostic>> {
    let several = value.get("rollouts").is_some();
    let mut unfit = Vec::new();
    for (index, rollout) in rollouts.iter().enumerate() {
        let Some(plan) = &rollout.policy else { continue };
        let prefix = if several { format!("rollouts[{index}].") } else { String::new() };
        let Err(wrong) = put_one(value, index, plan, folder) else { continue };
        unfit.extend(wrong.into_iter().map(|PolicyKeyError { key, problem, remedy }| {
            let path = format!("{prefix}policy.{key}");
            Diagnostic { help: remedy, ..Diagnostic::error("policy", path, problem) }
        }));
    }
    if unfit.is_empty() { Ok(()) } else { Err(unfit) }
}

fn put(value: &mut Value, index: usize, carried: &Carried) {
    let rollout = match value.get("rollouts").is_some() {
        true => value.get_mut("rollouts").and_then(|rollouts| rollouts.get_mut(index)),
        false => Some(value),
    };
    let policy =
        rollout.and_then(|rollout| rollout.get_mut("policy")).and_then(Value::as_object_mut);
    if let Some(policy) = policy {
        policy.remove("file");
        policy.insert("wasm".into(), STANDARD.encode(&carried.core).into());
        policy.insert("sha256".into(), carried.sha256.as_str().into());
    }
}

/// Puts the module of a file in its place. One that is there already is asked about its parameters all the same.
fn put_one(
    value: &mut Value,
    index: usize,
    plan: &PolicyPlan,
    folder: &Path,
) -> Result<(), Vec<PolicyKeyError>> {
    match &plan.source {
        PolicySource::Inline { wasm, .. } => asked(wasm, plan, "wasm"),
        PolicySource::File(file) => {
            let carried = of_file(&folder.join(file))?;
            put(value, index, &carried);
            asked(&carried.core, plan, "file")
        }
    }
}

fn of_file(file: &Path) -> Result<Carried, Vec<PolicyKeyError>> {
    let told = |problem: String| vec![PolicyKeyError::new("file", problem)];
    let bytes =
        std::fs::read(file).map_err(|error| told(format!("{}: {error}", file.display())))?;
    let runtime = Runtime::cached().map_err(|error| told(error.to_string()))?;
    let sound = acceptable(&bytes, &runtime).map_err(|findings| {
        findings.into_iter().map(|finding| PolicyKeyError::found(file, finding)).collect::<Vec<_>>()
    })?;
    Ok(Carried { core: sound.core, sha256: sound.sha256 })
}

/// Whether the policy takes its parameters, within its limits.
fn asked(core: &[u8], plan: &PolicyPlan, key: &'static str) -> Result<(), Vec<PolicyKeyError>> {
    let limits = Limits { fuel: plan.fuel, memory: plan.memory };
    let policy = Policy::compile(core, limits)
        .map_err(|error| vec![PolicyKeyError::new(key, error.to_string())])?;
    match policy.validate(&plan.params) {
        Ok(()) => Ok(()),
        Err(Refusal::Mistakes(mistakes)) => Err(mistakes
            .into_iter()
            .map(|mistake| PolicyKeyError::new("params", mistake))
            .collect()),
        Err(Refusal::Failed(failure)) => {
            let problem = format!("asked about its parameters, it fails by {}", failure.as_str());
            Err(vec![PolicyKeyError::new(key, problem)])
        }
    }
}
