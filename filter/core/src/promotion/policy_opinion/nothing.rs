//! In a build that runs no policies there is no opinion.

use crate::config::Rollout;
use crate::contract::Severity;
use crate::policy::Opinion;
use crate::record::{Reason, Record};
use std::marker::PhantomData;

/// What the operator's policy says: nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct PolicyOpinion<'a>(PhantomData<&'a ()>);

impl<'a> PolicyOpinion<'a> {
    /// No opinion.
    pub fn new(_: Option<&'a Opinion>) -> Self {
        Self::default()
    }

    pub(super) fn rollback(self) -> Option<Reason> {
        None
    }

    pub(super) fn consent(self) -> Option<Reason> {
        None
    }

    pub(super) fn allows(self, _: Severity) -> bool {
        false
    }

    pub(super) fn obstacle(self, _: &Rollout) -> Option<Reason> {
        None
    }

    pub(super) fn recorded_in(self, record: Record) -> Record {
        record
    }
}
