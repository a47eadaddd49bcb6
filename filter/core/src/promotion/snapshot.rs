//! What a policy of the operator's own is told in an evaluation.

use super::checks;
use super::evaluation::Evaluation;
use super::state::State;
use super::verdicts::Verdicts;
use crate::arm::PerArm;
use crate::config::Rollout;
use crate::contract::{Metric, Severity};
use crate::evidence::{Outcomes, SPANS_MS, Tally};
use crate::gate::Gate;
use crate::guard::Counters;
use crate::outcome::Outcome;
use crate::policy::{
    Arm, EventCount, GateResult, LatencyHistogram, Param, Snapshot, StageView, Window,
};
use crate::record::{Judgement, Verdict};
use crate::stats::confidence::Counts;

/// The snapshot of one evaluation, with the gates as they were judged in it.
///
/// `params` are the rollout's, `memory` is what the policy's last decision in this stage left.
pub fn snapshot(
    evaluation: Evaluation<'_>,
    verdicts: &Verdicts,
    params: Vec<Param>,
    memory: Vec<u8>,
) -> Snapshot {
    let Evaluation { rollout, state, input } = evaluation;
    let lately = |ms: u64| {
        let arms = input.ledger.windows.over(input.now, ms).map(outcomes);
        Window { seconds: seconds(ms) as u32, baseline: arms.baseline, canary: arms.canary }
    };
    let windows = [whole_stage(evaluation)].into_iter().chain(SPANS_MS.map(lately));
    Snapshot {
        rollout: rollout.name.clone(),
        generation: rollout.generation,
        unix_seconds: seconds(input.now),
        stage: stage(rollout, state, input.now),
        windows: windows.collect(),
        gates: gates(evaluation, verdicts),
        params,
        memory,
    }
}

fn seconds(ms: u64) -> u64 {
    ms / 1000
}

fn stage(rollout: &Rollout, state: &State, now: u64) -> StageView {
    let planned = rollout.stage(state.stage);
    StageView {
        index: state.stage as u32,
        count: rollout.stages.len() as u32,
        weight: state.weight.get(),
        age_seconds: seconds(now.saturating_sub(state.entered_ms)),
        min_seconds: seconds(planned.min_time_ms),
        min_requests: planned.min_requests,
    }
}

fn whole_stage(evaluation: Evaluation<'_>) -> Window {
    let Evaluation { rollout, state, input } = evaluation;
    let age = input.now.saturating_sub(state.judged_from_ms(rollout.warm_up_ms));
    let units = input.units.estimates();
    let PerArm { baseline, canary } =
        input.ledger.stage.zip(&units, |tally, units| arm(rollout, tally, *units));
    Window { seconds: u32::try_from(seconds(age)).unwrap_or(u32::MAX), baseline, canary }
}

fn arm(rollout: &Rollout, tally: &Tally, units: u64) -> Arm {
    let upper = rollout.layout.edges.upper().iter();
    let latency = LatencyHistogram {
        upper_ms: upper.map(|micros| *micros as f64 / 1000.0).collect(),
        counts: tally.latency.counts().to_vec(),
    };
    let events = rollout.events.iter().enumerate();
    let event = |(i, event): (usize, &crate::config::Event)| EventCount {
        name: event.name.clone(),
        count: tally.event(i),
    };
    Arm { units, latency, events: events.map(event).collect(), ..outcomes(&tally.outcomes) }
}

fn outcomes(outcomes: &Outcomes) -> Arm {
    Arm {
        requests: outcomes.judged(),
        failures: outcomes.count(Outcome::Failure),
        client_gone: outcomes.count(Outcome::ClientGone),
        ..Arm::default()
    }
}

fn gates(evaluation: Evaluation<'_>, verdicts: &Verdicts) -> Vec<GateResult> {
    let judged = evaluation.rollout.gates.iter().zip(&verdicts.0);
    let results =
        judged.map(|(gate, judged)| result(gate, judged.result, detail(evaluation, gate)));
    let objections = forced(evaluation, verdicts).into_iter();
    results.chain(objections).chain(checks(evaluation)).collect()
}

/// What every rollout is held to. These are never shown to hold: they object, or they do not.
fn checks(evaluation: Evaluation<'_>) -> Vec<GateResult> {
    let Evaluation { rollout, state, input } = evaluation;
    let check = |name: &str, severity, objects: bool, detail| GateResult {
        name: name.into(),
        verdict: if objects { Verdict::Rollback } else { Verdict::Promote },
        severity,
        detail,
    };
    let Counters { assigned, episodes, .. } = input.counters.since(&state.entered_at);
    let counts = episodes.zip(&assigned, |hits, total| Counts { hits: *hits, total: *total });
    // It is asked on each failure. Had it objected, nobody would be asked any more.
    let guard = check("guard", Severity::Critical, false, compared(&counts));
    let units = input.units.counted();
    let detail =
        format!("{} units counted at the canary, {} at the baseline", units.canary, units.baseline);
    let unlike = checks::mismatch(evaluation).is_some();
    let shares = check("sample ratio", Severity::Warn, unlike, detail);
    let burn = rollout.slo.map(|_| {
        let burns = checks::burning(evaluation).is_some();
        check("burn rate", Severity::Warn, burns, "in two windows at once".into())
    });
    [guard, shares].into_iter().chain(burn).collect()
}

/// Gates that those requests breach which a rule sent to the canary, as gates of their own.
fn forced(evaluation: Evaluation<'_>, verdicts: &Verdicts) -> Vec<GateResult> {
    let breached = verdicts.forced_breached(evaluation.rollout).map(|gate| {
        let Counts { hits, total } = evaluation.count(gate, &evaluation.input.ledger.forced);
        let detail = format!("{hits} of {total} that a rule sent to the canary");
        let name = format!("{} (forced)", gate.label);
        GateResult { name, ..result(gate, Judgement::Breached, detail) }
    });
    breached.collect()
}

fn result(gate: &Gate, judgement: Judgement, detail: String) -> GateResult {
    GateResult {
        name: gate.label.clone(),
        verdict: match judgement {
            Judgement::Passed | Judgement::Waived => Verdict::Promote,
            Judgement::Open => Verdict::Hold,
            Judgement::Breached => Verdict::Rollback,
        },
        severity: gate.severity(),
        detail,
    }
}

/// `12 of 410 at the canary, 3 of 9000 at the baseline`.
fn detail(evaluation: Evaluation<'_>, gate: &Gate) -> String {
    let counts = evaluation.sample(gate).counts;
    if gate.metric() == Metric::Effect {
        let PerArm { canary, baseline } = counts;
        return format!("{} at the canary, {} at the baseline", canary.total, baseline.total);
    }
    compared(&counts)
}

fn compared(PerArm { canary, baseline }: &PerArm<Counts>) -> String {
    format!(
        "{} of {} at the canary, {} of {} at the baseline",
        canary.hits, canary.total, baseline.hits, baseline.total
    )
}
