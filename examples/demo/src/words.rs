//! Numbers and decisions as sentences.

use serinus_core::contract::{GateLabel, Metric};
use std::time::Duration;

use serinus_core::guard::Finding;
use serinus_core::record::{Comparison, Reason, Record, Verdict};

use crate::release::Release;

/// `2611` as `2,611`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share as a percentage: `5%`, `0.25%`.
pub fn percent(share: f64) -> String {
    let text = format!("{:.2}", share * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Seconds with one decimal: `6.7 s`.
pub fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// A moment of the play: `0:06.7`.
pub fn clock(at: Duration) -> String {
    let tenths = at.as_millis() / 100;
    format!("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

/// `requests` in the right number.
pub fn requests(n: u64) -> String {
    format!("{} request{}", count(n), if n == 1 { "" } else { "s" })
}

/// What a sentence is about, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// The story.
    Plain,
    /// What we did to it.
    Ours,
    /// Good news.
    Good,
    /// Bad news.
    Bad,
    /// Not yet.
    Waiting,
}

/// A decision of the filter, for a person.
pub fn decision(record: &Record, release: &Release) -> (Tone, String) {
    let canary = release.canary;
    let first = record.reasons.first();
    match (record.verdict, first) {
        (Verdict::Rollback, Some(Reason::Guard(finding))) => (Tone::Bad, guard(finding, release)),
        (Verdict::Rollback, _) => {
            (Tone::Bad, format!("Serinus stops {canary}: {}.", codes(record)))
        }
        (Verdict::Promote, Some(Reason::GatesPassed { to_weight })) => {
            let weight = percent(f64::from(*to_weight) / 1e5);
            let proof = bounds(&record.comparisons);
            (Tone::Good, format!("Serinus gives {canary} {weight}: {}. {proof}.", seen(record)))
        }
        (Verdict::Promote, _) => {
            let age = seconds(Duration::from_millis(record.stage_age_ms));
            let seen = seen(record);
            (Tone::Good, format!("Serinus promotes {canary} after {age} at 100%: {seen}."))
        }
        (Verdict::Hold, Some(Reason::GateOpen { .. })) => {
            let proof = bounds(&record.comparisons);
            let weight = percent(f64::from(record.weight) / 1e5);
            let seen = seen(record);
            let text = format!("Not proven yet, {canary} stays at {weight}: {seen}. {proof}.");
            (Tone::Waiting, text)
        }
        (Verdict::Hold, _) => (Tone::Waiting, format!("{canary} waits: {}.", codes(record))),
    }
}

fn guard(finding: &Finding, release: &Release) -> String {
    let (seen, failed) = (&finding.seen.assigned, &finding.seen.failed);
    format!(
        "Serinus stops {}: {} of its {} failed, {} of {} at {}. Evidence that it is worse: {} to 1; {} to 1 is enough.",
        release.canary,
        count(failed.canary),
        requests(seen.canary),
        count(failed.baseline),
        count(seen.baseline),
        release.baseline,
        odds(finding.ln_e),
        odds(finding.threshold),
    )
}

/// Odds from their logarithm. Beyond a million nobody counts.
fn odds(ln: f64) -> String {
    let odds = ln.exp();
    if odds > 1e6 { "over 1,000,000".to_owned() } else { count(odds.round() as u64) }
}

fn codes(record: &Record) -> String {
    record.reasons.iter().map(Reason::code).collect::<Vec<_>>().join(", ")
}

/// What the canary showed in its stage.
fn seen(record: &Record) -> String {
    match record.compared(Metric::Errors) {
        Some(errors) => {
            format!("{}, {} failed", requests(errors.canary.requests), count(errors.canary.hits))
        }
        None => "every gate passed".to_owned(),
    }
}

/// How bad it can still be.
fn bounds(comparisons: &[Comparison]) -> String {
    let bound = |c: &Comparison| {
        let (high, limit) = (percent_up(c.canary.high), percent(c.limit));
        match GateLabel::parse(&c.gate) {
            Some(GateLabel::Latency { max_ms, .. }) => {
                format!("slower than {max_ms} ms at most {high} (limit {limit})")
            }
            _ => format!("failing at most {high} (limit {limit})"),
        }
    };
    let text = comparisons.iter().map(bound).collect::<Vec<_>>().join(", ");
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A bound, rounded so that it stays one: up.
fn percent_up(share: f64) -> String {
    percent((share * 1e4).ceil() / 1e4)
}

#[cfg(test)]
mod tests;
