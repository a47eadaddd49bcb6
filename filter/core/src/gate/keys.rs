//! The keys of a gate, as a rollout's author writes them, and how they are read. These shapes are part of the published
//! schema.

use super::{Gate as Made, effect, errors, event, latency};
use crate::decode::Path;
use crate::decode::declare::{choice, shape};
use crate::decode::error::Errors;
use crate::decode::value::{Limit, Share};

choice! {
    /// What a breached gate does.
    Severity {
        /// Holds the promotion, and rolls back when the breach is proven.
        Critical = "critical",
        /// Holds the promotion.
        Warn = "warn",
    }
}

choice! {
    /// What a gate looks at.
    Metric {
        /// The share of failed requests.
        Errors = "errors",
        /// How long successful requests took.
        Latency = "latency",
        /// How often a business event happened.
        Event = "event",
    }
}

shape! {
    /// A condition of promotion.
    Gate {
        /// The metric that the gate judges.
        metric: Metric,
        /// The limit: a share for `errors`, a duration for `latency`.
        max: Option<Limit>,
        /// The quantile of `latency` that has to be below `max`, such as `p99`.
        quantile: Option<String>,
        /// With `latency`: `mann-whitney` compares the whole distribution in place of a quantile.
        compare: Option<String>,
        /// With `compare`: the largest chance that a canary request takes longer than one of the baseline; by default 0.56.
        /// No difference is 0.5.
        max_effect: Option<f64>,
        /// With `event`: the event's name.
        name: Option<String>,
        /// With `event`: how much rarer than at the baseline the event may become.
        max_drop: Option<Share>,
        /// What a breach does; by default `critical`.
        severity: Option<Severity>,
        /// Whether the gate is recorded and not acted on; by default false.
        dry_run: Option<bool>,
    }
}

/// What the keys of a gate are read with.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The limit of a gate on errors that says none.
    pub max_errors: f64,
    /// The rollout's business events, in its order.
    pub events: &'a [&'a str],
}

/// The gate that these keys ask for; `None` if something is wrong with them.
pub(crate) fn read(
    keys: &Gate,
    context: &Context<'_>,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<Made> {
    refuse_keys_of_others(keys, at, errors);
    let whole = keys.compare.is_some() || keys.max_effect.is_some();
    let (test, label) = match keys.metric {
        Metric::Errors => errors::read(keys, context, at, errors),
        Metric::Latency if whole => effect::read(keys, at, errors),
        Metric::Latency => latency::read(keys, at, errors),
        Metric::Event => event::read(keys, context, at, errors),
    }?;
    let severity = keys.severity.unwrap_or(Severity::Critical);
    Some(Made { test, severity, dry_run: keys.dry_run.unwrap_or(false), label })
}

fn refuse_keys_of_others(keys: &Gate, at: &Path<'_>, errors: &mut Errors) {
    let own = match keys.metric {
        Metric::Errors => errors::KEYS,
        Metric::Latency => latency::KEYS,
        Metric::Event => event::KEYS,
    };
    let given = [
        ("max", keys.max.is_some()),
        ("quantile", keys.quantile.is_some()),
        ("compare", keys.compare.is_some()),
        ("max_effect", keys.max_effect.is_some()),
        ("name", keys.name.is_some()),
        ("max_drop", keys.max_drop.is_some()),
    ];
    for (key, _) in given.iter().filter(|(key, there)| *there && !own.contains(key)) {
        at.key(key).fail::<()>(errors, format!("not for the metric `{}`", keys.metric.as_str()));
    }
}
