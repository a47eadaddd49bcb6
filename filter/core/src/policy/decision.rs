//! What a policy answers, and the ways in which it can fail to.

use super::Failure;
use crate::contract::Verdict;
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

impl Decision {
    /// On to the next stage, as far as this policy is concerned.
    pub fn promote(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Promote, reason.into())
    }

    /// Stay in this stage.
    pub fn hold(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Hold, reason.into())
    }

    /// Everyone back to the baseline.
    pub fn rollback(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Rollback, reason.into())
    }

    fn new(verdict: Verdict, reason: String) -> Self {
        Self { verdict, reason, evidence: Vec::new(), memory: Vec::new() }
    }

    /// With a number behind it, and what that was compared with.
    #[must_use]
    pub fn because(self, name: impl Into<String>, value: f64, threshold: f64) -> Self {
        self.with(Evidence { name: name.into(), value, threshold: Some(threshold) })
    }

    /// With a number that was compared with nothing.
    #[must_use]
    pub fn noting(self, name: impl Into<String>, value: f64) -> Self {
        self.with(Evidence { name: name.into(), value, threshold: None })
    }

    /// With evidence. What is not finite is left out: the decision would be refused for it.
    #[must_use]
    pub fn with(mut self, evidence: Evidence) -> Self {
        if evidence.is_finite() {
            self.evidence.push(evidence);
        }
        self
    }

    /// With what is handed back at the next evaluation.
    #[must_use]
    pub fn remembering(mut self, memory: impl Into<Vec<u8>>) -> Self {
        self.memory = memory.into();
        self
    }

    /// Bytes in its texts, numbers and memory.
    pub fn size(&self) -> usize {
        let number = size_of::<f64>();
        let evidence = |evidence: &Evidence| evidence.name.len() + 2 * number;
        let evidence = self.evidence.iter().map(evidence).sum::<usize>();
        self.reason.len() + self.memory.len() + evidence
    }

    /// Whether it keeps to what the contract asks of a decision beyond its types.
    ///
    /// # Errors
    /// [`Failure::TooLarge`] or, where a number is not finite, [`Failure::Malformed`].
    pub fn sound(&self) -> Result<(), Failure> {
        if self.memory.len() > MAX_MEMORY || self.size() > MAX_DECISION {
            return Err(Failure::TooLarge);
        }
        let finite = self.evidence.iter().all(Evidence::is_finite);
        if finite { Ok(()) } else { Err(Failure::Malformed) }
    }
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

impl Evidence {
    fn is_finite(&self) -> bool {
        self.value.is_finite() && self.threshold.is_none_or(f64::is_finite)
    }
}

#[cfg(test)]
mod tests;
