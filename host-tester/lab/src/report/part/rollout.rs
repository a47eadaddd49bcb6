//! One rollout: how it ended, its charts, its decisions, its numbers.

use super::{decisions, numbers};
use crate::report::Report;
use crate::report::chart::{self, Mark, Time};
use crate::report::html::{sentence, text};
use crate::report::model::Rollout;
use crate::report::model::{state_class, state_words};
use crate::story::{self, count, percent};
use serinus_core::record::Record;

/// The section of the rollout with this place in the report.
pub(in super::super) fn rollout(report: &Report, place: usize, rollout: &Rollout) -> String {
    // Lines need moments that ascend, whatever a report says.
    let mut rollout = rollout.clone();
    rollout.samples.sort_by_key(|sample| sample.at_ms);
    let time = time(report, &rollout);
    let charts = [
        chart::weight::chart(&rollout, &time),
        chart::requests::chart(&rollout, &time),
        chart::failures::chart(&rollout, &time),
        chart::rates::chart(&rollout, &time),
        chart::evidence::chart(&rollout, &time),
        rollout.latency.as_ref().and_then(chart::latency::chart),
    ];
    let charts: String = charts.into_iter().flatten().collect();
    format!(
        "<section class=rollout>\n<h2>{} <small>generation {}</small></h2>\n{}{}{charts}{}{}</section>\n",
        text(&rollout.name),
        rollout.generation,
        ending(&rollout),
        tiles(&rollout),
        decisions::decisions(&rollout, place, rollout.start_ms.or(report.start_ms)),
        numbers::numbers(&rollout),
    )
}

fn time(report: &Report, rollout: &Rollout) -> Time {
    let last = rollout.samples.last().map_or(0, |sample| sample.at_ms);
    let start_ms = rollout.start_ms.or(report.start_ms);
    let numbered = (1..).zip(&rollout.decisions);
    let marks = numbered.filter_map(|(number, record)| {
        let at_ms = record.time_ms.checked_sub(start_ms?)?;
        Some(Mark { number, at_ms, verdict: record.verdict })
    });
    let end_ms = report.duration_ms.max(last);
    // What lies beyond would stand at the end, as if it were of that time.
    Time { end_ms, marks: marks.filter(|mark| mark.at_ms <= end_ms).collect() }
}

/// What happened, why, compared with what, and how sure.
fn ending(rollout: &Rollout) -> String {
    let records: Vec<&Record> = rollout.decisions.iter().collect();
    let answers: String = story::overview(&records)
        .iter()
        .map(|(question, answer)| {
            format!("<div><dt>{question}</dt><dd>{}</dd></div>\n", sentence(answer))
        })
        .collect();
    if answers.is_empty() { answers } else { format!("<dl class=overview>\n{answers}</dl>\n") }
}

/// The numbers that one asks for first.
fn tiles(rollout: &Rollout) -> String {
    let Some(last) = rollout.samples.last() else { return String::new() };
    let state = last.state;
    let mut tiles =
        vec![tile("state", &state_words(state), &format!("state-{}", state_class(state)))];
    if let Some(totals) = last.totals {
        for (name, arm) in [("canary", totals.canary), ("baseline", totals.baseline)] {
            let share = percent(arm.failures as f64 / arm.requests.max(1) as f64);
            let failed = format!("{} failed ({share})", count(arm.failures));
            tiles.push(format!(
                "<div class=\"tile {name}\"><dt>{name} requests</dt><dd>{}</dd><dd class=sub>{failed}</dd></div>",
                count(arm.requests)
            ));
        }
    }
    tiles.push(tile("weight", &story::weight(last.weight), ""));
    format!("<dl class=tiles>{}</dl>\n", tiles.concat())
}

fn tile(name: &str, value: &str, class: &str) -> String {
    format!("<div class=\"tile {class}\"><dt>{name}</dt><dd>{}</dd></div>", text(value))
}
