//! What in a component keeps it from being a policy: everything at once, each with its remedy.
//!
//! The component model lets a component be much that the filter cannot run: several modules, imports, a world of its
//! own. The filter carries one core module and nothing else, so that is what is looked for; what a module may be made of
//! is what the filter's interpreter has.

mod anatomy;
mod proposals;

use super::runtime::Runtime;
use super::{INTERFACE, Limits};
use anatomy::Anatomy;
use serde::Serialize;
use serinus_core::policy::About;
pub use serinus_interpreter::MAX_MODULE;
use sha2::{Digest, Sha256};
use wasmparser::{Validator, WasmFeatures};

/// How many names one finding holds, and how much of each.
const NAMES: usize = 12;
const NAME: usize = 80;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its kind, a stable word.
    pub code: &'static str,
    /// What is wrong.
    pub problem: String,
    /// What it is wrong with; the first of them.
    pub names: Vec<String>,
    /// What would be right.
    pub remedy: String,
}

impl Finding {
    fn new(code: &'static str, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code, problem: problem.into(), names: Vec::new(), remedy: remedy.into() }
    }

    /// What the structure did not show, and the filter's interpreter minds.
    fn interpreter(error: &dyn std::fmt::Display) -> Self {
        let remedy = "this is worth a report: the checks before this one should have said why";
        Self::new("interpreter", format!("the filter's interpreter refuses it: {error}"), remedy)
    }

    fn names(mut self, names: &[String]) -> Self {
        let plain = |c: char| if c.is_control() { '\u{fffd}' } else { c };
        let name = |name: &String| name.chars().take(NAME).map(plain).collect();
        self.names = names.iter().take(NAMES).map(name).collect();
        self
    }
}

/// A component that the filter would take.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// The core module that the filter carries.
    pub core: Vec<u8>,
    /// Its SHA-256, in hex.
    pub sha256: String,
    /// What it says about itself.
    pub about: About,
}

/// Looks at a component, and cuts out its core module.
///
/// # Errors
/// Everything that is wrong with it.
pub fn inspect(bytes: &[u8], runtime: &Runtime) -> Result<Sound, Vec<Finding>> {
    if let Some(other) = no_component(bytes) {
        return Err(vec![other]);
    }
    let anatomy = Anatomy::of(bytes).map_err(|error| vec![invalid(&error)])?;
    let mut findings = structure(&anatomy);
    if let Err(error) = Validator::new_with_features(WasmFeatures::all()).validate_all(bytes) {
        findings.push(invalid(&error));
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let about = answers(bytes, runtime).map_err(|finding| vec![finding])?;
    let core = anatomy.modules.first().copied().unwrap_or_default().to_vec();
    let sha256 = Sha256::digest(&core).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Sound { core, sha256, about })
}

/// Inspects a component, and tries it on the interpreter as well.
///
/// # Errors
/// Everything that is wrong with it.
pub fn acceptable(component: &[u8], runtime: &Runtime) -> Result<Sound, Vec<Finding>> {
    let sound = inspect(component, runtime)?;
    match serinus_interpreter::Policy::compile(&sound.core, Limits::default().interpreted()) {
        Ok(_) => Ok(sound),
        Err(error) => Err(vec![Finding::interpreter(&error)]),
    }
}

/// The core module of a component, which is what the filter carries.
///
/// # Errors
/// If these bytes are no component, or one without a core module.
#[cfg(not(feature = "runtime"))]
pub(super) fn core_module(component: &[u8]) -> Result<&[u8], String> {
    let anatomy = Anatomy::of(component).map_err(|error| error.message().to_owned())?;
    anatomy.modules.first().copied().ok_or_else(|| "it has no core module".to_owned())
}

fn no_component(bytes: &[u8]) -> Option<Finding> {
    const BUILD: &str = "`serinus policy build` in the crate's folder makes a component";
    match bytes.get(..8) {
        Some([0, b'a', b's', b'm', 0x0d, 0, 1, 0]) => None,
        Some([0, b'a', b's', b'm', 1, 0, 0, 0]) => {
            Some(Finding::new("core-module", "is a core module, not a component", BUILD))
        }
        _ => Some(Finding::new("not-wasm", "is not WebAssembly", BUILD)),
    }
}

