//! What a policy answers, and the ways in which it can fail to.

use crate::record::Verdict;
use serde::{Deserialize, Serialize};

/// The most bytes that a policy may keep between two evaluations.
pub const MAX_MEMORY: usize = 4096;

/// The most bytes that a decision may have in all its texts, numbers and memory.
pub const MAX_DECISION: usize = 16 * 1024;

/// What the policy says: `decision` in the WIT.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in one line.
    pub reason: String,
    /// The numbers behind it.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// Handed back at the next evaluation.
    #[serde(default)]
    pub memory: Vec<u8>,
}

/// A number behind a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// What it is.
    pub name: String,
    /// Its value; finite.
    pub value: f64,
    /// What it was compared with; finite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
}

/// Why a policy gave no decision: the label `kind` of `serinus_policy_failures_total`. Each is HOLD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// It did not come to an end within its fuel.
    Fuel,
    /// It wanted more memory than it may have.
    Memory,
    /// It recursed too deep.
    Stack,
    /// It panicked, or touched memory that is not there.
    Trap,
    /// It cannot be instantiated, or has not the functions that the contract names.
    Signature,
    /// Its answer points outside of its memory, or is not what the contract says.
    Malformed,
    /// Its answer is too large.
    TooLarge,
}

impl Failure {
    /// All.
    pub const ALL: [Self; 7] = [
        Self::Fuel,
        Self::Memory,
        Self::Stack,
        Self::Trap,
        Self::Signature,
        Self::Malformed,
        Self::TooLarge,
    ];

    /// The value of the metric label `kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fuel => "fuel",
            Self::Memory => "memory",
            Self::Stack => "stack",
            Self::Trap => "trap",
            Self::Signature => "signature",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
        }
    }
}
