//! A promotion policy as a rollout gives it: which module, how much it may use, its parameters.

use super::raw;
use crate::cohort::key::from_base64;
use crate::decode::Path;
use crate::decode::error::Errors;
use crate::policy::Param;
use sha2::{Digest, Sha256};

/// What an evaluation may use where the rollout does not say: about 7 ms of a proxy's thread.
const FUEL: u64 = 1_500_000;

/// A stall of 100 ms.
const MOST_FUEL: u64 = 20_000_000;

const MEMORY: u64 = 1 << 20;

/// A proxy's memory never shrinks again.
const MEMORY_RANGE: std::ops::RangeInclusive<u64> = 1 << 16..=16 << 20;

/// A policy to be asked.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyPlan {
    /// Which.
    pub source: PolicySource,
    /// Fuel per evaluation, in units of the proxy's interpreter.
    pub fuel: u64,
    /// What its memory may grow to, bytes.
    pub memory: usize,
    /// Parameters, in the order of their names.
    pub params: Vec<Param>,
}

/// Where its module is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicySource {
    /// In a component file, as its author names it. Not in a proxy.
    File(String),
    /// Here.
    Inline {
        /// The core module.
        wasm: Vec<u8>,
        /// Its SHA-256, which has been verified.
        sha256: [u8; 32],
    },
}

/// Checks the form of a policy, and that the module is the one that was meant; not what is in it.
pub(super) fn plan(raw: raw::Policy, at: &Path<'_>, errors: &mut Errors) -> Option<PolicyPlan> {
    let params = raw.params.unwrap_or_default().0.into_iter();
    let params = params.filter_map(|(name, setting)| Some(Param { name, value: setting.0? }));
    let fuel = raw.fuel.unwrap_or(FUEL);
    if !(1..=MOST_FUEL).contains(&fuel) {
        at.refuse("fuel", errors, "must be between 1 and 20000000: it bounds a proxy's stall");
    }
    let memory = raw.memory.map_or(MEMORY, |size| size.bytes);
    if !MEMORY_RANGE.contains(&memory) {
        at.refuse("memory", errors, "must be between 64KiB and 16MiB");
    }
    let source = match (raw.file, raw.wasm, raw.sha256) {
        (Some(file), None, None) => Some(PolicySource::File(file)),
        (Some(_), ..) => at.fail(errors, "either `file`, or `wasm` with its `sha256`"),
        (None, Some(wasm), Some(sha256)) => inline(&wasm, &sha256, at, errors),
        (None, Some(_), None) => {
            at.key("sha256").fail(errors, "missing: `serinus render` writes it beside `wasm`")
        }
        (None, None, _) => at.fail(errors, "needs `file`, or `wasm` with its `sha256`"),
    };
    let memory = usize::try_from(memory).unwrap_or(usize::MAX);
    Some(PolicyPlan { source: source?, fuel, memory, params: params.collect() })
}

fn inline(wasm: &str, sha256: &str, at: &Path<'_>, errors: &mut Errors) -> Option<PolicySource> {
    let Some(wasm) = from_base64(wasm) else {
        return at.key("wasm").fail(errors, "not base64");
    };
    let found: [u8; 32] = Sha256::digest(&wasm).into();
    let hex = hex(&found);
    if !hex.eq_ignore_ascii_case(sha256) {
        let problem = format!("the module's is {hex}");
        return at.key("sha256").fail(errors, problem);
    }
    Some(PolicySource::Inline { wasm, sha256: found })
}

/// Bytes in lower-case hex.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl PolicySource {
    /// What tells the module from others in a record: the first twelve digits of its SHA-256. Empty
    /// for a file.
    pub fn fingerprint(&self) -> String {
        match self {
            Self::File(_) => String::new(),
            Self::Inline { sha256, .. } => hex(sha256.get(..6).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests;
