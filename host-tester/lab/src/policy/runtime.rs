//! Policies as they are asked on the laptop: on wasmtime, which is fast here, or without the feature `runtime` on the
//! interpreter that the filter has.

#[cfg(feature = "runtime")]
mod compiled;
#[cfg(not(feature = "runtime"))]
mod interpreted;

#[cfg(feature = "runtime")]
pub use compiled::{Component, LoadError, Runtime};
#[cfg(not(feature = "runtime"))]
pub use interpreted::{Component, LoadError, Runtime};

use serinus_core::policy::{Decision, Failure};
use std::time::Duration;

/// What one question may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Fuel, in wasmtime's units; the interpreter counts some three times as much for the same work.
    pub fuel: u64,
    /// Linear memory, bytes.
    pub memory: usize,
    /// Time by the clock on the wall, for what fuel does not count. The interpreter has no such limit.
    pub deadline: Duration,
}

impl Default for Limits {
    /// What a rollout gives that says nothing.
    fn default() -> Self {
        Self { fuel: 1_500_000, memory: 1 << 20, deadline: Duration::from_secs(2) }
    }
}

impl Limits {
    /// Those of them that the interpreter has.
    pub(super) fn interpreted(self) -> serinus_interpreter::Limits {
        serinus_interpreter::Limits { fuel: self.fuel, memory: self.memory }
    }
}

/// What came of one evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The decision, or why there is none.
    pub outcome: Result<Decision, Failure>,
    /// The fuel that it took. After a trap, wasmtime does not count what it had used up since its last call.
    pub fuel_used: u64,
}
