//! One decision, told.

use super::{bounds, count, evidence, lasted, percent, plain, plural, weight};
use serinus_core::cohort::bucket::Weight;
use serinus_core::contract::Metric;
use serinus_core::evidence::RECENT_MS;
use serinus_core::guard::{Counters, Finding};
use serinus_core::policy::Failure;
use serinus_core::record::{
    Basis, Comparison, Judgement, Latency, LatencyRanges, Range, Rate, Reason, Record, Verdict,
};

/// A decision in words. Names in it are free of control characters, and not escaped for HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What was decided.
    pub headline: String,
    /// Why: one or two sentences per reason.
    pub why: Vec<String>,
    /// With what it was compared, gate by gate.
    pub compared: Vec<Compared>,
    /// Where the quantiles of the latency lie, a line for each arm; empty if nothing was measured.
    pub latency: Vec<String>,
}

/// One gate in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The gate's name.
    pub gate: String,
    /// How it stands.
    pub result: Judgement,
    /// `12 of 410 failed = 2.93% [1.21%, 5.9%]`.
    pub canary: String,
    /// The same of the baseline.
    pub baseline: String,
    /// What follows: `the canary's upper end must come down to 1%`.
    pub verdict: String,
}

/// Tells a decision.
pub fn tell(record: &Record) -> Explanation {
    Explanation {
        headline: headline(record),
        why: record.reasons.iter().flat_map(|reason| why(reason, record)).collect(),
        compared: record.comparisons.iter().map(compared).collect(),
        latency: record.latency.iter().flat_map(latency).collect(),
    }
}

/// `canary P50 20 to 25ms, P95 ...`.
fn latency(seen: &Latency) -> [String; 2] {
    let arm = |name: &str, ranges: &LatencyRanges| {
        let LatencyRanges { p50, p95, p99 } = ranges;
        let parts = [("P50", p50), ("P95", p95), ("P99", p99)];
        let parts = parts.map(|(quantile, lies)| format!("{quantile} {}", range(lies)));
        format!("{name} {}", parts.join(", "))
    };
    [arm("canary", &seen.canary), arm("baseline", &seen.baseline)]
}

/// The true quantile lies in it, with the record's error level.
fn range(range: &Range) -> String {
    let ms = |us: u64| format!("{}ms", us as f64 / 1e3);
    match (range.above_us, range.at_most_us) {
        (Some(above), Some(most)) => format!("{} to {}", ms(above), ms(most)),
        (Some(above), None) => format!("above {}", ms(above)),
        (None, Some(most)) => format!("up to {}", ms(most)),
        (None, None) => "not known yet".to_owned(),
    }
}

fn headline(record: &Record) -> String {
    let (from, age) = (weight(record.weight), lasted(record.stage_age_ms));
    match (record.verdict, record.reasons.first()) {
        (Verdict::Rollback, _) => format!("Rolled back at {from}, {age} into the stage"),
        (_, Some(Reason::Configured { to_weight })) => {
            format!("Moved from {from} to {}, {age} into the stage", weight(*to_weight))
        }
        (Verdict::Promote, Some(Reason::GatesPassed { to_weight })) => {
            format!("Promoted from {from} to {}, after {age}", weight(*to_weight))
        }
        (Verdict::Promote, _) => format!("Promoted for good, after {age} at {from}"),
        (Verdict::Hold, _) => format!("Held at {from}, {age} into the stage"),
    }
}

