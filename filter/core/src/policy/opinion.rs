//! What came of asking a policy.

use super::Failure;
use super::decision::{Decision, Evidence};
use crate::contract::Verdict;
use serde::{Deserialize, Serialize};

/// One evaluation of a policy, as its engine reports it.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// Which module: the first digits of its SHA-256.
    pub sha256: String,
    /// Fuel it took, in units of the proxy's interpreter.
    pub fuel: u64,
    /// What it said, or why nothing.
    pub outcome: Result<Decision, Failure>,
}

/// An opinion in a decision record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Consulted {
    /// Which module: the first digits of its SHA-256.
    pub sha256: String,
    /// Fuel it took.
    pub fuel: u64,
    /// What it said; missing if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Why it gave no decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Its reason; empty if it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The numbers behind it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

impl Opinion {
    /// As it stands in a record.
    pub fn shown(&self) -> Consulted {
        let decision = self.outcome.as_ref().ok();
        Consulted {
            sha256: self.sha256.clone(),
            fuel: self.fuel,
            verdict: decision.map(|decision| decision.verdict),
            failure: self.outcome.as_ref().err().copied(),
            reason: decision.map(|decision| decision.reason.clone()).unwrap_or_default(),
            evidence: decision.map(|decision| decision.evidence.clone()).unwrap_or_default(),
        }
    }
}
