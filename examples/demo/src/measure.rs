//! What an act came to, from the time stamps of independent witnesses.
//!
//! | witness | its clock | what it tells |
//! |---|---|---|
//! | the users | monotonic, this process | who saw which version, who saw an error |
//! | the canary server | monotonic, this process | when each request reached it, and what it answered |
//! | Envoy's access log | wall clock, microseconds | when each request began, and where it was sent |
//! | the filter's decision | wall clock, whole milliseconds | when it had seen the answer that decided |
//!
//! On the embedded host all of it is the host's own account, in virtual time that runs with the clock on the wall.
//!
//! A monotonic time is put on the wall clock by one anchor ([`wall_clock`]). The deciding answer and the decision are
//! one moment: the filter decides in the callback that shows it the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;
use serinus_core::record::{Record, Verdict};
use serinus_rig::{AccessEntry, Done, Hit, stickiness_violations, wall_clock};

use crate::release::Release;
use crate::show::decided_at;

/// What the witnesses of one act have to say.
pub struct Scene {
    /// The act's rollout.
    pub release: Release,
    /// When it was in force.
    pub began: Instant,
    /// What the users asked since then, and got.
    pub exchanges: Vec<Done>,
    /// The requests that reached the canary.
    pub arrivals: Vec<Hit>,
    /// The proxy's access log.
    pub access: Vec<AccessEntry>,
    /// What the filter decided.
    pub records: Vec<Record>,
}

/// How the users fared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Crowd {
    /// Users who asked.
    pub users: u64,
    /// Users who saw at least one error.
    pub users_hit: u64,
    /// Requests that the baseline answered.
    pub baseline_requests: u64,
    /// Errors among them.
    pub baseline_failures: u64,
    /// Requests that the canary answered.
    pub canary_requests: u64,
    /// Errors among them.
    pub canary_failures: u64,
    /// Users who were sent where this act does not send anybody.
    pub stickiness_violations: u64,
}

impl Scene {
    /// The first decision of this kind.
    pub fn decision(&self, verdict: Verdict) -> Option<&Record> {
        self.records.iter().find(|record| record.verdict == verdict)
    }

    /// How the users fared. In this act they may only ever move `from` one version `to` the other.
    pub fn crowd(&self, from: &str, to: &str) -> Crowd {
        let answered = |version| answered(&self.exchanges, version);
        let (baseline_requests, baseline_failures) = answered(self.release.baseline);
        let (canary_requests, canary_failures) = answered(self.release.canary);
        let mut moved: BTreeSet<String> = moved_back(&self.exchanges, from, to);
        moved.extend(stickiness_violations(&self.exchanges, 1).into_iter().map(|v| v.user));
        Crowd {
            users: users(self.exchanges.iter()),
            users_hit: users(self.exchanges.iter().filter(|done| !done.is_ok())),
            baseline_requests,
            baseline_failures,
            canary_requests,
            canary_failures,
            stickiness_violations: moved.len() as u64,
        }
    }

    /// How long after the act began.
    pub fn since_began(&self, at: SystemTime) -> Duration {
        at.duration_since(wall_clock(self.began)).unwrap_or_default()
    }

    /// The requests that the proxy began after this moment and sent to the canary nevertheless, and
    /// how long after it the last of them began.
    pub fn begun_after(&self, moment: SystemTime) -> Late {
        let canary = |entry: &&AccessEntry| entry.cohort.as_deref() == Some(self.release.canary);
        let late: Vec<Duration> = self
            .access
            .iter()
            .filter(canary)
            .filter_map(|entry| entry.started.duration_since(moment).ok())
            .filter(|after| !after.is_zero())
            .collect();
        Late {
            requests: late.len() as u64,
            last_ms: late.iter().max().map_or(0.0, |after| milliseconds(*after)),
        }
    }

    /// From this moment to the last request that reached the canary, in milliseconds; negative if that was earlier.
    pub fn last_arrival_ms(&self, moment: SystemTime) -> Option<f64> {
        let last = wall_clock(self.arrivals.iter().map(|hit| hit.at).max()?);
        Some(match last.duration_since(moment) {
            Ok(after) => milliseconds(after),
            Err(before) => -milliseconds(before.duration()),
        })
    }

    /// What reached the canary from its first failure on.
    pub fn since_first_failure(&self) -> Option<Outbreak> {
        let failed = |hit: &Hit| hit.status.is_none_or(|status| status >= 500);
        let first = self.arrivals.iter().position(failed)?;
        let since = self.arrivals.get(first..)?;
        Some(Outbreak {
            began: wall_clock(since.first()?.at),
            requests: since.len() as u64,
            failures: since.iter().filter(|hit| failed(hit)).count() as u64,
        })
    }
}

/// Canary requests that should not have been.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Late {
    /// How many.
    pub requests: u64,
    /// When the last one began, after the moment.
    pub last_ms: f64,
}

/// The canary from its first failure on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outbreak {
    /// When the first request came that failed.
    pub began: SystemTime,
    /// Requests from then on, that one included.
    pub requests: u64,
    /// Failures among them.
    pub failures: u64,
}

/// The end of the millisecond in which a decision fell: what begins later began after it for certain.
pub fn surely_decided(record: &Record) -> SystemTime {
    decided_at(record) + Duration::from_millis(1)
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e4).round() / 10.0
}

fn users<'a>(exchanges: impl Iterator<Item = &'a Done>) -> u64 {
    exchanges.map(|done| done.user.as_str()).collect::<BTreeSet<_>>().len() as u64
}

fn answered(exchanges: &[Done], version: &str) -> (u64, u64) {
    let its = exchanges.iter().filter(|done| done.upstream.as_deref() == Some(version));
    its.fold((0, 0), |(all, failed), done| (all + 1, failed + u64::from(!done.is_ok())))
}

/// The users who were at `from` again after they had been answered by `to`.
///
/// Stricter than counting changes, because a user who begins at the wrong version changes only once. Requests that
/// overlapped may have been decided in either order and say nothing.
fn moved_back(exchanges: &[Done], from: &str, to: &str) -> BTreeSet<String> {
    let at = |version: &str| {
        let version = version.to_owned();
        exchanges.iter().filter(move |done| done.upstream.as_deref() == Some(&version))
    };
    let mut arrived: BTreeMap<&str, Instant> = BTreeMap::new();
    for done in at(to) {
        let earliest = arrived.entry(&done.user).or_insert(done.at_done);
        *earliest = done.at_done.min(*earliest);
    }
    let again =
        |done: &&Done| arrived.get(done.user.as_str()).is_some_and(|at| done.at_sent >= *at);
    at(from).filter(again).map(|done| done.user.clone()).collect()
}

#[cfg(test)]
mod tests;
