//! How much traffic a rollout needs.
//!
//! A gate passes when the upper end of a confidence sequence is at most its limit. Even without a single
//! failure that takes requests: 4105 for "errors at most 0.1 %" at error level .05. A stage that is over before its
//! gates can have seen so many does not fail; it holds until they have, perhaps for days, and its author wonders why.
//! How many a gate needs that compares versions depends on what the baseline does; of that nothing is known here.

use super::duration;
use serinus_core::cohort::bucket::Weight;
use serinus_core::config::{Pace, PlannedStage, Rollout};
use serinus_core::contract::Metric;
use serinus_core::diagnostic::{Diagnostic, Severity};
use serinus_core::gate::Gate;
use serinus_core::stats::confidence::{Prior, interval};

/// More than any proxy sees in a stage.
const ENDLESS: u64 = 1 << 50;

/// How many requests it takes, none of them a hit, until a rate of at most `limit` is shown at error level
/// `alpha`. `None` if no number does.
pub fn clean_requests(limit: f64, alpha: f64) -> Option<u64> {
    let shown = |n: u64| interval(0, n, alpha, Prior::Rare).high <= limit;
    let enough = (0..=50).map(|power| 1_u64 << power).find(|n| shown(*n))?;
    let (mut too_few, mut enough) = (enough / 2, enough.min(ENDLESS));
    while enough - too_few > 1 {
        let middle = too_few + (enough - too_few) / 2;
        if shown(middle) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    Some(enough)
}

/// The share that a gate is about; `None` for one that has no limit of its own, or holds nothing.
fn limit(gate: &Gate) -> Option<f64> {
    gate.limit().filter(|_| !gate.dry_run)
}

/// Whether the gates decide anything here.
fn promotes_itself(rollout: &Rollout) -> bool {
    rollout.pace == Pace::Autonomous && !rollout.kill
}

/// Gates that nothing passes, such as "errors at most 0 %".
pub(super) fn impossible_gates(rollout: &Rollout) -> Vec<Diagnostic> {
    let alpha = rollout.levels.promote;
    let numbered = rollout.gates.iter().enumerate().filter(|_| promotes_itself(rollout));
    let shown = |limit| clean_requests(limit, alpha).is_some();
    let impossible = numbered.filter(|(_, gate)| limit(gate).is_some_and(|limit| !shown(limit)));
    impossible
        .map(|(i, gate)| Diagnostic {
            severity: Severity::Warning,
            place: None,
            code: "impossible-gate",
            path: format!("gates[{i}].max"),
            message: format!(
                "no amount of traffic shows `{}`, so no stage is ever promoted",
                gate.label
            ),
            help: Some("give a limit above 0, such as 0.1%".into()),
        })
        .collect()
}

/// What a stage waits for: so many canary requests, and what asks for them.
struct Need {
    requests: u64,
    what: String,
    /// The limit of the gate that asks, if it is one about errors: it could be raised.
    errors_limit: Option<f64>,
}

/// The greatest need of a stage. Gates that nothing passes are told apart.
fn need(rollout: &Rollout, stage: &PlannedStage) -> Option<Need> {
    let gates = rollout.gates.iter().filter_map(|gate| {
        let requests = clean_requests(limit(gate)?, rollout.levels.promote)?;
        let what = format!("`{}` passes after {requests} without a failure", gate.label);
        let (what, errors_limit) = match gate.metric() {
            Metric::Errors => (what, gate.limit()),
            _ => (what.replace("a failure", "a slow one"), None),
        };
        Some(Need { requests, what, errors_limit })
    });
    let own = (stage.min_requests > 0).then(|| Need {
        requests: stage.min_requests,
        what: format!("`min_requests` asks for {}", stage.min_requests),
        errors_limit: None,
    });
    gates.chain(own).max_by_key(|need| need.requests)
}

/// Milliseconds until the canary of this stage has had so many requests.
fn time_for(requests: u64, stage: &PlannedStage, rps: f64) -> u64 {
    (requests as f64 * 1000.0 / canary_rate(stage, rps)).ceil() as u64
}

/// Canary requests per second.
fn canary_rate(stage: &PlannedStage, rps: f64) -> f64 {
    rps * f64::from(stage.weight.get()) / f64::from(Weight::MAX.get())
}

/// Stages that are over before their gates can have seen enough. Without a `min_time` a stage lasts as
/// long as its gates want, and is never too short.
pub(super) fn short_stages(rollout: &Rollout, rps: f64) -> Vec<Diagnostic> {
    let numbered = rollout.stages.iter().enumerate().filter(|_| promotes_itself(rollout));
    let timed = numbered.filter(|(_, stage)| stage.min_time_ms > 0);
    timed.filter_map(|(i, stage)| short_stage(rollout, i, stage, rps)).collect()
}

fn short_stage(rollout: &Rollout, i: usize, stage: &PlannedStage, rps: f64) -> Option<Diagnostic> {
    let need = need(rollout, stage)?;
    let lasts = time_for(need.requests, stage, rps);
    if stage.weight.get() == 0 || lasts <= stage.min_time_ms {
        return None;
    }
    let got = (canary_rate(stage, rps) * stage.min_time_ms as f64 / 1000.0).floor();
    Some(Diagnostic {
        severity: Severity::Warning,
        place: None,
        code: "short-stage",
        path: format!("stages[{i}]"),
        message: format!(
            "at {rps} requests/s the canary gets {got} requests in {}, and {}: the stage will hold until it is {} old",
            duration::write(stage.min_time_ms),
            need.what,
            duration::write(lasts)
        ),
        help: Some(remedy(rollout, i, stage, &need, got as u64, rps)),
    })
}

/// The ways out, each enough by itself.
fn remedy(
    rollout: &Rollout,
    i: usize,
    stage: &PlannedStage,
    need: &Need,
    got: u64,
    rps: f64,
) -> String {
    let key = if rollout.is_last(i) { "watch" } else { "min_time" };
    let mut ways = vec![format!("{key}: {}", duration::write(time_for(need.requests, stage, rps)))];
    ways.extend(weight(rollout, i, stage, need, rps).map(|share| format!("weight: {share}%")));
    if let Some(limit) = need.errors_limit {
        let shown = interval(0, got, rollout.levels.promote, Prior::Rare).high;
        // A limit far above the one that was asked for is no advice.
        let near = percent(shown).filter(|_| shown <= 3.0 * limit);
        ways.extend(near.map(|share| format!("a limit of {share}%")));
    }
    let seconds = stage.min_time_ms as f64 / 1000.0;
    let share = f64::from(stage.weight.get()) / f64::from(Weight::MAX.get());
    let rate = (need.requests as f64 / (seconds * share)).ceil();
    ways.push(format!("{rate} requests/s"));
    ways.join(", or ")
}

/// The weight at which the stage would be long enough, if it stays below the next one's.
fn weight(rollout: &Rollout, i: usize, stage: &PlannedStage, need: &Need, rps: f64) -> Option<f64> {
    let next = f64::from(rollout.stages.get(i + 1)?.weight.get());
    let share = need.requests as f64 * 1000.0 / (rps * stage.min_time_ms as f64);
    let step = f64::from(rollout.cohorts.bucketer.bucketing().resolution());
    let weight = (share * f64::from(Weight::MAX.get()) / step).ceil() * step;
    (weight < next).then_some(weight / 1000.0)
}

/// A share in percent, rounded up to two digits; `None` where that is no limit any more.
fn percent(share: f64) -> Option<f64> {
    let percent = share * 100.0;
    let digits = 10_f64.powf(percent.log10().floor() - 1.0);
    let rounded = (percent / digits).ceil() * digits;
    // What the multiplication leaves behind the digits.
    let rounded = (rounded * 1e9).round() / 1e9;
    (rounded < 50.0).then_some(rounded)
}

/// A `max_age` that ends the canary before its stages can be over.
pub(super) fn expires(rollout: &Rollout, rps: Option<f64>) -> Option<Diagnostic> {
    let max_age = rollout.max_age_ms.filter(|_| promotes_itself(rollout))?;
    let unfinished = rollout.stages.iter().filter(|stage| stage.weight < Weight::MAX);
    let lasts = |stage: &PlannedStage| {
        let held = rps.zip(need(rollout, stage)).filter(|_| stage.weight.get() > 0);
        let held = held.map_or(0, |(rps, need)| time_for(need.requests, stage, rps));
        stage.min_time_ms.max(held)
    };
    let total = unfinished.map(lasts).fold(0, u64::saturating_add);
    (total > max_age).then(|| Diagnostic {
 severity: Severity::Warning, place: None,
        code: "expires",
        path: "max_age".into(),
        message: format!(
            "the stages before 100 % take at least {}{}, and then the canary is rolled back as too old",
            duration::write(total),
            rps.map_or_else(String::new, |rps| format!(" at {rps} requests/s"))
        ),
        help: Some(format!("max_age: {}, or more, for failures and freezes take time too", duration::write(total * 2))),
    })
}
