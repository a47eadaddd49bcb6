//! A policy that was found acceptable, and what it says.

use crate::instance::Fresh;
use crate::limits::Limits;
use serinus_core::policy::{About, Decision, Failure, Param, Snapshot};
use std::fmt;
use wasmi::{CompilationMode, Config, EnforcedLimits, Engine, Module};

/// The largest module that is looked at, bytes.
pub const MAX_MODULE: usize = 512 * 1024;

/// How deep functions may call each other.
const MAX_RECURSION: usize = 256;

/// The most that parameters and locals of all the calls under way may take, bytes.
const MAX_STACK: usize = 128 * 1024;

/// A policy ready to be asked.
pub struct Policy {
    // Of its own: compiled code goes only with the engine that it was compiled for.
    engine: Engine,
    module: Module,
    limits: Limits,
}

/// Why a module is no policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// It has more than [`MAX_MODULE`] bytes.
    Size {
        /// How many.
        bytes: usize,
    },
    /// It is not valid, or uses a proposal that the interpreter has not: SIMD, threads, tail calls, exceptions,
    /// garbage collection, several memories, 64-bit memory.
    Module {
        /// What and where.
        problem: String,
    },
    /// It wants something from outside.
    Import {
        /// From which module.
        module: String,
        /// What.
        name: String,
    },
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size { bytes } => {
                write!(f, "the module has {bytes} bytes, and may have {MAX_MODULE}")
            }
            Self::Module { problem } => write!(f, "the module does not compile: {problem}"),
            Self::Import { module, name } => {
                write!(f, "a policy imports nothing, and this one wants `{module}` `{name}`")
            }
        }
    }
}

impl std::error::Error for CompileError {}

/// Why a policy does not take its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// What it says is wrong with them.
    Mistakes(Vec<String>),
    /// It could not be asked.
    Failed(Failure),
}

/// What came of one evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The decision, or why there is none.
    pub outcome: Result<Decision, Failure>,
    /// How much fuel it took; after a failure, until then.
    pub fuel_used: u64,
}

impl Policy {
    /// Compiles a core module, whole: what is compiled at the first call would be charged to that evaluation as fuel.
    ///
    /// # Errors
    /// What makes the module unacceptable. That it lacks a function of the contract shows when it is called.
    pub fn compile(wasm: &[u8], limits: Limits) -> Result<Self, CompileError> {
        if wasm.len() > MAX_MODULE {
            return Err(CompileError::Size { bytes: wasm.len() });
        }
        let engine = Engine::new(&config());
        let module = Module::new(&engine, wasm)
            .map_err(|error| CompileError::Module { problem: error.to_string() })?;
        if let Some(import) = module.imports().next() {
            let (module, name) = (import.module().to_owned(), import.name().to_owned());
            return Err(CompileError::Import { module, name });
        }
        Ok(Self { engine, module, limits })
    }

    /// Asks the policy who it is. The filter never does.
    ///
    /// # Errors
    /// Why it gives no answer.
    pub fn describe(&self) -> Result<About, Failure> {
        Fresh::new(&self.engine, self.limits).describe(&self.module)
    }

    /// Asks the policy whether it takes these parameters.
    ///
    /// # Errors
    /// Every mistake that the policy finds, or why it could not be asked.
    pub fn validate(&self, params: &[Param]) -> Result<(), Refusal> {
        match Fresh::new(&self.engine, self.limits).validate(&self.module, params) {
            Ok(None) => Ok(()),
            Ok(Some(mistakes)) => Err(Refusal::Mistakes(mistakes)),
            Err(failure) => Err(Refusal::Failed(failure)),
        }
    }

    /// Asks the policy for its decision, in an instance that is made for it.
    pub fn evaluate(&self, snapshot: &Snapshot) -> Evaluation {
        let mut fresh = Fresh::new(&self.engine, self.limits);
        let outcome = fresh.evaluate(&self.module, snapshot);
        Evaluation { outcome, fuel_used: fresh.fuel_used() }
    }
}

fn config() -> Config {
    let mut config = Config::default();
    config
        .compilation_mode(CompilationMode::Eager)
        .consume_fuel(true)
        .ignore_custom_sections(true)
        .enforced_limits(EnforcedLimits::strict())
        .set_max_recursion_depth(MAX_RECURSION)
        .set_max_stack_height(MAX_STACK)
        .set_max_cached_stacks(1)
        // What a policy may be made of: what rustc and clang use by themselves for wasm32.
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .wasm_extended_const(false)
        .wasm_memory64(false);
    config
}
