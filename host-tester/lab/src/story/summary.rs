//! Several decisions on one rollout, in one sentence.

use super::{count, lasted, percent, plural, utc, weight};
use serde::{Deserialize, Serialize};
use serinus_core::contract::Metric;
use serinus_core::record::{Reason, Record, Verdict};

/// Where a rollout stands after a decision. A kill is an edit of the configuration and leaves no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// On its way.
    Progressing,
    /// Kept where it is.
    Holding,
    /// At its end.
    Promoted,
    /// Stopped.
    RolledBack,
}

/// What a sequence of decisions came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// How it stands after the last.
    pub outcome: Outcome,
    /// The weight after the last, in 1/100000; 0 once rolled back.
    pub weight: u32,
    /// When the stage of the first decision began, unix milliseconds.
    pub began_ms: u64,
    /// When the last decision was made, unix milliseconds.
    pub last_ms: u64,
    /// Canary requests in all stages on record, as far as they are on record.
    pub requests: u64,
    /// Failures among them.
    pub failures: u64,
    /// Whether every stage on record has its requests there.
    pub complete: bool,
    /// Whether the first decision is about the first stage, so that the rollout began when that did.
    pub from_start: bool,
}

/// Where the rollout stands once this decision holds, and at which weight.
pub fn state_after(record: &Record) -> (Outcome, u32) {
    match (record.verdict, record.reasons.first()) {
        (Verdict::Rollback, _) => (Outcome::RolledBack, 0),
        (_, Some(Reason::Configured { to_weight } | Reason::GatesPassed { to_weight })) => {
            (Outcome::Progressing, *to_weight)
        }
        (Verdict::Promote, _) => (Outcome::Promoted, record.weight),
        (Verdict::Hold, _) => (Outcome::Holding, record.weight),
    }
}

/// When the stage of a decision was entered; what tells one stay in a stage from another.
fn entered_ms(record: &Record) -> u64 {
    record.time_ms.saturating_sub(record.stage_age_ms)
}

/// Canary requests and failures in the stage so far. `None` where no guard and no gate on errors counted.
fn seen(record: &Record) -> Option<(u64, u64)> {
    let guard = record.reasons.iter().find_map(|reason| match reason {
        Reason::Guard(found) => Some((found.seen.assigned.canary, found.seen.failed.canary)),
        _ => None,
    });
    let errors = || record.compared(Metric::Errors);
    guard.or_else(|| errors().map(|c| (c.canary.requests, c.canary.hits)))
}

/// Sums up decisions on one rollout, in their order. `None` if there are none.
pub fn summarize(records: &[&Record]) -> Option<Summary> {
    let (first, last) = (records.first()?, records.last()?);
    let (outcome, weight) = state_after(last);
    let (mut requests, mut failures, mut complete) = (0_u64, 0_u64, true);
    for stay in records.chunk_by(|a, b| entered_ms(a) == entered_ms(b)) {
        match stay.iter().rev().find_map(|record| seen(record)) {
            Some((seen, failed)) => {
                requests = requests.saturating_add(seen);
                failures = failures.saturating_add(failed);
            }
            None => complete = false,
        }
    }
    let (began_ms, last_ms) = (entered_ms(first), last.time_ms);
    let from_start = first.stage == 0;
    Some(Summary { outcome, weight, began_ms, last_ms, requests, failures, complete, from_start })
}

impl Summary {
    /// In one or two sentences.
    pub fn sentence(&self) -> String {
        let ended = match self.outcome {
            Outcome::RolledBack => "Rolled back".to_owned(),
            Outcome::Promoted => "Promoted for good".to_owned(),
            Outcome::Progressing => format!("On its way at {}", weight(self.weight)),
            Outcome::Holding => format!("Holding at {}", weight(self.weight)),
        };
        let span = lasted(self.last_ms.saturating_sub(self.began_ms));
        let what = if self.from_start { "it" } else { "the first stage on record" };
        let began = utc(self.began_ms);
        format!("{ended}, {span} after {what} began ({began} UTC). {}", self.cost())
    }

    /// What it took.
    fn cost(&self) -> String {
        let requests = plural(self.requests, "canary request");
        let least = if self.complete { "" } else { "at least " };
        match self.requests {
            0 if !self.complete => "How many requests it took is not on record.".to_owned(),
            0 => "It took no canary request.".to_owned(),
            n => {
                let share = percent(self.failures as f64 / n as f64);
                format!("It took {least}{requests}; {} failed ({share}).", count(self.failures))
            }
        }
    }
}

#[cfg(test)]
mod tests;
