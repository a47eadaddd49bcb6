//! What the author of a rollout should know, and what would change it.
//!
//! Advice that follows from the rollout and its rate of requests alone comes from [`advice`]; what is added
//! here needs the traffic, or what came of the runs.

use super::scenario::Change;
use super::summary::ScenarioOutcome;
use super::traffic::Traffic;
use super::trial::{self, GateView, Rated};
use crate::advice::{self, Advice, duration};
use crate::story::{bounds, count, percent, weight};
use serinus_core::cohort::bucket::Weight;
use serinus_core::config::{PlannedStage, Rollout};

/// A regression that so many get away with is missed.
const MISSED: f64 = 0.5;

/// Everything, the most fundamental first.
pub fn findings(rollout: &Rollout, traffic: &Traffic, outcomes: &[ScenarioOutcome]) -> Vec<Advice> {
    let gates = trial::gates(rollout);
    let numbered = || gates.iter().enumerate();
    let mut all = advice::advise(rollout, Some(traffic.rps));
    all.extend(numbered().filter_map(|(i, gate)| never_fires(rollout, traffic, i, gate)));
    all.extend(numbered().filter_map(|(i, gate)| caught_nothing(outcomes, i, gate)));
    if let Some(identical) = outcomes.iter().find(|outcome| outcome.kind == "identical") {
        all.extend(cries_wolf(rollout, identical));
        all.extend(numbered().filter_map(|(i, gate)| never_passes(traffic, identical, i, gate)));
        all.extend(stays_long(rollout, traffic, &gates, identical));
    }
    all.extend(missed(rollout, traffic, outcomes));
    all
}

/// Requests of the canary per second.
fn rate(stage: &PlannedStage, rps: f64) -> f64 {
    rps * f64::from(stage.weight.get()) / f64::from(Weight::MAX.get())
}

/// How often what a gate limits happens when nothing is wrong.
fn usual(traffic: &Traffic, gate: &GateView) -> f64 {
    match gate.of {
        Rated::Failures => traffic.errors,
        Rated::Slow(micros) => 1.0 - traffic.latency.cdf(micros as f64),
    }
}

/// A critical gate that could not be shown to be breached though every single request were a hit.
fn never_fires(rollout: &Rollout, traffic: &Traffic, i: usize, gate: &GateView) -> Option<Advice> {
    let needed = gate.requests_to_breach(1.0).filter(|_| gate.critical);
    let seconds = |stage: &PlannedStage| stage.min_time_ms as f64 / 1e3;
    let timed = rollout.stages.iter().filter(|stage| stage.min_time_ms > 0);
    let most = timed.max_by(|a, b| {
        let requests = |stage: &PlannedStage| rate(stage, traffic.rps) * seconds(stage);
        requests(a).total_cmp(&requests(b))
    })?;
    let got = (rate(most, traffic.rps) * seconds(most)).floor();
    let least = match needed {
        _ if !gate.critical => return None,
        Some(needed) if needed as f64 <= got => return None,
        Some(needed) => format!("it takes {} that are all hits", count(needed)),
        None => "no number of hits is enough".to_owned(),
    };
    let remedy = needed.map(|needed| {
        let rps = (needed as f64 / seconds(most) / rate(most, 1.0)).ceil();
        let ms = needed as f64 / rate(most, traffic.rps) * 1e3;
        format!("{rps} requests/s, or stages of {}, or a lower limit", duration::write(ms as u64))
    });
    Some(Advice {
        code: "gate-never-fires",
        path: format!("gates[{i}]"),
        problem: format!(
            "at {} requests/s no stage sees more than {got} canary requests in its time, and to roll back by `{}` {least}: \
             it can never fire",
            traffic.rps, gate.label
        ),
        remedy: remedy.or_else(|| Some("a lower limit".into())),
    })
}

/// A critical gate that could fire, and was never the first to. Not one on errors: there the guard comes first as a rule,
/// and what the gate is for is to hold promotions.
fn caught_nothing(outcomes: &[ScenarioOutcome], i: usize, gate: &GateView) -> Option<Advice> {
    let caught = outcomes.iter().flat_map(|outcome| &outcome.stopped.by);
    let caught = caught.filter(|by| by.what == gate.label).map(|by| by.runs).sum::<u64>();
    let judged = outcomes.iter().map(|outcome| outcome.stopped.share.of).sum::<u64>();
    let idle = gate.critical && gate.of != Rated::Failures && caught == 0 && judged > 0;
    idle.then(|| Advice {
        code: "gate-caught-nothing",
        path: format!("gates[{i}]"),
        problem: format!("`{}` stopped none of {} simulated rollouts", gate.label, count(judged)),
        remedy: Some("a limit nearer to what is usual would fire on smaller regressions".into()),
    })
}

