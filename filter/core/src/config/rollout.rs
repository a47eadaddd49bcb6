//! A checked rollout: what the rest of the core works with.

use crate::cohort::{
    bucket::Weight, decide::Cohorts, operator::Operator, truth::Truth, value::Value,
};
use crate::evidence::Layout;
use crate::gate::Gate;
use crate::guard::GuardPolicy;
use crate::outcome::FailureRule;
use std::borrow::Cow;

/// A sound rollout, compiled for deciding.
#[derive(Debug)]
pub struct Rollout {
    /// The label of its metrics.
    pub name: String,
    /// Mixed into every bucket.
    pub salt: String,
    /// Raised to try again after a rollback.
    pub generation: u64,
    /// Which requests it is about.
    pub matches: Match,
    /// The header that carries the cohort to the route table.
    pub route: Route,
    /// Who gets the canary.
    pub cohorts: Cohorts,
    /// Steps; never empty, weights ascending to 100 %.
    pub stages: Vec<PlannedStage>,
    /// The test on every failure.
    pub guard: GuardPolicy,
    /// Conditions of promotion.
    pub gates: Vec<Gate>,
    /// How sure the gates must be.
    pub levels: Levels,
    /// The service level objective.
    pub slo: Option<Slo>,
    /// Business events to count.
    pub events: Vec<Event>,
    /// Which responses count as failures.
    pub failure: FailureRule,
    /// When nothing is promoted.
    pub freeze: Vec<Freeze>,
    /// Milliseconds after which an unfinished canary expires.
    pub max_age_ms: Option<u64>,
    /// Who moves the stage.
    pub pace: Pace,
    /// Everyone to the baseline.
    pub kill: bool,
    /// A promotion policy of the operator's own.
    #[cfg(feature = "policies")]
    pub policy: Option<super::PolicyPlan>,
    /// How long a stage runs before anything in it is judged, milliseconds. The guard does not wait.
    pub warm_up_ms: u64,
    /// Whether a stage may end before its time once every gate is shown to hold.
    pub finish_early: bool,
    /// What is measured by.
    pub layout: Layout,
}

impl Rollout {
    /// What the state is kept under: a rollback sticks to exactly this.
    pub fn epoch(&self) -> String {
        format!("{}/{}/{}", self.name, self.salt, self.generation)
    }

    /// The stage at `index`, the last one for an index beyond.
    pub fn stage(&self, index: usize) -> PlannedStage {
        let stage = self.stages.get(index).or(self.stages.last());
        stage.copied().unwrap_or(PlannedStage::FULL)
    }

    /// Whether `index` is the last stage.
    pub fn is_last(&self, index: usize) -> bool {
        index.saturating_add(1) >= self.stages.len()
    }
}

/// Which requests a rollout is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// Lower-case host names or `*.suffix`; empty for all.
    pub hosts: Vec<String>,
    /// What the path begins with; empty for all.
    pub path_prefix: String,
}

impl Match {
    /// Whether a request to `authority` (`:authority`, perhaps with a port) is meant.
    pub fn host(&self, authority: &[u8]) -> bool {
        let host = without_port(authority);
        let is = |pattern: &String| match pattern.strip_prefix('*') {
            Some(suffix) => {
                let cut = host.len().checked_sub(suffix.len());
                // At least one character in place of the star.
                cut.filter(|n| *n > 0)
                    .and_then(|n| host.get(n..))
                    .is_some_and(|tail| tail.eq_ignore_ascii_case(suffix.as_bytes()))
            }
            None => host.eq_ignore_ascii_case(pattern.as_bytes()),
        };
        self.hosts.is_empty() || self.hosts.iter().any(is)
    }

    /// Whether a request for `path` is meant.
    pub fn path(&self, path: &[u8]) -> bool {
        path.starts_with(self.path_prefix.as_bytes())
    }
}

