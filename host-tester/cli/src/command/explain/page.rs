//! The decisions of logs as a [`Report`].
//!
//! A log holds no samples, only what was seen at each decision. That is enough for the weight over time,
//! and for a rate with its interval wherever one was compared.

use serinus_core::arm::PerArm;
use serinus_core::contract::Metric;
use serinus_core::record::{Rate, Record};
use serinus_lab::explain::{Log, Timeline, timelines};
use serinus_lab::report::{Report, Rollout, Sample, State};
use serinus_lab::story::{Outcome, plural, state_after};

pub(super) fn report(logs: &[Log]) -> Report {
    let timelines: Vec<Timeline<'_>> = logs.iter().flat_map(timelines).collect();
    let decisions: usize = timelines.iter().map(|timeline| timeline.decisions.len()).sum();
    let files = plural(logs.len() as u64, "file");
    Report {
        title: "What was decided, and why".to_owned(),
        description: format!("{} out of {files}.", plural(decisions as u64, "decision")),
        facts: vec![("serinus".to_owned(), env!("CARGO_PKG_VERSION").to_owned())],
        rollouts: timelines.iter().map(|t| rollout(t, logs.len() > 1)).collect(),
        ..Report::default()
    }
}

fn rollout(timeline: &Timeline<'_>, name_file: bool) -> Rollout {
    let start_ms = timeline.summary.began_ms;
    let at = if name_file { format!(" in {}", timeline.file) } else { String::new() };
    let records = timeline.decisions.iter().map(|found| &found.record);
    let mut samples: Vec<Sample> =
        records.clone().flat_map(|record| samples(record, start_ms)).collect();
    samples.extend(samples.last().map(|last| aftermath(last, timeline)));
    Rollout {
        name: format!("{}{at}", timeline.rollout),
        generation: timeline.generation,
        start_ms: Some(start_ms),
        samples,
        decisions: records.cloned().collect(),
        latency: None,
    }
}

/// How it was when the stage began, and what was seen and came of it at the decision.
fn samples(record: &Record, start_ms: u64) -> [Sample; 2] {
    let at_ms = record.time_ms.saturating_sub(start_ms);
    let entered = Sample {
        at_ms: at_ms.saturating_sub(record.stage_age_ms),
        weight: record.weight,
        stage: record.stage,
        ..Sample::default()
    };
    let (outcome, weight) = state_after(record);
    let decided =
        Sample { at_ms, weight, state: state(outcome), rates: rates(record), ..entered.clone() };
    [entered, decided]
}

/// A while in which nothing more happens: what the last decision came to must be seen.
fn aftermath(last: &Sample, timeline: &Timeline<'_>) -> Sample {
    let span = timeline.summary.last_ms.saturating_sub(timeline.summary.began_ms);
    let at_ms = last.at_ms.saturating_add(span / 8);
    Sample { at_ms, rates: None, ..last.clone() }
}

fn state(outcome: Outcome) -> State {
    match outcome {
        Outcome::Progressing => State::Progressing,
        Outcome::Holding => State::Holding,
        Outcome::Promoted => State::Promoted,
        Outcome::RolledBack => State::RolledBack,
    }
}

/// The rates of the errors that were compared.
fn rates(record: &Record) -> Option<PerArm<Rate>> {
    let errors = record.compared(Metric::Errors)?;
    Some(PerArm { baseline: errors.baseline, canary: errors.canary })
}