fn why(reason: &Reason, record: &Record) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    match reason {
        Reason::Guard(finding) => guard(finding, record.weight),
        Reason::GateBreached { gate } => {
            vec![format!("The critical gate `{}` is breached for certain.", plain(gate))]
        }
        Reason::ForcedBreached { gate } => vec![format!(
            "The requests that a rule sent to the canary breach the limit of `{}` for certain.",
            plain(gate)
        )],
        Reason::Expired { age_ms, max_age_ms } => vec![format!(
            "It was {} old and not promoted yet; `max_age` is {}.",
            lasted(*age_ms),
            lasted(*max_age_ms)
        )],
        Reason::Frozen => one("A freeze is on: nothing is promoted meanwhile."),
        Reason::NoTraffic => {
            vec![format!("No canary request ended in the last {}.", lasted(RECENT_MS))]
        }
        Reason::SampleRatio { units, share, e_value, threshold } => mismatch(
            units.canary,
            units.canary.saturating_add(units.baseline),
            *share,
            [*e_value, *threshold],
        ),
        Reason::Burning { burn, max_burn, long_ms, short_ms } => vec![
            format!(
                "The canary used up its error budget {} times as fast as the objective allows; {} is the limit.",
                rounded(burn.canary),
                rounded(*max_burn)
            ),
            format!(
                "The baseline: {} times. Measured over {}, and above the limit over the last {} too.",
                rounded(burn.baseline),
                lasted(*long_ms),
                lasted(*short_ms)
            ),
        ],
        Reason::TooFewRequests { requests, needed } => vec![format!(
            "The stage asks for {}; so far there were {}.",
            plural(*needed, "canary request"),
            count(*requests)
        )],
        Reason::GateOpen { gate } => {
            vec![format!("The gate `{}` has not been shown to hold yet.", plain(gate))]
        }
        Reason::Configured { .. } => one("The configuration says so."),
        Reason::GatesPassed { .. } if record.comparisons.is_empty() => {
            one("The stage's time is over, and there are no gates.")
        }
        // Gates that only warn are left to the policy.
        Reason::GatesPassed { .. } if record.policy.is_some() => {
            one("Every critical gate was shown to hold.")
        }
        Reason::GatesPassed { .. } => one("Every gate was shown to hold."),
        Reason::WatchOver => {
            one("The watch at full weight is over, and nothing speaks against it.")
        }
        Reason::Policy { verdict, reason } => {
            vec![format!("The policy says {}: {}", verdict.as_str(), plain(reason))]
        }
        Reason::PolicyFailed { kind } => {
            vec![format!("The policy gave no decision: {}.", failed(*kind))]
        }
        Reason::PolicyNotAsked => one("The rollout has a policy, and it was not asked."),
    }
}

/// What a policy did in place of deciding.
fn failed(kind: Failure) -> &'static str {
    match kind {
        Failure::Fuel => "it did not come to an end within its fuel",
        Failure::Memory => "it wanted more memory than it may have",
        Failure::Stack => "it recursed too deep",
        Failure::Trap => "it panicked, or touched memory that is not there",
        Failure::Signature => "it has not the functions that the contract names",
        Failure::Malformed => "its answer was not what the contract says",
        Failure::TooLarge => "its answer was too large",
    }
}

/// The arms are not alike.
fn mismatch(canary: u64, all: u64, share: f64, [e_value, threshold]: [f64; 2]) -> Vec<String> {
    let (e, enough) = (evidence(e_value.ln()), evidence(threshold.ln()));
    vec![
        format!(
            "The canary served {}; its share should be {}. The versions do not serve the same users, so nothing that is \
             compared means anything.",
            of(canary, all, "user"),
            percent(share)
        ),
        format!("Evidence against the share: e-value {e}, where {enough} is enough."),
    ]
}

/// A rate with two decimals, without those that say nothing.
fn rounded(rate: f64) -> f64 {
    (rate * 100.0).round() / 100.0
}

/// What the guard saw, and how sure that makes it.
fn guard(finding: &Finding, at: u32) -> Vec<String> {
    let (seen, failed) = (&finding.seen.assigned, &finding.seen.failed);
    let canary = of(failed.canary, seen.canary, "canary request");
    let (e, enough) = (evidence(finding.ln_e), evidence(finding.threshold));
    let sure = format!("e-value {e}, where {enough} is enough");
    let repeats = counted(&finding.seen);
    if at >= Weight::MAX.get() {
        let what = format!(
            "The guard stopped it: {canary} failed, more than the baseline did before.{repeats}"
        );
        return vec![what, format!("Evidence that it is worse than tolerated: {sure}.")];
    }
    vec![
        format!(
            "The guard stopped it: {canary} failed, and {} at the baseline.{repeats}",
            of(failed.baseline, seen.baseline, "request")
        ),
        // Ville's inequality: under the null the e-value ever reaches N with a chance of at most 1/N.
        format!(
            "Evidence that it is worse than tolerated: {sure}. A canary that is no worse would ever show {enough} in at \
             most 1 of {enough} rollouts."
        ),
    ]
}

