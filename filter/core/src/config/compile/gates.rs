//! The gates.

use super::decimal;
use crate::cohort::number;
use crate::config::choice::{Metric, Severity};
use crate::config::decode::Path;
use crate::config::error::Errors;
use crate::config::profile::Preset;
use crate::config::raw;
use crate::config::rollout::{Gate, GateTest};
use crate::config::value::Limit;

pub(super) fn gates(
    raw: Option<Vec<raw::Gate>>,
    preset: &Preset,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Vec<Gate> {
    let Some(raw) = raw else {
        return vec![errors_gate(preset.max_errors, Severity::Critical)];
    };
    let numbered = raw.into_iter().enumerate();
    numbered.filter_map(|(i, raw)| gate(&raw, preset, &at.index(i), errors)).collect()
}

fn gate(raw: &raw::Gate, preset: &Preset, at: &Path<'_>, errors: &mut Errors) -> Option<Gate> {
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
    let severity = raw.severity.unwrap_or(Severity::Critical);
    match raw.metric {
        Metric::Errors => {
            let max = match raw.max {
                None => preset.max_errors,
                Some(Limit::Share(share)) if share < 1.0 => share,
                Some(_) => return at.key("max").fail(errors, "expected a share below 100 %"),
            };
            Some(errors_gate(max, severity))
        }
        Metric::Latency => latency_gate(raw, severity, at, errors),
        Metric::Event => at.fail(errors, "event gates are not evaluated by this version"),
    }
}

fn errors_gate(max: f64, severity: Severity) -> Gate {
    let label = format!("errors <= {}", percent(max));
    Gate { test: GateTest::Errors { max }, severity, label }
}

fn latency_gate(
    raw: &raw::Gate,
    severity: Severity,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<Gate> {
    if raw.compare.is_some() || raw.max_effect.is_some() {
        return at.key("compare").fail(errors, "mann-whitney is not evaluated by this version");
    }
    let limit = match raw.max {
        Some(Limit::Duration(duration)) if duration.ms > 0 => duration,
        _ => return at.key("max").fail(errors, "expected a duration such as 500ms"),
    };
    let word = raw.quantile.as_deref().unwrap_or("p99");
    let quantile = word.strip_prefix('p').and_then(|digits| number::parse(digits.as_bytes()));
    let Some(quantile) = quantile.filter(|q| (1.0..100.0).contains(q)) else {
        return at.key("quantile").fail(errors, "expected p50, p95, p99, p99.9 or the like");
    };
    Some(Gate {
        test: GateTest::Latency { limit: limit.ms * 1000, max: 1.0 - quantile / 100.0 },
        severity,
        label: format!("latency {word} <= {}ms", limit.ms),
    })
}

/// `0.001` as `0.1%`.
fn percent(share: f64) -> String {
    // A millionth of a percent is finer than any gate; it hides binary fractions.
    decimal(libm::round(share * 1e8) as u64, 6) + "%"
}