fn invalid(error: &wasmparser::Error) -> Finding {
    let problem = format!("is not valid: at byte {}: {}", error.offset(), error.message());
    Finding::new("invalid", problem, "build it again, and without the tool that touched it last")
}

/// What can be seen without running it.
fn structure(anatomy: &Anatomy<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !anatomy.imports.is_empty() {
        let remedy = "a policy has no clock, no randomness and no I/O: build for wasm32-unknown-unknown, and against \
                      the world `serinus:policy/policy` alone";
        findings.push(Finding::new("imports", "imports something", remedy).names(&anatomy.imports));
    }
    if anatomy.modules.len() != 1 {
        let problem = format!("has {} core modules, and should have one", anatomy.modules.len());
        findings.push(Finding::new(
            "modules",
            problem,
            "leave out adapters, and do not compose components",
        ));
    }
    findings.extend(world(anatomy));
    findings.extend(anatomy.modules.iter().flat_map(|module| core(module)));
    findings.extend(memory(anatomy));
    findings
}

/// Whether the contract is exported, by its name; whether it is the contract is seen when it is asked.
fn world(anatomy: &Anatomy<'_>) -> Option<Finding> {
    if anatomy.exports.iter().any(|export| export == INTERFACE) {
        return None;
    }
    let bare = INTERFACE.split('@').next().unwrap_or(INTERFACE);
    let other = anatomy.exports.iter().find(|export| export.split('@').next() == Some(bare));
    Some(match other {
        Some(other) => {
            let problem = format!("exports {other}, and this Serinus knows {INTERFACE}");
            Finding::new(
                "version",
                problem,
                "build it against this Serinus's `policies/wit/policy.wit`",
            )
        }
        None => {
            let problem = format!("does not export {INTERFACE}");
            Finding::new("world", problem, "implement the world `serinus:policy/policy`; with the SDK: `serinus_policy::export!(YourPolicy);`")
                .names(&anatomy.exports)
        }
    })
}

/// What a core module must be for the filter's interpreter.
fn core(module: &[u8]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if module.len() > MAX_MODULE {
        let problem =
            format!("has {} bytes of core module, and may have {MAX_MODULE}", module.len());
        findings.push(Finding::new(
            "too-large",
            problem,
            "build for size: `serinus policy build` does",
        ));
    }
    let used = proposals::not_in_the_filter(module);
    if !used.is_empty() {
        let problem = "uses what the filter's interpreter does not have";
        let remedy = "build without these target features (`-C target-feature`, `-m`)";
        findings.push(Finding::new("proposal", problem, remedy).names(&used));
    }
    findings
}

fn memory(anatomy: &Anatomy<'_>) -> Option<Finding> {
    let most = Limits::default().memory;
    if anatomy.memory <= most as u64 {
        return None;
    }
    let problem =
        format!("begins with {} KiB of memory, and may have {}", anatomy.memory >> 10, most >> 10);
    let remedy =
        "give it a smaller stack: `-C link-arg=-zstack-size=65536`, as `serinus policy build` does";
    Some(Finding::new("memory", problem, remedy))
}

/// Loads it and asks who it is.
fn answers(bytes: &[u8], runtime: &Runtime) -> Result<About, Finding> {
    let component = runtime.load(bytes, Limits::default()).map_err(|error| {
        let remedy = "build it against this Serinus's `policies/wit/policy.wit`";
        Finding::new("signature", format!("is not the contract: {error}"), remedy)
    })?;
    component.describe().map_err(|failure| {
        let problem = format!("does not say who it is: `describe` fails by {}", failure.as_str());
        Finding::new(
            "describe",
            problem,
            "`describe` must answer within the limits of an evaluation",
        )
    })
}

#[cfg(test)]
mod tests;
