//! The expectation that a decision is made, or is not.

use crate::scenario::extension::{CheckKind, CheckTally, Comparison, ExtraCheck};
use crate::scenario::judge::Clock;
use crate::scenario::observation::LogLine;
use crate::scenario::read::declare::shape;
use crate::scenario::read::decode::{Decode, Definitions, Mistakes, Node};
use serde_json::{Value, json};
use serinus_core::contract::log;
use serinus_core::diagnostic::suggestion::suggestion;
use serinus_core::record::{Record, Verdict};
use std::sync::Arc;
use std::time::Duration;

/// How many decisions that do not fit are kept, for a message.
const EXAMPLES: usize = 5;

/// The words that reasons begin with.
const REASONS: [&str; 10] = [
    "guard",
    "gate_breached",
    "expired",
    "frozen",
    "no_traffic",
    "too_few_requests",
    "gate_open",
    "configured",
    "gates_passed",
    "watch_over",
];

impl Decode for Verdict {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|one| node.value.as_str() == Some(one.as_str()));
        found.or_else(|| node.expected(mistakes, "one of `promote`, `hold`, `rollback`"))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "enum": Self::ALL.map(Self::as_str) })
    }
}

shape! {
    /// A decision that should, or should not, be made. A gate's name may be left out of the reason.
    VerdictCheck {
        /// A decision was made.
        verdict: Verdict,
        /// With `verdict` and `state`: on which rollout.
        rollout: Option<String>,
        /// With `verdict`: by when.
        by: Option<Duration>,
        /// With `verdict`: why, such as `guard`, or `gate_breached: errors`.
        reason: Option<String>,
        /// With `verdict`: that it was not made.
        never: bool = false,
    }
}

/// `verdict: rollback`, with what goes with it.
#[derive(Debug)]
pub(super) struct Verdicts;

impl CheckKind for Verdicts {
    fn key(&self) -> &'static str {
        "verdict"
    }

    fn keys(&self) -> &'static [&'static str] {
        &["rollout", "by", "reason", "never"]
    }

    fn schema(&self) -> Value {
        shape_of("VerdictCheck", VerdictCheck::schema)
    }

    fn read(&self, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Arc<dyn ExtraCheck>> {
        let check = VerdictCheck::decode(node, mistakes)?;
        known_reason(check.reason.as_deref(), node, mistakes)?;
        Some(Arc::new(check))
    }
}

/// The schema of a shape by itself, in place of a reference to it.
pub(super) fn shape_of(name: &str, schema: fn(&mut Definitions) -> Value) -> Value {
    let mut definitions = Definitions::default();
    schema(&mut definitions);
    definitions.named.remove(name).unwrap_or_default()
}

fn known_reason(reason: Option<&str>, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<()> {
    let Some(reason) = reason else { return Some(()) };
    let word = reason.split(':').next().unwrap_or_default();
    if REASONS.contains(&word) {
        return Some(());
    }
    let remedy = suggestion(word, &REASONS, "known reasons");
    mistakes.add_with(node.key("reason"), format!("no reason begins with `{word}`"), remedy);
    None
}

impl ExtraCheck for VerdictCheck {
    fn title(&self) -> String {
        let rollout = self.rollout.as_ref().map(|name| format!(" on {name}")).unwrap_or_default();
        let reason = self.reason.as_ref().map(|why| format!(" for {why}")).unwrap_or_default();
        format!("verdict {}{rollout}{reason}", self.verdict.as_str())
    }

    fn times(&self) -> Vec<(&'static str, Duration)> {
        self.by.map(|by| ("by", by)).into_iter().collect()
    }

    fn tally(&self) -> Option<Box<dyn CheckTally>> {
        Some(Box::new(Decisions { check: self.clone(), first: None, others: Vec::new() }))
    }
}

/// The decisions of a run, as far as one expectation needs them.
#[derive(Debug)]
struct Decisions {
    check: VerdictCheck,
    /// The first decision that fits.
    first: Option<(Duration, String)>,
    /// Some that do not.
    others: Vec<String>,
}

impl CheckTally for Decisions {
    fn logged(&mut self, line: &LogLine<'_>) {
        let Some(record) = record(line.text) else { return };
        let shown = shown(&record, line.at);
        match fits(&self.check, &record) {
            true if self.first.is_none() => self.first = Some((line.at, shown)),
            false if self.others.len() < EXAMPLES => self.others.push(shown),
            _ => {}
        }
    }

    fn conclude(&self, now: Duration) -> (Comparison, Duration) {
        let VerdictCheck { by, never, .. } = self.check;
        let (at, seen) = match &self.first {
            Some((at, shown)) => (*at, shown.clone()),
            None if self.others.is_empty() => (now, "no decision".to_owned()),
            None => (now, format!("only {}", self.others.join("; "))),
        };
        let timely = self.first.is_some() && by.is_none_or(|by| at <= by);
        let limit = by.map(|by| format!(" by {}", Clock(by))).unwrap_or_default();
        let expected = if never { format!("none{limit}") } else { format!("one{limit}") };
        (Comparison { expected, seen, passed: timely != never }, at)
    }
}

fn record(text: &str) -> Option<Record> {
    serde_json::from_str(text.strip_prefix(log::DECISION)?).ok()
}

/// `rollback on checkout at 20s (guard)`.
fn shown(record: &Record, at: Duration) -> String {
    let reasons: Vec<String> = record.reasons.iter().map(|reason| reason.code()).collect();
    let Record { rollout, verdict, .. } = record;
    format!("{} on {rollout} at {} ({})", verdict.as_str(), Clock(at), reasons.join(", "))
}

fn fits(check: &VerdictCheck, record: &Record) -> bool {
    let because = |wanted: &String| {
        let mut codes = record.reasons.iter().map(|reason| reason.code());
        codes.any(|code| code == *wanted || code.split(':').next() == Some(wanted))
    };
    check.verdict == record.verdict
        && check.rollout.as_ref().is_none_or(|rollout| *rollout == record.rollout)
        && check.reason.as_ref().is_none_or(because)
}
