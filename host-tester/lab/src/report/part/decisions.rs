//! What was decided, in the words of [`crate::story`].

use super::omitted;
use crate::report::html::{sentence, table, text};
use crate::report::model::Rollout;
use crate::story::{Explanation, lasted, tell, utc};
use serinus_core::record::{Judgement, Record, Verdict};

/// A rollout comes to a dozen.
const MOST: usize = 300;

pub(super) fn decisions(rollout: &Rollout, place: usize, start_ms: Option<u64>) -> String {
    if rollout.decisions.is_empty() {
        return "<p class=note>Nothing was decided.</p>\n".to_owned();
    }
    let shown = rollout.decisions.iter().take(MOST).enumerate();
    let items: String =
        shown.map(|(i, record)| item(record, &format!("d{place}-{}", i + 1), start_ms)).collect();
    format!(
        "<h3>Decisions</h3>\n<ol class=decisions>\n{items}</ol>\n{}",
        omitted(rollout.decisions.len(), MOST, "decision")
    )
}

fn item(record: &Record, id: &str, start_ms: Option<u64>) -> String {
    let told = tell(record);
    let at = start_ms.and_then(|start| record.time_ms.checked_sub(start));
    let at = at.map_or_else(String::new, |ms| format!("<b>+{}</b> ", lasted(ms)));
    let verdict = record.verdict.as_str();
    let why: String = told.why.iter().map(|why| format!("{} ", sentence(why))).collect();
    format!(
        "<li id={id} class={verdict}><h5><span class=\"badge {verdict}\">{}</span> {}</h5>\n<p class=when>{at}{} UTC, stage {}</p>\n<p>{why}</p>\n{}</li>\n",
        word(record.verdict),
        text(&told.headline),
        utc(record.time_ms),
        record.stage,
        compared(&told),
    )
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Promote => "promote",
        Verdict::Hold => "hold",
        Verdict::Rollback => "roll back",
    }
}

fn compared(told: &Explanation) -> String {
    if told.compared.is_empty() {
        return String::new();
    }
    let rows = told.compared.iter().map(|gate| {
        let (class, word) = match gate.result {
            Judgement::Passed => ("passed", "passed"),
            Judgement::Open => ("open", "open"),
            Judgement::Breached => ("failed", "breached"),
            Judgement::Waived => ("open", "not judged"),
        };
        vec![
            format!("<code>{}</code>", text(&gate.gate)),
            format!("<span class=\"badge {class}\">{word}</span> {}", text(&gate.verdict)),
            text(&gate.canary),
            text(&gate.baseline),
        ]
    });
    let latency = told.latency.iter().map(|line| format!("{}<br>", text(line)));
    let latency: String = latency.collect();
    let latency = match latency.as_str() {
        "" => String::new(),
        lines => format!("<p class=note>Latency in the stage, with intervals:<br>{lines}</p>\n"),
    };
    table("gates", &["gate", "result", "canary", "baseline"], rows) + &latency
}