/// Identical versions that are stopped more often than the error levels allow.
fn cries_wolf(rollout: &Rollout, identical: &ScenarioOutcome) -> Option<Advice> {
    let stopped = &identical.stopped.share;
    let unfinished = rollout.stages.iter().filter(|stage| stage.weight < Weight::MAX).count();
    let allowed = rollout.guard.alpha + rollout.gate_alpha * unfinished as f64;
    (stopped.low > allowed).then(|| Advice {
        code: "false-alarms",
        path: "guard".into(),
        problem: format!(
            "identical versions are rolled back in {} {} of rollouts; by their error levels guard and gates together should \
             stay below {}",
            percent(stopped.share()),
            bounds(stopped.low, stopped.high),
            percent(allowed)
        ),
        remedy: Some("a gate's limit that the baseline itself does not keep is the usual reason".into()),
    })
}

/// A gate that keeps even identical versions from going on.
fn never_passes(
    traffic: &Traffic,
    identical: &ScenarioOutcome,
    i: usize,
    gate: &GateView,
) -> Option<Advice> {
    let open = format!("gate_open: {}", gate.label);
    let waiting = identical.waiting_for.iter().find(|by| by.what == open)?;
    let usual = usual(traffic, gate);
    let remedy = match gate.of {
        Rated::Failures => format!("a limit of {} or more", percent(usual * 2.0)),
        Rated::Slow(_) => {
            let slow = (1..)
                .map(|ms| ms * 5)
                .find(|ms| 1.0 - traffic.latency.cdf(*ms as f64 * 1e3) <= gate.limit / 2.0)?;
            format!("max: {slow}ms or more")
        }
    };
    Some(Advice {
        code: "gate-never-passes",
        path: format!("gates[{i}]"),
        problem: format!(
            "{} of {} rollouts of identical versions never got past `{}`: with nothing wrong, {} of requests are hits, and the limit \
             is {}",
            count(waiting.runs),
            count(identical.stopped.share.of),
            gate.label,
            percent(usual),
            percent(gate.limit)
        ),
        remedy: Some(remedy),
    })
}

/// Stages in which identical versions stay for longer than planned.
fn stays_long(
    rollout: &Rollout,
    traffic: &Traffic,
    gates: &[GateView],
    identical: &ScenarioOutcome,
) -> Vec<Advice> {
    let stages = rollout.stages.iter().enumerate().zip(&identical.stages);
    let long = stages.filter_map(|((i, planned), seen)| {
        let lasted = seen.lasted_ms?.median;
        // Within the coarseness of the looks nothing is late.
        let late = planned.min_time_ms > 0 && lasted > planned.min_time_ms as f64 * 1.05;
        late.then(|| stays(traffic, gates, i, planned, lasted))
    });
    long.collect()
}

fn stays(
    traffic: &Traffic,
    gates: &[GateView],
    i: usize,
    planned: &PlannedStage,
    lasted: f64,
) -> Advice {
    let why = slowest(traffic, gates);
    let more = lasted / planned.min_time_ms as f64;
    Advice {
        code: "stage-too-short",
        path: format!("stages[{i}]"),
        problem: format!(
            "identical versions stay {} (median) at {}, which is planned for {}{why}",
            duration::write(lasted as u64),
            weight(planned.weight.get()),
            duration::write(planned.min_time_ms)
        ),
        remedy: Some(format!(
            "min_time: {}, or weight: {}, or {} requests/s",
            duration::write(lasted as u64),
            weight((f64::from(planned.weight.get()) * more).ceil().min(1e5) as u32),
            (traffic.rps * more).ceil()
        )),
    }
}

/// Which gate is waited for, and why it takes so long.
fn slowest(traffic: &Traffic, gates: &[GateView]) -> String {
    let need = |gate: &GateView| gate.requests_to_pass(usual(traffic, gate)).unwrap_or(u64::MAX);
    let slowest = gates.iter().map(|gate| (need(gate), gate)).max_by_key(|(need, _)| *need);
    match slowest {
        Some((u64::MAX, gate)) => format!(
            ". With nothing wrong {} of requests are hits, so `{}` passes by comparison with the baseline only, which takes long",
            percent(usual(traffic, gate)),
            gate.label
        ),
        Some((need, gate)) => format!(
            ". With nothing wrong {} of requests are hits, and `{}` passes after about {} canary requests",
            percent(usual(traffic, gate)),
            gate.label,
            count(need)
        ),
        None => String::new(),
    }
}

/// Of each kind the largest regression that most rollouts take for good.
fn missed(rollout: &Rollout, traffic: &Traffic, outcomes: &[ScenarioOutcome]) -> Vec<Advice> {
    let kinds = ["errors", "latency-shift", "latency-tail", "events"];
    let worst = |kind| {
        let mut missed = outcomes.iter().filter(|o| o.kind == kind && o.turned_ms.is_none());
        missed.rfind(|outcome| outcome.full.share() >= MISSED)
    };
    let missed = kinds.into_iter().filter_map(worst);
    missed.map(|outcome| miss(rollout, traffic, outcome)).collect()
}

fn miss(rollout: &Rollout, traffic: &Traffic, outcome: &ScenarioOutcome) -> Advice {
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
    Advice {
        code: "missed-regression",
        path: path.to_owned(),
        problem: format!(
            "{}: gets all traffic in {} of rollouts",
            outcome.title,
            percent(outcome.full.share())
        ),
        remedy: Some(remedy),
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