fn without_port(authority: &[u8]) -> &[u8] {
    let colon = authority.iter().rposition(|b| *b == b':');
    let is_port =
        |i: usize| authority.get(i + 1..).is_some_and(|p| p.iter().all(u8::is_ascii_digit));
    colon.filter(|i| is_port(*i)).and_then(|i| authority.get(..i)).unwrap_or(authority)
}

/// The header that carries the cohort to the route table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its name, lower-case.
    pub header: String,
    /// Its value for the baseline.
    pub baseline: String,
    /// Its value for the canary.
    pub canary: String,
}

/// A step of the rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedStage {
    /// The canary's share of users.
    pub weight: Weight,
    /// The least time in it, milliseconds; on the last stage the watch.
    pub min_time_ms: u64,
    /// The least number of canary requests in it.
    pub min_requests: u64,
}

impl PlannedStage {
    /// Everyone, at once.
    pub const FULL: Self = Self { weight: Weight::MAX, min_time_ms: 0, min_requests: 0 };
}

/// Who moves the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The proxy promotes by itself.
    Autonomous,
    /// The configuration says the stage.
    Follow {
        /// Which, from 0.
        stage: usize,
    },
}

/// Error levels.
///
/// The budget of false rollbacks (`guard.alpha`) goes to the guard and the gates that can roll back:
/// [`GUARD_PART`](Self::GUARD_PART) of it to the guard, the rest in equal parts to every such gate in
/// every stage. A false promotion needs no division: a release that is bad in one metric must fool the
/// gate of that very metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// The chance that a gate passes which should not.
    pub promote: f64,
    /// The chance that one gate rolls back in one stage without reason.
    pub rollback: f64,
    /// The same over all stages.
    pub rollback_in_all: f64,
}

impl Levels {
    /// What the guard gets of the budget where gates can roll back too. Most of it: it is the one that
    /// has to be fast.
    pub const GUARD_PART: f64 = 0.8;

    /// The level that a breach of `gate` is judged at. One that rolls nothing back spends nothing.
    pub fn breach(&self, gate: &Gate) -> f64 {
        if gate.rolls_back() { self.rollback } else { self.promote }
    }
}

/// The service level objective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slo {
    /// The share of good requests.
    pub availability: f64,
    /// The largest burn rate; `None`: that of each pair of windows.
    pub max_burn: Option<f64>,
}

/// A business event to count.
#[derive(Debug)]
pub struct Event {
    /// The label of its metric.
    pub name: String,
    /// The response header that shows it.
    pub header: String,
    /// What the header must be.
    pub test: EventTest,
}

/// What an event's header must be.
#[derive(Debug)]
pub enum EventTest {
    /// There.
    Present,
    /// There, and so.
    Is(Operator),
}

impl EventTest {
    /// Whether a header of this `value` shows the event.
    pub fn holds(&self, value: &[u8]) -> bool {
        match self {
            Self::Present => true,
            Self::Is(operator) => {
                operator.test(Some(Value::Text(Cow::Borrowed(value)))) == Truth::True
            }
        }
    }
}

/// A time in which nothing is promoted, repeated every week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeze {
    /// Which days it begins on, from Monday.
    pub days: [bool; 7],
    /// Minute of the day when it begins.
    pub from: u64,
    /// How many minutes it lasts, at most a day.
    pub minutes: u64,
    /// Offset from UTC in minutes.
    pub offset: i64,
}

impl Freeze {
    /// Whether it is on at `now` (unix milliseconds).
    pub fn covers(&self, now: u64) -> bool {
        const DAY: u64 = 1440;
        let local = (now / 60_000).saturating_add_signed(self.offset);
        // 1970-01-01 was a Thursday.
        let began = |days_ago: u64| {
            let day = (local / DAY + 3 + 7 - days_ago) % 7;
            let since_midnight = local % DAY + days_ago * DAY;
            let on = self.days.get(day as usize).copied().unwrap_or(false);
            on && since_midnight >= self.from && since_midnight - self.from < self.minutes
        };
        began(0) || began(1)
    }
}
