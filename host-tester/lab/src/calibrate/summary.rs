//! What the runs of a scenario came to.

use super::interval::Share;
use super::run::{End, RunResult};
use super::scenario::{Scenario, Turn};
use serde::Serialize;
use serinus_core::config::Rollout;
use std::collections::BTreeMap;

/// The middle and the far end of what was seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Half are at most so much.
    pub median: f64,
    /// 19 of 20 are at most so much.
    pub p95: f64,
}

impl Spread {
    /// Of these values; `None` of none.
    pub fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.collect();
        sorted.sort_by(f64::total_cmp);
        let at = |q: f64| {
            let place = (sorted.len() as f64 * q).ceil() as usize;
            sorted.get(place.saturating_sub(1)).copied()
        };
        Some(Self { median: at(0.5)?, p95: at(0.95)? })
    }
}

/// Who stopped runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct By {
    /// `guard`, a gate's label, `expired`.
    pub what: String,
    /// How many.
    pub runs: u64,
}

/// Rollbacks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stops {
    /// How many runs were rolled back, of those that could be.
    pub share: Share,
    /// How long after the canary had turned bad, milliseconds.
    pub after_ms: Option<Spread>,
    /// After how many canary requests since then.
    pub requests: Option<Spread>,
    /// Users who had suffered by then.
    pub users: Option<Spread>,
    /// By what, the most frequent first.
    pub by: Vec<By>,
}

/// One stage of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageOutcome {
    /// The stage, from 0.
    pub stage: usize,
    /// Its weight, in 1/100000.
    pub weight: u32,
    /// Rollbacks in it, of the runs that came to it.
    pub stopped: Stops,
    /// How long those stayed that went on from it, milliseconds.
    pub lasted_ms: Option<Spread>,
    /// How many runs were in it at the end of time.
    pub unfinished: u64,
}

/// What a scenario came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScenarioOutcome {
    /// A stable word.
    pub id: String,
    /// In words.
    pub title: String,
    /// `identical`, `errors`, `latency-shift`, `latency-tail`, `events`.
    pub kind: &'static str,
    /// The factor, or the share that is slow or gone; `null` for the dead canary.
    pub size: f64,
    /// After how many milliseconds it turned bad; `null` if it never was good.
    pub turned_ms: Option<u64>,
    /// Runs that were stopped before it had turned; they count nowhere else.
    pub early: u64,
    /// Rollbacks in any stage.
    pub stopped: Stops,
    /// Stage by stage.
    pub stages: Vec<StageOutcome>,
    /// Runs in which the canary got all traffic.
    pub full: Share,
    /// After how long, milliseconds.
    pub full_ms: Option<Spread>,
    /// Runs that were promoted for good, after the watch.
    pub promoted: Share,
    /// After how long, milliseconds.
    pub promoted_ms: Option<Spread>,
    /// What those waited for that were still on their way at the end of time.
    pub waiting_for: Vec<By>,
}

/// Sums up.
pub fn summarize(rollout: &Rollout, scenario: &Scenario, ran: &[RunResult]) -> ScenarioOutcome {
    let fair: Vec<&RunResult> = ran.iter().filter(|ran| !ran.early()).collect();
    let all = fair.len() as u64;
    let full = || fair.iter().filter(|ran| ran.full_ms.is_some());
    let promoted = || fair.iter().filter(|ran| ran.end == End::Promoted);
    let waiting = fair.iter().filter(|ran| ran.end == End::Unfinished);
    let stage = |(i, planned): (usize, &serinus_core::config::PlannedStage)| {
        stage(i, planned.weight.get(), &fair)
    };
    ScenarioOutcome {
        id: scenario.id.clone(),
        title: scenario.title.clone(),
        kind: scenario.change.kind(),
        size: scenario.size,
        turned_ms: match scenario.turn {
            Turn::AtOnce => None,
            Turn::After(ms) => Some(ms),
        },
        early: (ran.len() - fair.len()) as u64,
        stopped: stops(&fair, all),
        stages: rollout.stages.iter().enumerate().map(stage).collect(),
        full: Share::new(full().count() as u64, all),
        full_ms: Spread::of(full().filter_map(|ran| ran.full_ms).map(|ms| ms as f64)),
        promoted: Share::new(promoted().count() as u64, all),
        promoted_ms: Spread::of(promoted().map(|ran| ran.at_ms as f64)),
        waiting_for: causes(waiting.copied()),
    }
}

fn stage(stage: usize, weight: u32, all: &[&RunResult]) -> StageOutcome {
    let came = all.iter().filter(|ran| ran.stage >= stage).count() as u64;
    let here: Vec<&RunResult> = all.iter().copied().filter(|ran| ran.stage == stage).collect();
    let unfinished = here.iter().filter(|ran| ran.end == End::Unfinished).count() as u64;
    let lasted = |ran: &&RunResult| {
        let (began, ended) = (ran.entered.get(stage)?, ran.entered.get(stage + 1)?);
        Some(ended.saturating_sub(*began) as f64)
    };
    StageOutcome {
        stage,
        weight,
        stopped: stops(&here, came),
        lasted_ms: Spread::of(all.iter().filter_map(lasted)),
        unfinished,
    }
}

fn stops(ran: &[&RunResult], of: u64) -> Stops {
    let stopped: Vec<&RunResult> =
        ran.iter().copied().filter(|r| r.end == End::RolledBack).collect();
    let spread = |value: fn(&RunResult) -> f64| Spread::of(stopped.iter().map(|ran| value(ran)));
    Stops {
        share: Share::new(stopped.len() as u64, of),
        after_ms: spread(|ran| ran.at_ms.saturating_sub(ran.turned_ms) as f64),
        requests: spread(|ran| ran.requests as f64),
        users: spread(|ran| ran.users),
        by: causes(stopped.iter().copied()),
    }
}

/// Counts reasons, the most frequent first.
fn causes<'a>(ran: impl Iterator<Item = &'a RunResult>) -> Vec<By> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    ran.flat_map(|ran| &ran.why).for_each(|why| *counts.entry(why).or_default() += 1);
    let mut by: Vec<By> =
        counts.into_iter().map(|(what, runs)| By { what: what.to_owned(), runs }).collect();
    by.sort_by_key(|by| std::cmp::Reverse(by.runs));
    by
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_seen() {
        let spread = Spread::of((1..=20).map(f64::from)).unwrap();
        assert_eq!((spread.median, spread.p95), (10.0, 19.0));
        assert_eq!(Spread::of([7.0].into_iter()).unwrap(), Spread { median: 7.0, p95: 7.0 });
        assert_eq!(Spread::of(std::iter::empty()), None);
    }
}
