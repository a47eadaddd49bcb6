//! The comparison.

use super::play::Played;
use crate::calibrate::interval::Share;
use crate::calibrate::run::{End, RunResult, START_MS};
use crate::calibrate::scenario::{Scenario, Turn};
use crate::calibrate::summary::Spread;
use serde::Serialize;
use serinus_core::record::{Record, Verdict};

/// The level of the intervals that must overlap. With a dozen scenarios, 99.9 % keeps chance out of it.
const LEVEL: f64 = 0.999;

/// One scenario by both.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// The scenario.
    pub id: String,
    /// In words.
    pub title: String,
    /// Rollbacks by the core.
    pub native: Share,
    /// Rollbacks by the filter.
    pub exact: Share,
    /// When, by the core, milliseconds after the canary had turned.
    pub native_ms: Option<Spread>,
    /// When, by the filter.
    pub exact_ms: Option<Spread>,
    /// Whether the shares' intervals overlap, and those of the median times.
    pub alike: bool,
    /// Decisions of the filter.
    pub decisions: u64,
    /// Those that the core, given the same requests, did not make just so.
    pub differ: u64,
}

/// Compares run by run and share by share.
pub fn agreements(
    scenarios: &[Scenario],
    native: &[Vec<RunResult>],
    played: &[Vec<Played>],
) -> Vec<Agreement> {
    let all = scenarios.iter().zip(native).zip(played);
    all.map(|((scenario, native), played)| agreement(scenario, native, played)).collect()
}

fn agreement(scenario: &Scenario, native: &[RunResult], played: &[Played]) -> Agreement {
    let turned = match scenario.turn {
        Turn::AtOnce => 0,
        Turn::After(ms) => ms,
    };
    let since = |at: u64| at.saturating_sub(turned) as f64;
    let stopped = native.iter().filter(|ran| ran.end == End::RolledBack);
    let ours: Vec<f64> = stopped.map(|ran| since(ran.at_ms)).collect();
    let last = |played: &Played| played.records.last().cloned();
    let stopped = played.iter().filter_map(last).filter(|r| r.verdict == Verdict::Rollback);
    let theirs: Vec<f64> = stopped.map(|r| since(r.time_ms.saturating_sub(START_MS))).collect();
    let share = |stopped: &[f64], of: usize| Share::at(stopped.len() as u64, of as u64, LEVEL);
    let (native, exact) = (share(&ours, native.len()), share(&theirs, played.len()));
    let times = median_interval(&ours).zip(median_interval(&theirs));
    let in_time = times.is_none_or(|(a, b)| a.0 <= b.1 && b.0 <= a.1);
    Agreement {
        id: scenario.id.clone(),
        title: scenario.title.clone(),
        alike: native.overlaps(&exact) && in_time,
        native,
        exact,
        native_ms: Spread::of(ours.into_iter()),
        exact_ms: Spread::of(theirs.into_iter()),
        decisions: played.iter().map(|played| played.records.len() as u64).sum(),
        differ: played.iter().map(differ).sum(),
    }
}

/// How many decisions the twin did not make just so.
fn differ(played: &Played) -> u64 {
    let (ours, theirs) = (&played.twin, &played.records);
    let same = |(a, b): &(&Record, &Record)| read_back(a).as_ref() == Some(*b);
    let same = ours.iter().zip(theirs).filter(same).count();
    (ours.len().max(theirs.len()) - same) as u64
}

/// A record as it is once it has been written and read: what the filter's are.
fn read_back(record: &Record) -> Option<Record> {
    let line = record.line();
    serde_json::from_str(line.strip_prefix(serinus_core::contract::log::DECISION)?).ok()
}

/// Where the median lies, as order statistics: half of the values are a coin toss each. `None` of fewer than eleven, where no
/// interval of this level exists.
fn median_interval(values: &[f64]) -> Option<(f64, f64)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let far = 3.29 * n.sqrt() / 2.0;
    let low = (n / 2.0 - far).floor();
    let at = |place: f64| sorted.get(place as usize).copied();
    (low >= 0.0).then(|| at(low).zip(at(n - 1.0 - low))).flatten()
}
