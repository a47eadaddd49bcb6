//! The gates.

use crate::cohort::number;
use crate::config::choice::{Metric, Severity};
use crate::config::profile::Preset;
use crate::config::raw;
use crate::config::rollout::{Event, Gate, GateTest, Levels};
use crate::contract::GateLabel;
use crate::decode::Path;
use crate::decode::error::Errors;
use crate::decode::value::Limit;
use crate::guard::GuardPolicy;
use crate::stats::alpha;

pub(super) fn gates(
    raw: Option<Vec<raw::Gate>>,
    preset: &Preset,
    events: &[Event],
    at: &Path<'_>,
    errors: &mut Errors,
) -> Vec<Gate> {
    let Some(raw) = raw else {
        return preset_gates(preset);
    };
    let mut gates: Vec<Gate> = Vec::with_capacity(raw.len());
    for (i, raw) in raw.into_iter().enumerate() {
        let at = at.index(i);
        let Some((test, label)) = test(&raw, preset, events, &at, errors) else { continue };
        if gates.iter().any(|earlier| earlier.label == label) {
            at.report(errors, format!("`{label}` is there already"));
        }
        let severity = raw.severity.unwrap_or(Severity::Critical);
        gates.push(Gate { test, severity, dry_run: raw.dry_run.unwrap_or(false), label });
    }
    gates
}

fn preset_gates(preset: &Preset) -> Vec<Gate> {
    let gate = |(test, label), severity| Gate { test, severity, dry_run: false, label };
    let errors = gate(errors_gate(preset.max_errors), Severity::Critical);
    let effect = preset.max_effect.map(|max| gate(effect_at_most(max), Severity::Warn));
    [errors].into_iter().chain(effect).collect()
}

/// Divides the budget of false rollbacks; see [`Levels`].
pub(super) fn levels(
    guard: GuardPolicy,
    promote: f64,
    gates: &[Gate],
    tests_forced: bool,
    stages: usize,
) -> (GuardPolicy, Levels) {
    let acting = gates.iter().filter(|gate| gate.rolls_back());
    // One test of its own for the requests that a rule sent to the canary.
    let tests = |gate: &Gate| if tests_forced && gate.limit().is_some() { 2 } else { 1 };
    let acting: u32 = acting.map(tests).sum();
    let part = if acting == 0 { 1.0 } else { Levels::GUARD_PART };
    let rollback_in_all = alpha::share(guard.alpha * (1.0 - Levels::GUARD_PART), acting);
    let rollback = alpha::share(rollback_in_all, stages as u32);
    let guard = GuardPolicy { alpha: guard.alpha * part, ..guard };
    (guard, Levels { promote, rollback, rollback_in_all })
}

/// What a gate asks, and its label.
type Asked = (GateTest, String);

fn test(
    raw: &raw::Gate,
    preset: &Preset,
    events: &[Event],
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<Asked> {
    refuse_keys_of_others(raw, at, errors);
    match raw.metric {
        Metric::Errors => match raw.max {
            None => Some(errors_gate(preset.max_errors)),
            Some(Limit::Share(share)) if share < 1.0 => Some(errors_gate(share)),
            Some(_) => at.key("max").fail(errors, "expected a share below 100 %"),
        },
        Metric::Latency if raw.compare.is_some() || raw.max_effect.is_some() => {
            effect_gate(raw, at, errors)
        }
        Metric::Latency => latency_gate(raw, at, errors),
        Metric::Event => event_gate(raw, events, at, errors),
    }
}

fn refuse_keys_of_others(raw: &raw::Gate, at: &Path<'_>, errors: &mut Errors) {
    let own: &[&str] = match raw.metric {
        Metric::Errors => &["max"],
        Metric::Latency => &["max", "quantile", "compare", "max_effect"],
        Metric::Event => &["name", "max_drop"],
    };
    let given = [
        ("max", raw.max.is_some()),
        ("quantile", raw.quantile.is_some()),
        ("compare", raw.compare.is_some()),
        ("max_effect", raw.max_effect.is_some()),
        ("name", raw.name.is_some()),
        ("max_drop", raw.max_drop.is_some()),
    ];
    for (key, _) in given.iter().filter(|(key, there)| *there && !own.contains(key)) {
        at.key(key).fail::<()>(errors, format!("not for the metric `{}`", raw.metric.as_str()));
    }
}

fn errors_gate(max: f64) -> Asked {
    (GateTest::Errors { max }, GateLabel::Errors { max }.text())
}

/// How much slower the whole distribution may be.
fn effect_gate(raw: &raw::Gate, at: &Path<'_>, errors: &mut Errors) -> Option<Asked> {
    if raw.compare.as_deref() != Some("mann-whitney") {
        return at.key("compare").fail(errors, "the one comparison there is is `mann-whitney`");
    }
    for (key, _) in [("max", raw.max.is_some()), ("quantile", raw.quantile.is_some())]
        .into_iter()
        .filter(|(_, there)| *there)
    {
        at.refuse(key, errors, "not with `compare`, which is about all latencies at once");
    }
    let max = raw.max_effect.unwrap_or(0.56);
    if !(max > 0.5 && max < 1.0) {
        return at.key("max_effect").fail(errors, "must be above 0.5 (no difference) and below 1");
    }
    Some(effect_at_most(max))
}

fn effect_at_most(max: f64) -> Asked {
    (GateTest::Effect { max }, GateLabel::Effect { max }.text())
}

/// How much less often a business event may happen.
fn event_gate(
    raw: &raw::Gate,
    events: &[Event],
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<Asked> {
    let Some(name) = &raw.name else {
        return at.key("name").fail(errors, "missing: which of `events`");
    };
    let Some(index) = events.iter().position(|event| event.name == *name) else {
        let known: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let problem = format!("no such event; `events` has: {known}");
        return at.key("name").fail(errors, problem);
    };
    let Some(max_drop) = raw.max_drop.map(|drop| drop.0).filter(|d| *d > 0.0 && *d < 1.0) else {
        return at
            .key("max_drop")
            .fail(errors, "needs a share such as 5%, above 0 and below 100 %");
    };
    Some((GateTest::Event { index, max_drop }, GateLabel::Event { name, max_drop }.text()))
}

fn latency_gate(raw: &raw::Gate, at: &Path<'_>, errors: &mut Errors) -> Option<Asked> {
    let limit = match raw.max {
        Some(Limit::Duration(duration)) if duration.ms > 0 => duration,
        _ => return at.key("max").fail(errors, "expected a duration such as 500ms"),
    };
    let word = raw.quantile.as_deref().unwrap_or("p99");
    let quantile = word.strip_prefix('p').and_then(|digits| number::parse(digits.as_bytes()));
    let Some(quantile) = quantile.filter(|q| (1.0..100.0).contains(q)) else {
        return at.key("quantile").fail(errors, "expected p50, p95, p99, p99.9 or the like");
    };
    let test = GateTest::Latency { limit: limit.ms * 1000, max: 1.0 - quantile / 100.0 };
    Some((test, GateLabel::Latency { quantile: word, max_ms: limit.ms }.text()))
}
