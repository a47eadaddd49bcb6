//! Policies on the filter's interpreter alone, for a build without wasmtime.
//!
//! A component is not instantiated here: its core module is asked, as in the filter. Whether its types are those of the
//! contract shows only in the signatures of its functions.

use super::{Evaluation, Limits};
use crate::policy::inspect;
use serinus_core::policy::{About, Failure, Param, Snapshot};
use serinus_interpreter::{Policy, Refusal};
use thiserror::Error;

/// Why there is no component to ask.
#[derive(Debug, Error)]
pub enum LoadError {
    /// It is no policy.
    #[error("{0}")]
    NoPolicy(String),
}

/// Takes policies in. Nothing has to be set up for it.
#[derive(Clone, Copy, Debug)]
pub struct Runtime;

impl Runtime {
    /// A runtime.
    ///
    /// # Errors
    /// Never; wasmtime's can fail.
    pub fn new() -> Result<Self, LoadError> {
        Ok(Self)
    }

    /// The same: what is interpreted is not compiled, and nothing is worth keeping.
    ///
    /// # Errors
    /// Never; wasmtime's can fail.
    pub fn cached() -> Result<Self, LoadError> {
        Self::new()
    }

    /// Takes a component in.
    ///
    /// # Errors
    /// If it has no core module that the interpreter takes, or does not export the contract.
    pub fn load(&self, component: &[u8], limits: Limits) -> Result<Component, LoadError> {
        let core = inspect::core_module(component).map_err(LoadError::NoPolicy)?;
        let policy = Policy::compile(core, limits.interpreted())
            .map_err(|error| LoadError::NoPolicy(error.to_string()))?;
        match policy.describe() {
            Err(Failure::Signature) => {
                let problem = "its core module lacks a function of the contract";
                Err(LoadError::NoPolicy(problem.to_owned()))
            }
            _ => Ok(Component(policy)),
        }
    }
}

/// A policy that can be asked.
pub struct Component(Policy);

impl Component {
    /// Who is it?
    ///
    /// # Errors
    /// If it gives no answer.
    pub fn describe(&self) -> Result<About, Failure> {
        self.0.describe()
    }

    /// Does it take these parameters? Otherwise, every mistake.
    ///
    /// # Errors
    /// If it gives no answer.
    pub fn validate(&self, params: &[Param]) -> Result<Result<(), Vec<String>>, Failure> {
        match self.0.validate(params) {
            Ok(()) => Ok(Ok(())),
            Err(Refusal::Mistakes(mistakes)) => Ok(Err(mistakes)),
            Err(Refusal::Failed(failure)) => Err(failure),
        }
    }

    /// What does it decide?
    pub fn evaluate(&self, snapshot: &Snapshot) -> Evaluation {
        let serinus_interpreter::Evaluation { outcome, fuel_used } = self.0.evaluate(snapshot);
        Evaluation { outcome, fuel_used }
    }
}
