//! The operator's policy, asked at every look.
//!
//! A component runs on wasmtime, which is fast here; a module that a rollout carries already runs on the filter's
//! interpreter. Both say the same. The filter asks every second; here looks grow rarer, so a policy that counts its
//! evaluations counts fewer.

use crate::policy::{Component, Limits, Runtime};
use serinus_core::config::{PolicyPlan, PolicySource};
use serinus_core::engine;
use serinus_core::policy::{Opinion, Param, Snapshot};
use serinus_interpreter as interpreter;
use std::path::Path;

/// A policy that is ready to be asked.
pub struct Adviser {
    engine: Engine,
    /// Which module, where the rollout carries one.
    sha256: String,
    params: Vec<Param>,
}

enum Engine {
    Wasmtime(Component),
    Interpreter(Box<interpreter::Policy>),
}

impl Adviser {
    /// The policy of a rollout in this folder.
    ///
    /// # Errors
    /// Why it cannot be asked. What can be wrong with its parameters was told before.
    pub fn new(plan: &PolicyPlan, folder: &Path) -> Result<Self, String> {
        let engine = match &plan.source {
            PolicySource::File(file) => {
                let file = folder.join(file);
                let told =
                    |error: &dyn ToString| format!("{}: {}", file.display(), error.to_string());
                let bytes = std::fs::read(&file).map_err(|error| told(&error))?;
                let limits = Limits { fuel: plan.fuel, memory: plan.memory, ..Limits::default() };
                let runtime = Runtime::cached().map_err(|error| told(&error))?;
                Engine::Wasmtime(runtime.load(&bytes, limits).map_err(|error| told(&error))?)
            }
            PolicySource::Inline { wasm, .. } => {
                let limits = interpreter::Limits { fuel: plan.fuel, memory: plan.memory };
                let policy = interpreter::Policy::compile(wasm, limits);
                Engine::Interpreter(Box::new(policy.map_err(|error| error.to_string())?))
            }
        };
        Ok(Self { engine, sha256: plan.source.fingerprint(), params: plan.params.clone() })
    }
}

impl engine::Adviser for Adviser {
    fn fingerprint(&self) -> Option<&str> {
        Some(&self.sha256)
    }

    fn params(&self) -> Vec<Param> {
        self.params.clone()
    }

    fn evaluate(&self, snapshot: &Snapshot) -> Option<Opinion> {
        let (outcome, fuel) = match &self.engine {
            Engine::Wasmtime(component) => {
                let evaluation = component.evaluate(snapshot);
                (evaluation.outcome, evaluation.fuel_used)
            }
            Engine::Interpreter(policy) => {
                let evaluation = policy.evaluate(snapshot);
                (evaluation.outcome, evaluation.fuel_used)
            }
        };
        Some(Opinion { sha256: self.sha256.clone(), fuel, outcome })
    }
}
