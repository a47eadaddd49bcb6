//! What the author of a rollout should know, and what would change it.
//!
//! Advice that follows from the rollout and its rate of requests alone comes from [`advice`]; what is added
//! here needs the traffic, or what came of the runs.

use super::gates::{Need, usual};
use super::scenario::Change;
use super::summary::ScenarioOutcome;
use super::traffic::Traffic;
use crate::advice::{self, duration};
use crate::story::{bounds, count, percent, weight};
use serinus_core::cohort::bucket::Weight;
use serinus_core::config::{PlannedStage, Rollout};
use serinus_core::contract::Metric;
use serinus_core::diagnostic::{Diagnostic, Severity};
use serinus_core::gate::Gate;

/// A regression that so many get away with is missed.
const MISSED: f64 = 0.5;

/// Everything, the most fundamental first.
pub fn findings(
    rollout: &Rollout,
    traffic: &Traffic,
    outcomes: &[ScenarioOutcome],
) -> Vec<Diagnostic> {
    let numbered = || rollout.gates.iter().enumerate();
    let mut all = advice::advise(rollout, Some(traffic.rps));
    all.extend(numbered().filter_map(|(i, gate)| never_fires(rollout, traffic, i, gate)));
    all.extend(numbered().filter_map(|(i, gate)| caught_nothing(outcomes, i, gate)));
    if let Some(identical) = outcomes.iter().find(|outcome| outcome.kind == "identical") {
        all.extend(cries_wolf(rollout, identical));
        all.extend(numbered().filter_map(|(i, gate)| never_passes(traffic, identical, i, gate)));
        all.extend(stays_long(rollout, traffic, identical));
    }
    all.extend(missed(rollout, traffic, outcomes));
    all
}

/// Requests of the canary per second.
fn rate(stage: &PlannedStage, rps: f64) -> f64 {
    rps * f64::from(stage.weight.get()) / f64::from(Weight::MAX.get())
}

/// A gate that would not roll back the worst canary there is, in the stage that sees most of it.
fn never_fires(rollout: &Rollout, traffic: &Traffic, i: usize, gate: &Gate) -> Option<Diagnostic> {
    let seconds = |stage: &PlannedStage| stage.min_time_ms as f64 / 1e3;
    let got = |stage: &PlannedStage| rate(stage, traffic.rps) * seconds(stage);
    let compared = rollout.stages.iter().filter(|s| s.min_time_ms > 0 && s.weight < Weight::MAX);
    let most = compared.max_by(|a, b| got(a).total_cmp(&got(b))).filter(|_| gate.rolls_back())?;
    let needed = Need { rollout, traffic, gate, weight: most.weight.get() }.to_fire();
    let least = match needed {
        Some(needed) if needed as f64 <= got(most) => return None,
        Some(needed) => format!("takes {} of the worst kind", count(needed)),
        None => "is more than any number of them can show".to_owned(),
    };
    let remedy = needed.map(|needed| {
        let rps = (needed as f64 / seconds(most) / rate(most, 1.0)).ceil();
        let ms = needed as f64 / rate(most, traffic.rps) * 1e3;
        format!("{rps} requests/s, or stages of {}, or a lower limit", duration::write(ms as u64))
    });
    Some(Diagnostic {
        severity: Severity::Warning,
        place: None,
        code: "gate-never-fires",
        path: format!("gates[{i}]"),
        message: format!(
            "at {} requests/s no stage sees more than {} canary requests in its time, and to roll back by `{}` {least}: \
             it can never fire",
            traffic.rps,
            got(most).floor(),
            gate.label
        ),
        help: remedy.or_else(|| Some("a lower limit".into())),
    })
}

