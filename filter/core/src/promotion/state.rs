//! Where a rollout stands.

use super::interim_analyses::InterimAnalyses;
use crate::codec::{Reader, Stored, Writer};
use crate::cohort::bucket::Weight;
use crate::contract::RolloutState;
use crate::guard::{Counters, GuardPolicy, StageBaseline};
use crate::stats::confidence::{Prior, interval};
use crate::stats::eprocess::Odds;

/// What a rollout is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Grows by one with every change; tells workers that theirs is old.
    pub revision: u64,
    /// The revision with which the stage was entered.
    pub entry: u64,
    /// What it is doing.
    pub phase: Phase,
    /// The stage, from 0.
    pub stage: usize,
    /// The weight that was decided. An edit of the stages becomes one by a step, never by itself:
    /// evidence gathered at one weight says nothing at another.
    pub weight: Weight,
    /// When the rollout began, unix milliseconds.
    pub began_ms: u64,
    /// When the stage began, unix milliseconds.
    pub entered_ms: u64,
    /// The process's counters when the stage began.
    pub entered_at: Counters,
    /// The baseline in the stages before.
    pub reference: Reference,
    /// What was found in the interim analyses of this stage.
    pub analyses: InterimAnalyses,
    /// A fingerprint of why it holds; a change is worth a record.
    pub holding: u32,
}

impl Phase {
    const ALL: [Self; 4] = [Self::Progressing, Self::Holding, Self::Promoted, Self::RolledBack];

    /// The number that stands for it in shared data: the same as in the gauge.
    pub fn code(self) -> u64 {
        RolloutState::from(self).code()
    }
}

impl From<Phase> for RolloutState {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Progressing => Self::Progressing,
            Phase::Holding => Self::Holding,
            Phase::Promoted => Self::Promoted,
            Phase::RolledBack => Self::RolledBack,
        }
    }
}

impl State {
    /// When what is seen in the stage begins to be judged, unix milliseconds.
    pub fn judged_from_ms(&self, warm_up_ms: u64) -> u64 {
        self.entered_ms.saturating_add(warm_up_ms)
    }

    /// Where the guard judges now. The measure at full weight takes two dozen microseconds.
    pub fn stage_baseline(&self, guard: &GuardPolicy) -> StageBaseline {
        let full = self.weight == Weight::MAX;
        let tolerated = || self.reference.tolerated(guard.tolerate, guard.alpha);
        let absolute = full.then(tolerated).flatten().map(Odds::absolute);
        StageBaseline { weight: self.weight, began: self.entered_at, absolute }
    }

    /// What goes on where an older or a newer build has written the bytes: this state, entered anew, so that nothing which
    /// that build has seen counts here. But a rollback stays one. In every format the list with these numbers comes first.
    pub fn after_another_build(self, bytes: &[u8]) -> Self {
        let numbers = bytes.first().and_then(|format| Reader::new(bytes, *format)?.list());
        let Some([revision, _, phase, ..]) = numbers.as_deref() else { return self };
        let rolled_back = *phase == Phase::RolledBack.code();
        let revision = self.revision.max(*revision).saturating_add(1);
        let phase = if rolled_back { Phase::RolledBack } else { self.phase };
        Self { revision, entry: revision, phase, ..self }
    }

    /// The beginning of a rollout, in `stage`.
    pub fn begin(now: u64, stage: usize, weight: Weight, counters: Counters) -> Self {
        Self {
            revision: 1,
            entry: 1,
            phase: Phase::Progressing,
            stage,
            weight,
            began_ms: now,
            entered_ms: now,
            entered_at: counters,
            reference: Reference::default(),
            analyses: InterimAnalyses::default(),
            holding: 0,
        }
    }

    /// The next revision, with another phase.
    pub(super) fn turned(&self, phase: Phase) -> Self {
        Self { revision: self.revision.saturating_add(1), phase, holding: 0, ..self.clone() }
    }

    /// The next revision, in another stage.
    pub(super) fn entering(
        &self,
        stage: usize,
        weight: Weight,
        now: u64,
        counters: Counters,
    ) -> Self {
        let passed = counters.since(&self.entered_at);
        let reference = Reference {
            requests: self.reference.requests.saturating_add(passed.assigned.baseline),
            failures: self.reference.failures.saturating_add(passed.failed.baseline),
        };
        Self {
            stage,
            weight,
            entry: self.revision.saturating_add(1),
            entered_ms: now,
            entered_at: counters,
            reference,
            analyses: InterimAnalyses::default(),
            ..self.turned(Phase::Progressing)
        }
    }
}

impl Stored for State {
    const FORMAT: u8 = 3;
    type Context = ();

    fn encode(&self, (): &()) -> Vec<u8> {
        let mut w = Writer::new(Self::FORMAT);
        w.list(&[
            self.revision,
            self.entry,
            self.phase.code(),
            self.stage as u64,
            self.began_ms,
            self.entered_ms,
            self.reference.requests,
            self.reference.failures,
            u64::from(self.weight.get()),
            u64::from(self.holding),
        ]);
        self.entered_at.encode(&mut w);
        self.analyses.encode(&mut w);
        w.finish()
    }

    fn decode(bytes: &[u8], (): &()) -> Option<Self> {
        let mut r = Reader::new(bytes, Self::FORMAT)?;
        let numbers: [u64; 10] = r.list()?.try_into().ok()?;
        let [
            revision,
            entry,
            phase,
            stage,
            began_ms,
            entered_ms,
            requests,
            failures,
            weight,
            holding,
        ] = numbers;
        let state = Self {
            revision,
            entry,
            phase: Phase::ALL.into_iter().find(|known| known.code() == phase)?,
            stage: usize::try_from(stage).ok()?,
            weight: u32::try_from(weight).ok().and_then(|w| Weight::try_new(w).ok())?,
            began_ms,
            entered_ms,
            entered_at: Counters::decode(&mut r)?,
            reference: Reference { requests, failures },
            analyses: InterimAnalyses::decode(&mut r)?,
            holding: u32::try_from(holding).ok()?,
        };
        r.is_at_end().then_some(state)
    }
}
