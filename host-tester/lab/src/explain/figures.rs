//! Deployment figures: how releases went, in the terms of those who compare teams and quarters.
//!
//! A release is one try of a rollout: its name and generation. Several Envoys decide about the same release, each in
//! its own log; if any of them rolled it back, it failed, and it was stopped when the first did.

use super::Timeline;
use crate::story::Outcome;
use serde::Serialize;
use serinus_core::cohort::bucket::Weight;
use serinus_core::record::{Reason, Record, Verdict};
use std::collections::BTreeMap;

/// The middle and the far end of times, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Times {
    /// Half took at most so long.
    pub median: u64,
    /// 19 of 20 took at most so long.
    pub p95: u64,
    /// Of so many releases.
    pub of: usize,
}

/// What stopped releases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// `guard`, a gate's label, `policy`, `expired`.
    pub what: String,
    /// How many.
    pub releases: usize,
}

/// How releases went.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// All releases on record.
    pub releases: usize,
    /// Promoted for good.
    pub promoted: usize,
    /// Rolled back.
    pub rolled_back: usize,
    /// Neither yet.
    pub unfinished: usize,
    /// Rolled back, of those that have ended; `null` if none has.
    pub change_failure_rate: Option<f64>,
    /// Releases that began with less than all traffic and were moved by evidence alone, of all.
    pub progressive_share: Option<f64>,
    /// From the beginning of the release to its rollback, where the beginning is on record.
    pub time_to_stop_ms: Option<Times>,
    /// From the beginning of the release to its end at all traffic.
    pub time_to_promote_ms: Option<Times>,
    /// Canary requests of releases that were rolled back, in the stages on record.
    pub canary_requests_to_stop: u64,
    /// Failures among them.
    pub canary_failures_to_stop: u64,
    /// What stopped them, the most frequent first.
    pub stopped_by: Vec<Cause>,
    /// How often a release was held, all of them together.
    pub holds: usize,
}

/// One release, as all logs tell it.
struct Release<'a> {
    timelines: Vec<&'a Timeline<'a>>,
}

impl Release<'_> {
    fn records(&self) -> impl Iterator<Item = &Record> {
        self.timelines.iter().flat_map(|timeline| &timeline.decisions).map(|found| &found.record)
    }

    fn ended(&self, outcome: Outcome) -> bool {
        self.timelines.iter().any(|timeline| timeline.summary.outcome == outcome)
    }

    fn stopped(&self) -> bool {
        self.ended(Outcome::RolledBack)
    }

    /// Promoted by those who have ended, and by nobody rolled back.
    fn promoted(&self) -> bool {
        self.ended(Outcome::Promoted) && !self.stopped()
    }

    /// The first rollback.
    fn rollback(&self) -> Option<&Record> {
        let back = self.records().filter(|record| record.verdict == Verdict::Rollback);
        back.min_by_key(|record| record.time_ms)
    }

    /// When it began, if that is on record.
    fn began_ms(&self) -> Option<u64> {
        let known = self.timelines.iter().filter(|timeline| timeline.summary.from_start);
        known.map(|timeline| timeline.summary.began_ms).min()
    }

    fn promoted_ms(&self) -> Option<u64> {
        self.timelines.iter().map(|timeline| timeline.summary.last_ms).max()
    }

    fn progressive(&self) -> bool {
        let first = self.records().map(|record| record.weight).min();
        let moved = |reason: &Reason| matches!(reason, Reason::Configured { .. });
        first.is_some_and(|weight| weight < Weight::MAX.get())
            && !self.records().any(|record| record.reasons.iter().any(moved))
    }
}

/// The figures of all logs together.
pub fn figures(timelines: &[Timeline<'_>]) -> Figures {
    let mut releases: BTreeMap<(&str, u64), Release<'_>> = BTreeMap::new();
    for timeline in timelines {
        let key = (timeline.rollout, timeline.generation);
        let release = releases.entry(key).or_insert_with(|| Release { timelines: Vec::new() });
        release.timelines.push(timeline);
    }
    let all: Vec<Release<'_>> = releases.into_values().collect();
    let count = |holds: &dyn Fn(&Release<'_>) -> bool| all.iter().filter(|r| holds(r)).count();
    let (promoted, rolled_back) = (count(&|r| r.promoted()), count(&|r| r.stopped()));
    let stopped = || all.iter().filter(|release| release.stopped());
    let sum = |of: fn(&Timeline<'_>) -> u64| {
        stopped().flat_map(|release| &release.timelines).map(|timeline| of(timeline)).sum()
    };
    Figures {
        releases: all.len(),
        promoted,
        rolled_back,
        unfinished: all.len() - promoted - rolled_back,
        change_failure_rate: share(rolled_back, promoted + rolled_back),
        progressive_share: share(count(&|r| r.progressive()), all.len()),
        time_to_stop_ms: times(stopped().filter_map(|release| {
            Some(release.rollback()?.time_ms.saturating_sub(release.began_ms()?))
        })),
        time_to_promote_ms: times(all.iter().filter(|r| r.promoted()).filter_map(|release| {
            Some(release.promoted_ms()?.saturating_sub(release.began_ms()?))
        })),
        canary_requests_to_stop: sum(|timeline| timeline.summary.requests),
        canary_failures_to_stop: sum(|timeline| timeline.summary.failures),
        stopped_by: causes(stopped().filter_map(Release::rollback)),
        holds: all
            .iter()
            .flat_map(Release::records)
            .filter(|record| record.verdict == Verdict::Hold)
            .count(),
    }
}

fn share(some: usize, all: usize) -> Option<f64> {
    (all > 0).then(|| some as f64 / all as f64)
}

fn times(times: impl Iterator<Item = u64>) -> Option<Times> {
    let mut sorted: Vec<u64> = times.collect();
    sorted.sort_unstable();
    let at = |hundredths: usize| {
        sorted.get((sorted.len() * hundredths).div_ceil(100).saturating_sub(1)).copied()
    };
    Some(Times { median: at(50)?, p95: at(95)?, of: sorted.len() })
}

fn causes<'a>(rollbacks: impl Iterator<Item = &'a Record>) -> Vec<Cause> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    rollbacks.for_each(|record| *counts.entry(cause(record)).or_default() += 1);
    let mut causes: Vec<Cause> =
        counts.into_iter().map(|(what, releases)| Cause { what, releases }).collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.releases));
    causes
}

fn cause(record: &Record) -> String {
    match record.reasons.first() {
        Some(Reason::GateBreached { gate }) => gate.clone(),
        Some(Reason::Policy { .. }) => "policy".to_owned(),
        Some(reason) => reason.code(),
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests;