/// A critical gate that could fire, and was never the first to. Not one on errors: there the guard comes first as a rule,
/// and what the gate is for is to hold promotions.
fn caught_nothing(outcomes: &[ScenarioOutcome], i: usize, gate: &Gate) -> Option<Diagnostic> {
    let caught = outcomes.iter().flat_map(|outcome| &outcome.stopped.by);
    let caught = caught.filter(|by| by.what == gate.label).map(|by| by.runs).sum::<u64>();
    let judged = outcomes.iter().map(|outcome| outcome.stopped.share.of).sum::<u64>();
    let idle = gate.rolls_back() && gate.metric() != Metric::Errors && caught == 0 && judged > 0;
    idle.then(|| Diagnostic {
        severity: Severity::Warning,
        place: None,
        code: "gate-caught-nothing",
        path: format!("gates[{i}]"),
        message: format!("`{}` stopped none of {} simulated rollouts", gate.label, count(judged)),
        help: Some("a limit nearer to what is usual would fire on smaller regressions".into()),
    })
}

/// Identical versions that are stopped more often than the error levels allow.
fn cries_wolf(rollout: &Rollout, identical: &ScenarioOutcome) -> Option<Diagnostic> {
    let stopped = &identical.stopped.share;
    let unfinished = rollout.stages.iter().filter(|stage| stage.weight < Weight::MAX).count();
    let gates = rollout.gates.iter().filter(|gate| gate.rolls_back()).count();
    let allowed = rollout.guard.alpha + rollout.levels.rollback * (gates * unfinished) as f64;
    (stopped.low > allowed).then(|| Diagnostic {
 severity: Severity::Warning, place: None,
        code: "false-alarms",
        path: "guard".into(),
        message: format!(
            "identical versions are rolled back in {} {} of rollouts; by their error levels guard and gates together should \
             stay below {}",
            percent(stopped.share()),
            bounds(stopped.low, stopped.high),
            percent(allowed)
        ),
        help: Some("a gate's limit that the baseline itself does not keep is the usual reason".into()),
    })
}

/// A gate that keeps even identical versions from going on.
fn never_passes(
    traffic: &Traffic,
    identical: &ScenarioOutcome,
    i: usize,
    gate: &Gate,
) -> Option<Diagnostic> {
    let open = format!("gate_open: {}", gate.label);
    let waiting = identical.waiting_for.iter().find(|by| by.what == open)?;
    let limit = gate.limit();
    let rate = usual(traffic, gate).zip(limit).map_or_else(String::new, |(usual, limit)| {
        let (usual, limit) = (percent(usual), percent(limit));
        format!(": with nothing wrong, {usual} of requests are hits, and the limit is {limit}")
    });
    Some(Diagnostic {
        severity: Severity::Warning,
        place: None,
        code: "gate-never-passes",
        path: format!("gates[{i}]"),
        message: format!(
            "{} of {} rollouts of identical versions never got past `{}`{rate}",
            count(waiting.runs),
            count(identical.stopped.share.of),
            gate.label,
        ),
        help: Some(easier(traffic, gate)),
    })
}

/// A gate of this kind that identical versions pass.
fn easier(traffic: &Traffic, gate: &Gate) -> String {
    let max = gate.limit().unwrap_or(0.0);
    match gate.metric() {
        Metric::Errors => format!("max: {} or more", percent(traffic.errors * 2.0)),
        Metric::Latency => {
            let slow = |ms: &u32| 1.0 - traffic.latency.cdf(f64::from(*ms) * 1e3);
            let limit = (1..20_000).map(|n| n * 5).find(|ms| slow(ms) <= max / 2.0);
            limit.map_or("a higher limit".into(), |ms| format!("max: {ms}ms or more"))
        }
        Metric::Event => "a larger `max_drop`, or more requests".into(),
        Metric::Effect => "a larger `max_effect`, or more requests".into(),
    }
}

/// Stages in which identical versions stay for longer than planned.
fn stays_long(
    rollout: &Rollout,
    traffic: &Traffic,
    identical: &ScenarioOutcome,
) -> Vec<Diagnostic> {
    let stages = rollout.stages.iter().enumerate().zip(&identical.stages);
    let long = stages.filter_map(|((i, planned), seen)| {
        let lasted = seen.lasted_ms?.median;
        // Within the coarseness of the looks nothing is late.
        let late = planned.min_time_ms > 0 && lasted > planned.min_time_ms as f64 * 1.05;
        late.then(|| stays(rollout, traffic, i, planned, lasted))
    });
    long.collect()
}

