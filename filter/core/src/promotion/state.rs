//! Where a rollout stands. Small and readable, because it is what a person finds in shared data.

use crate::guard::Counters;
use crate::stats::confidence::{Prior, interval};
use serde::{Deserialize, Serialize};

/// What a rollout is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// In a stage whose time is not over.
    Progressing,
    /// Its time is over, and something keeps it from being promoted.
    Holding,
    /// At the end.
    Promoted,
    /// Stopped; stays so.
    RolledBack,
}

/// The baseline's failures so far, remembered for the stage that has no baseline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Requests.
    pub requests: u64,
    /// Failures among them.
    pub failures: u64,
}

impl Reference {
    /// The failure rate that is tolerated in its place: `1 + tolerate` times the largest rate that
    /// the baseline may have had. `None` where there never was a baseline.
    pub fn tolerated(&self, tolerate: f64, alpha: f64) -> Option<f64> {
        let seen = interval(self.failures, self.requests, alpha, Prior::Rare);
        (self.requests > 0).then_some((seen.high * (1.0 + tolerate)).min(1.0))
    }
}

/// The state of one rollout (name, salt, generation), shared by all workers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Grows by one with every change; tells workers that theirs is old.
    pub revision: u64,
    /// The revision with which the stage was entered.
    pub entry: u64,
    /// What it is doing.
    pub phase: Phase,
    /// The stage, from 0.
    pub stage: usize,
    /// When the rollout began, unix milliseconds.
    pub began_ms: u64,
    /// When the stage began, unix milliseconds.
    pub entered_ms: u64,
    /// The process's counters when the stage began.
    pub entered_at: Counters,
    /// The baseline in the stages before.
    pub reference: Reference,
    /// Why it holds, as codes; a change is worth a record.
    pub holding: Vec<String>,
}

impl State {
    /// The beginning of a rollout, in `stage`.
    pub fn begin(now: u64, stage: usize, counters: Counters) -> Self {
        Self {
            revision: 1,
            entry: 1,
            phase: Phase::Progressing,
            stage,
            began_ms: now,
            entered_ms: now,
            entered_at: counters,
            reference: Reference::default(),
            holding: Vec::new(),
        }
    }

    /// The next revision, with another phase.
    pub(super) fn turned(&self, phase: Phase) -> Self {
        Self { revision: self.revision + 1, phase, holding: Vec::new(), ..self.clone() }
    }

    /// The next revision, in another stage.
    pub(super) fn entering(&self, stage: usize, now: u64, counters: Counters) -> Self {
        let passed = counters.since(&self.entered_at);
        let reference = Reference {
            requests: self.reference.requests.saturating_add(passed.assigned.baseline),
            failures: self.reference.failures.saturating_add(passed.failed.baseline),
        };
        Self {
            stage,
            entry: self.revision + 1,
            entered_ms: now,
            entered_at: counters,
            reference,
            ..self.turned(Phase::Progressing)
        }
    }
}
