//! What weight the operator's policy has.
//!
//! | it says | and so |
//! |---|---|
//! | rollback | everyone goes back, whatever the gates say |
//! | promote | it goes on, if the guard and every critical gate agree; gates that only warn were the policy's to weigh |
//! | hold | the stage is not left |
//! | nothing, for it failed | the same: a policy that cannot be asked promotes nothing |
//!
//! The times, the least number of requests, freezes and the checks that every rollout has are not the policy's: they
//! hold as they do without one.

use crate::config::Rollout;
use crate::contract::Severity;
use crate::policy::Opinion;
use crate::record::{Reason, Record, Verdict};

/// What the policy says in one evaluation; nothing where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct PolicyOpinion<'a>(Option<&'a Opinion>);

impl<'a> PolicyOpinion<'a> {
    /// An opinion, if there is one.
    pub fn new(opinion: Option<&'a Opinion>) -> Self {
        Self(opinion)
    }

    /// Its reason, if it says `wanted`.
    fn says(self, wanted: Verdict) -> Option<Reason> {
        let decision = self.0?.outcome.as_ref().ok()?;
        let said = decision.verdict == wanted;
        said.then(|| Reason::Policy { verdict: wanted, reason: decision.reason.clone() })
    }

    /// Why everyone must go back.
    pub(super) fn rollback(self) -> Option<Reason> {
        self.says(Verdict::Rollback)
    }

    /// Why it may go on.
    pub(super) fn consent(self) -> Option<Reason> {
        self.says(Verdict::Promote)
    }

    /// Whether the stage may be left in spite of an open gate of this severity.
    pub(super) fn allows(self, severity: Severity) -> bool {
        self.consent().is_some() && severity != Severity::Critical
    }

    /// Why the stage is not left.
    pub(super) fn obstacle(self, rollout: &Rollout) -> Option<Reason> {
        match self.0.map(|opinion| &opinion.outcome) {
            Some(Ok(_)) => self.says(Verdict::Hold),
            Some(Err(kind)) => Some(Reason::PolicyFailed { kind: *kind }),
            // A policy that is silently not there would promote.
            None => rollout.policy.is_some().then_some(Reason::PolicyNotAsked),
        }
    }

    /// The record, with what the policy says in it.
    pub(super) fn recorded_in(self, record: Record) -> Record {
        Record { policy: self.0.map(Opinion::shown), ..record }
    }
}

#[cfg(test)]
mod tests;
