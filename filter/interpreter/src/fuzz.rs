//! What the fuzz targets in `fuzz/` run, with the feature `fuzz`, and the tests over the corpus: whatever the bytes are,
//! nothing panics, and what is accepted keeps to the contract.

use crate::abi::{lift_decision, lift_mistakes};
use crate::{Limits, Policy};
use serinus_core::policy::{MAX_DECISION, Snapshot};

/// Little of everything: a hostile module is to be found out, not to be run for long.
const LIMITS: Limits = Limits { fuel: 50_000, memory: 1 << 18 };

/// Four bytes of address, and a memory in which an answer of a policy is to be read.
///
/// # Panics
/// Where a decision that breaks the contract is accepted.
pub fn lift(input: &[u8]) {
    let Some((address, memory)) = input.split_first_chunk() else { return };
    let address = u32::from_le_bytes(*address);
    if let Ok(decision) = lift_decision(memory, address) {
        assert_eq!(decision.sound(), Ok(()));
    }
    if let Ok(Some(mistakes)) = lift_mistakes(memory, address) {
        assert!(mistakes.iter().map(String::len).sum::<usize>() <= MAX_DECISION);
    }
}

/// A module; whatever it is, it is refused or it answers within its limits, and the same twice.
///
/// # Panics
/// Where it takes more fuel than it has, or where two evaluations differ.
pub fn compile(input: &[u8]) {
    let Ok(policy) = Policy::compile(input, LIMITS) else { return };
    let _ = policy.validate(&[]);
    let first = policy.evaluate(&Snapshot::default());
    assert!(first.fuel_used <= LIMITS.fuel);
    let second = policy.evaluate(&Snapshot::default());
    // Bit by bit, because a number need not be equal to itself.
    assert_eq!(format!("{first:?}"), format!("{second:?}"));
}

#[cfg(test)]
mod tests;
