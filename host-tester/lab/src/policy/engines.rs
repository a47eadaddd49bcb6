//! One policy on both engines: wasmtime, which is fast here, and the interpreter that the filter has. A policy is one
//! whose answers do not depend on which of them asks.

use super::inspect::Sound;
use super::runtime::{Evaluation, LoadError};
use super::{Component, Limits, Runtime};
use serinus_core::policy::{Decision, Failure, Snapshot};
use serinus_interpreter as interpreter;
use thiserror::Error;

/// Why a policy cannot be asked on both.
#[derive(Debug, Error)]
pub enum EnginesError {
    /// Not on wasmtime.
    #[error("wasmtime: {0}")]
    Wasmtime(#[from] LoadError),
    /// Not on the interpreter.
    #[error("the filter's interpreter: {0}")]
    Interpreter(#[from] interpreter::CompileError),
}

/// A policy on both engines, with the same limits.
pub struct Engines {
    wasmtime: Component,
    interpreter: interpreter::Policy,
    limits: Limits,
}

/// What both say.
#[derive(Clone, Debug, PartialEq)]
pub struct BothEvaluations {
    /// On wasmtime.
    pub wasmtime: Evaluation,
    /// On the filter's interpreter, which counts fuel in its own units: these are what a rollout limits.
    pub interpreter: Evaluation,
}

impl BothEvaluations {
    /// What both say; `None` where they differ.
    pub fn agreed(&self) -> Option<&Result<Decision, Failure>> {
        (self.wasmtime.outcome == self.interpreter.outcome).then_some(&self.wasmtime.outcome)
    }
}

impl Engines {
    /// Loads a component that was inspected.
    ///
    /// # Errors
    /// If one of them does not take it.
    pub fn load(
        component: &[u8],
        sound: &Sound,
        limits: Limits,
        runtime: &Runtime,
    ) -> Result<Self, EnginesError> {
        let wasmtime = runtime.load(component, limits)?;
        let interpreter = interpreter::Policy::compile(&sound.core, limits.interpreted())?;
        Ok(Self { wasmtime, interpreter, limits })
    }

    /// The limits of each question.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Asks both.
    pub fn evaluate(&self, snapshot: &Snapshot) -> BothEvaluations {
        let interpreter::Evaluation { outcome, fuel_used } = self.interpreter.evaluate(snapshot);
        BothEvaluations {
            wasmtime: self.wasmtime.evaluate(snapshot),
            interpreter: Evaluation { outcome, fuel_used },
        }
    }
}
