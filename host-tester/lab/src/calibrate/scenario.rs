//! What may be wrong with a canary.

use super::latency::Latency;
use crate::story::percent;

/// How a version differs from one that is as it should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Not at all.
    None,
    /// So many times the errors.
    Errors(f64),
    /// Every request fails.
    Dead,
    /// Every answer takes so many times as long.
    Slower(f64),
    /// A share of answers takes so many times as long.
    Tail {
        /// The share.
        share: f64,
        /// How much longer.
        factor: f64,
    },
    /// So large a share of every business event is gone.
    Drop(f64),
}

impl Change {
    pub(super) fn errors(&self, rate: f64) -> f64 {
        match self {
            Self::Errors(factor) => (rate * factor).min(1.0),
            Self::Dead => 1.0,
            _ => rate,
        }
    }

    pub(super) fn latency(&self, latency: Latency) -> Latency {
        match *self {
            Self::Slower(factor) => latency.slower(factor),
            Self::Tail { share, factor } => latency.tail(share, factor),
            _ => latency,
        }
    }

    pub(super) fn event(&self, rate: f64) -> f64 {
        match self {
            Self::Drop(share) => rate * (1.0 - share),
            _ => rate,
        }
    }

    /// The share of answers that are slower.
    pub(super) fn slowed(&self) -> f64 {
        match self {
            Self::Slower(_) => 1.0,
            Self::Tail { share, .. } => *share,
            _ => 0.0,
        }
    }

    /// The kind, a stable word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "identical",
            Self::Errors(_) | Self::Dead => "errors",
            Self::Slower(_) => "latency-shift",
            Self::Tail { .. } => "latency-tail",
            Self::Drop(_) => "events",
        }
    }
}

/// When the canary turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It never was good.
    AtOnce,
    /// It was good for so many milliseconds.
    After(u64),
}

/// A canary that is simulated.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// A stable word: `errors-x10`.
    pub id: String,
    /// In words: `10 times the errors: 1% instead of 0.1%`.
    pub title: String,
    /// What is wrong with it.
    pub change: Change,
    /// The size of what is wrong, as a number to draw curves over: the factor, or the share that is gone.
    pub size: f64,
    /// From when on.
    pub turn: Turn,
}

impl Scenario {
    /// Whether the canary has turned within so many milliseconds.
    pub fn turns_within(&self, ms: u64) -> bool {
        match self.turn {
            Turn::AtOnce => true,
            Turn::After(turns) => turns < ms,
        }
    }
}

const ERRORS: [f64; 6] = [1.5, 2.0, 4.0, 10.0, 100.0, 1000.0];
const SLOWER: [f64; 4] = [1.2, 1.5, 2.0, 4.0];
const TAILS: [f64; 2] = [0.02, 0.10];
const TAIL_FACTOR: f64 = 10.0;
const DROPS: [f64; 3] = [0.05, 0.2, 0.5];

/// The canaries that a rollout is tried with. `errors`: the share of requests that fail anyhow. `events`: whether there
/// are business events. `late`: after how many milliseconds those turn that were good at first.
pub fn scenarios(errors: f64, events: bool, late: u64) -> Vec<Scenario> {
    let mut all = vec![identical()];
    all.extend(ERRORS.into_iter().filter(|x| x * errors < 1.0).map(|x| more_errors(x, errors)));
    all.push(dead());
    all.extend(SLOWER.map(slower));
    all.extend(TAILS.map(tail));
    all.extend(DROPS.into_iter().filter(|_| events).map(drop));
    let turning = all.iter().filter(|s| matches!(s.change, Change::Dead | Change::Errors(10.0)));
    let turning: Vec<Scenario> = turning.map(|scenario| later(scenario, late)).collect();
    all.extend(turning);
    all
}

fn identical() -> Scenario {
    Scenario {
        id: "identical".into(),
        title: "identical versions".into(),
        change: Change::None,
        size: 1.0,
        turn: Turn::AtOnce,
    }
}

fn more_errors(factor: f64, errors: f64) -> Scenario {
    Scenario {
        id: format!("errors-x{factor}"),
        title: format!("errors x{factor}: {}", percent(errors * factor)),
        change: Change::Errors(factor),
        size: factor,
        turn: Turn::AtOnce,
    }
}

fn dead() -> Scenario {
    Scenario {
        id: "dead".into(),
        title: "dead: every request fails".into(),
        change: Change::Dead,
        size: f64::INFINITY,
        turn: Turn::AtOnce,
    }
}

fn slower(factor: f64) -> Scenario {
    Scenario {
        id: format!("latency-x{factor}"),
        title: format!("all answers {factor} times as slow"),
        change: Change::Slower(factor),
        size: factor,
        turn: Turn::AtOnce,
    }
}

fn tail(share: f64) -> Scenario {
    let percent = percent(share);
    Scenario {
        id: format!("latency-tail-{percent}"),
        title: format!("{percent} of answers {TAIL_FACTOR} times as slow"),
        change: Change::Tail { share, factor: TAIL_FACTOR },
        size: share,
        turn: Turn::AtOnce,
    }
}

fn drop(share: f64) -> Scenario {
    let percent = percent(share);
    Scenario {
        id: format!("events-drop-{percent}"),
        title: format!("{percent} of every event gone"),
        change: Change::Drop(share),
        size: share,
        turn: Turn::AtOnce,
    }
}

fn later(scenario: &Scenario, after: u64) -> Scenario {
    let title = scenario.title.split(':').next().unwrap_or_default();
    Scenario {
        id: format!("{}-late", scenario.id),
        title: format!("{title}, after {} of good", crate::story::lasted(after)),
        turn: Turn::After(after),
        ..scenario.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regressions_go_up_to_the_dead_canary_and_not_beyond() {
        let ids = |errors, events| -> Vec<String> {
            scenarios(errors, events, 1000).into_iter().map(|s| s.id).collect()
        };
        let few = ids(0.05, false);
        assert!(few.contains(&"errors-x10".into()) && !few.contains(&"errors-x100".into()));
        assert_eq!(few.iter().filter(|id| *id == "dead").count(), 1);
        assert!(ids(0.0001, false).contains(&"errors-x1000".into()));
        assert!(ids(0.001, true).contains(&"events-drop-20%".into()));
        assert!(few.ends_with(&["errors-x10-late".into(), "dead-late".into()]), "{few:?}");
        let mut unique = few.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), few.len());
    }
}