/// What of the failures counts, where that is not all.
fn counted(seen: &Counters) -> String {
    let Counters { failed, episodes, .. } = seen;
    if episodes == failed {
        return String::new();
    }
    let [canary, baseline] = [episodes.canary, episodes.baseline].map(count);
    format!(
        " Of one user's failures in a row one counts: {canary}, and {baseline} at the baseline."
    )
}

/// `5 of 10 requests (50%)`.
fn of(hits: u64, total: u64, what: &str) -> String {
    let share =
        if total == 0 { String::new() } else { format!(" ({})", percent(ratio(hits, total))) };
    format!("{} of {}{share}", count(hits), plural(total, what))
}

fn ratio(hits: u64, total: u64) -> f64 {
    hits as f64 / total as f64
}

fn compared(comparison: &Comparison) -> Compared {
    let hit = match comparison.metric {
        Metric::Event => "with the event",
        Metric::Latency | Metric::Effect => "too slow",
        Metric::Errors => "failed",
    };
    let arm = |seen: &Rate| match comparison.metric {
        Metric::Effect => format!("{} latencies", count(seen.requests)),
        _ => rate(seen, hit),
    };
    Compared {
        gate: plain(&comparison.gate),
        result: comparison.result,
        canary: arm(&comparison.canary),
        baseline: match comparison.basis {
            Basis::Forced => "none".to_owned(),
            _ => arm(&comparison.baseline),
        },
        verdict: verdict(comparison),
    }
}

/// What the numbers mean for the gate.
fn verdict(comparison: &Comparison) -> String {
    let limit = percent(comparison.limit);
    let remembered = match comparison.basis {
        Basis::Remembered => "; the baseline is that of the stages before",
        Basis::Forced => "; these a rule sent there, so no baseline is their like",
        _ => "",
    };
    let verdict = match (comparison.result, comparison.metric) {
        (Judgement::Waived, _) => {
            "it compares two versions, and at full weight there is one".to_owned()
        }
        (result, Metric::Effect) => return effect(comparison, result),
        (Judgement::Passed, Metric::Event) => format!("the canary's lower end reaches {limit}"),
        (Judgement::Open, Metric::Event) => {
            format!("the canary's lower end must come up to {limit}")
        }
        (Judgement::Breached, Metric::Event) => format!("the canary's upper end is below {limit}"),
        (Judgement::Passed, _) => format!("the canary's upper end is within {limit}"),
        (Judgement::Open, _) => format!("the canary's upper end must come down to {limit}"),
        (Judgement::Breached, _) => format!("the canary's lower end is above {limit}"),
    };
    verdict + remembered + &repeats(comparison)
}

/// What of the failures was left out where the versions were compared.
fn repeats(Comparison { repeats, .. }: &Comparison) -> String {
    if repeats.is_zero() {
        return String::new();
    }
    let [canary, baseline] = [repeats.canary, repeats.baseline].map(count);
    format!("; a user's last failure again: {canary} of the canary's, {baseline} of the baseline's")
}

/// How likely the canary is the slower one of two requests.
fn effect(comparison: &Comparison, result: Judgement) -> String {
    let limit = percent(comparison.limit);
    let Some(effect) = &comparison.effect else {
        return "too few latencies for a first look".to_owned();
    };
    let chance = format!(
        "a canary request is the slower one in {} {} of pairs",
        percent(effect.estimate),
        bounds(effect.low, effect.high)
    );
    match result {
        Judgement::Breached => format!("{chance}, above {limit}"),
        Judgement::Passed => format!("{chance}, within {limit}"),
        _ => format!("{chance}; the upper end must come down to {limit}"),
    }
}

fn rate(rate: &Rate, hit: &str) -> String {
    if rate.requests == 0 {
        return "no requests".to_owned();
    }
    let share = percent(ratio(rate.hits, rate.requests));
    let interval = bounds(rate.low, rate.high);
    format!("{} of {} {hit} = {share} {interval}", count(rate.hits), count(rate.requests))
}

#[cfg(test)]
mod tests;
