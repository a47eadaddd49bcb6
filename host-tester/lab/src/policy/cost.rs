//! What one evaluation of a policy costs, in fuel.

use super::inspect::Sound;
use super::{Limits, Runtime, typical};
use serinus_core::policy::Failure;

/// The fuel of one evaluation of a typical snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// In the filter's units, which a rollout's `policy.fuel` limits.
    pub interpreter: u64,
    /// In wasmtime's units; `None` in a build without it.
    pub wasmtime: Option<u64>,
    /// How the evaluation failed, if it did.
    pub failure: Option<Failure>,
}

/// Evaluates a policy once, on every engine that is built in.
///
/// # Errors
/// Why one of the engines does not take it.
#[cfg(feature = "runtime")]
pub fn cost(component: &[u8], sound: &Sound, runtime: &Runtime) -> Result<Cost, String> {
    let engines = super::engines::Engines::load(component, sound, Limits::default(), runtime);
    let engines = engines.map_err(|error| error.to_string())?;
    let answers = engines.evaluate(&typical::snapshot(&sound.about));
    Ok(Cost {
        interpreter: answers.interpreter.fuel_used,
        wasmtime: Some(answers.wasmtime.fuel_used),
        failure: answers.interpreter.outcome.err().or(answers.wasmtime.outcome.err()),
    })
}

/// Evaluates a policy once, on the filter's interpreter.
///
/// # Errors
/// Why the interpreter does not take it.
#[cfg(not(feature = "runtime"))]
pub fn cost(component: &[u8], sound: &Sound, runtime: &Runtime) -> Result<Cost, String> {
    let policy = runtime.load(component, Limits::default()).map_err(|error| error.to_string())?;
    let answer = policy.evaluate(&typical::snapshot(&sound.about));
    Ok(Cost { interpreter: answer.fuel_used, wasmtime: None, failure: answer.outcome.err() })
}