fn stays(
    rollout: &Rollout,
    traffic: &Traffic,
    i: usize,
    planned: &PlannedStage,
    lasted: f64,
) -> Diagnostic {
    let why = slowest(rollout, traffic, planned);
    let more = lasted / planned.min_time_ms as f64;
    Diagnostic {
        severity: Severity::Warning,
        place: None,
        code: "stage-too-short",
        path: format!("stages[{i}]"),
        message: format!(
            "identical versions stay {} (median) at {}, which is planned for {}{why}",
            duration::write(lasted as u64),
            weight(planned.weight.get()),
            duration::write(planned.min_time_ms)
        ),
        help: Some(format!(
            "min_time: {}, or weight: {}, or {} requests/s",
            duration::write(lasted as u64),
            weight((f64::from(planned.weight.get()) * more).ceil().min(1e5) as u32),
            (traffic.rps * more).ceil()
        )),
    }
}

/// Which gate is waited for, and why it takes so long.
fn slowest(rollout: &Rollout, traffic: &Traffic, planned: &PlannedStage) -> String {
    let need = |gate| {
        let need = Need { rollout, traffic, gate, weight: planned.weight.get() };
        (need.to_pass().unwrap_or(u64::MAX), gate)
    };
    let gates = rollout.gates.iter().filter(|gate| !gate.dry_run);
    let Some((needed, gate)) = gates.map(need).max_by_key(|(needed, _)| *needed) else {
        return String::new();
    };
    let compares = usual(traffic, gate).zip(gate.limit()).filter(|(usual, max)| usual >= max);
    let how = compares.map_or_else(String::new, |(usual, _)| {
        let usual = percent(usual);
        format!(", and only by comparison with the baseline: with nothing wrong {usual} are hits")
    });
    match needed {
        u64::MAX => format!(". `{}` never passes", gate.label),
        n => format!(". `{}` passes after about {} canary requests{how}", gate.label, count(n)),
    }
}

/// Of each kind the largest regression that most rollouts take for good.
fn missed(rollout: &Rollout, traffic: &Traffic, outcomes: &[ScenarioOutcome]) -> Vec<Diagnostic> {
    let kinds = ["errors", "latency-shift", "latency-tail", "events"];
    let worst = |kind| {
        let mut missed = outcomes.iter().filter(|o| o.kind == kind && o.turned_ms.is_none());
        missed.rfind(|outcome| outcome.full.share() >= MISSED)
    };
    let missed = kinds.into_iter().filter_map(worst);
    missed.map(|outcome| miss(rollout, traffic, outcome)).collect()
}

fn miss(rollout: &Rollout, traffic: &Traffic, outcome: &ScenarioOutcome) -> Diagnostic {
    let (path, remedy) = match outcome.kind {
        "errors" if outcome.size <= 1.0 + rollout.guard.tolerate => (
            "guard",
            format!(
                "`tolerate` below {} looks for it, and takes more requests",
                percent(outcome.size - 1.0)
            ),
        ),
        "errors" => ("stages", "longer stages, or more weight in the early ones".to_owned()),
        "events" => ("gates", "a gate { metric: event, name: ..., max_drop: ... }".to_owned()),
        _ => ("gates", latency_gate(traffic)),
    };
    Diagnostic {
        severity: Severity::Warning,
        place: None,
        code: "missed-regression",
        path: path.to_owned(),
        message: format!(
            "{}: gets all traffic in {} of rollouts",
            outcome.title,
            percent(outcome.full.share())
        ),
        help: Some(remedy),
    }
}

/// A gate that identical versions pass and slower ones do not.
fn latency_gate(traffic: &Traffic) -> String {
    let slower = Change::Slower(1.25).latency(traffic.latency);
    let limit = (1..100_000).find(|ms| slower.cdf(f64::from(*ms) * 1e3) >= 0.99);
    limit.map_or_else(
        || "a latency gate nearer to what is usual".to_owned(),
        |ms| {
            format!("a gate {{ metric: latency, quantile: p99, max: {ms}ms }}, a quarter above the usual P99")
        },
    )
}
