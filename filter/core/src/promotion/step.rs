//! The one function that moves a rollout.

use super::checks;
use super::compare;
use super::evaluation::{Evaluation, EvaluationInput};
use super::state::{Phase, State};
use super::verdicts::Verdicts;
use crate::cohort::bucket::Weight;
use crate::cohort::decide::Standing;
use crate::config::{Pace, Rollout};
use crate::gate::Gate;
use crate::guard::Finding;
use crate::hash::fnv1a::Fnv1a;
use crate::record::{Levels, Reason, Record, Verdict};

/// What comes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The new state, if it changed.
    pub state: Option<State>,
    /// The decision, if there is something to say. A state without one has only been looked at.
    pub record: Option<Record>,
}

impl Step {
    const NOTHING: Self = Self { state: None, record: None };
}

/// How requests are treated in `state`.
pub fn standing(rollout: &Rollout, state: &State) -> Standing {
    match state.phase {
        _ if rollout.kill => Standing::Killed,
        Phase::RolledBack => Standing::RolledBack,
        Phase::Promoted => Standing::Open { weight: Weight::MAX },
        Phase::Progressing | Phase::Holding => Standing::Open { weight: state.weight },
    }
}

/// Whether nothing can change any more but by another configuration.
pub fn is_over(rollout: &Rollout, state: &State) -> bool {
    let promoted = state.phase == Phase::Promoted && rollout.pace == Pace::Autonomous;
    rollout.kill || promoted || state.phase == Phase::RolledBack
}

/// One evaluation. Call it as often as you like: it changes nothing unless there is a reason to.
pub fn step(rollout: &Rollout, state: &State, input: &EvaluationInput<'_>) -> Step {
    if is_over(rollout, state) {
        return Step::NOTHING;
    }
    let compared = state.weight < Weight::MAX;
    let due = compared.then(|| state.analyses.take(rollout, &input.ledger.stage)).flatten();
    let Some(analyses) = due else { return decide(Evaluation { rollout, state, input }) };
    let analysed = State { analyses, ..state.clone() };
    let step = decide(Evaluation { rollout, state: &analysed, input });
    // What was spent on an analysis is spent, whether something comes of it or not.
    let kept = || State { revision: analysed.revision.saturating_add(1), ..analysed.clone() };
    Step { state: Some(step.state.unwrap_or_else(kept)), ..step }
}

fn decide(evaluation: Evaluation<'_>) -> Step {
    let Evaluation { rollout, state, input } = evaluation;
    let verdicts = Verdicts::judge(evaluation);
    let make = |verdict, reasons| {
        input.opinion.recorded_in(Record {
            comparisons: compare::comparisons(evaluation, &verdicts),
            latency: compare::latency(input, &rollout.layout.edges),
            ..record(rollout, state, input.now, verdict, reasons)
        })
    };
    if let Some(reasons) = stop(evaluation, &verdicts) {
        let record = make(Verdict::Rollback, reasons);
        return Step { state: Some(state.turned(Phase::RolledBack)), record: Some(record) };
    }
    if let Some(moved) = configured(evaluation) {
        let verdict = if moved.weight > state.weight { Verdict::Promote } else { Verdict::Hold };
        let reasons = vec![Reason::Configured { to_weight: moved.weight.get() }];
        return Step { state: Some(moved), record: Some(make(verdict, reasons)) };
    }
    if rollout.pace != Pace::Autonomous {
        return Step::NOTHING;
    }
    let early = input.now.saturating_sub(state.entered_ms) < rollout.stage(state.stage).min_time_ms;
    if early && !may_finish_early(rollout, state) {
        return Step::NOTHING;
    }
    let obstacles = obstacles(evaluation, &verdicts);
    if early && !obstacles.is_empty() {
        return Step::NOTHING;
    }
    if obstacles.is_empty() {
        let mut reasons = vec![advance_reason(rollout, state)];
        reasons.extend(input.opinion.consent());
        let record = make(Verdict::Promote, reasons);
        return Step { state: Some(advanced(evaluation)), record: Some(record) };
    }
    hold(state, obstacles, make)
}

/// Whether evidence can stand in for the rest of the stage's time. Not where there are no gates, for
/// then there is none; nor in the watch, which is a time by its nature.
fn may_finish_early(rollout: &Rollout, state: &State) -> bool {
    let evidence = rollout.gates.iter().any(|gate| !gate.dry_run);
    rollout.finish_early && evidence && !rollout.is_last(state.stage)
}

/// Reasons to stop that the guard does not know: a breached gate, old age.
fn stop(evaluation: Evaluation<'_>, verdicts: &Verdicts) -> Option<Vec<Reason>> {
    let Evaluation { rollout, state, input } = evaluation;
    let mut reasons: Vec<Reason> = verdicts
        .breached(rollout)
        .map(|g| Reason::GateBreached { gate: g.label.clone() })
        .collect();
    let forced = verdicts.forced_breached(rollout).filter(|gate| gate.rolls_back());
    reasons.extend(forced.map(forced_breached));
    let age = input.now.saturating_sub(state.began_ms);
    // At full weight there is nothing left to expire: the watch has an end of its own.
    let unfinished = state.weight < Weight::MAX;
    if let Some(max_age_ms) = rollout.max_age_ms.filter(|max| unfinished && age > *max) {
        reasons.push(Reason::Expired { age_ms: age, max_age_ms });
    }
    reasons.extend(input.opinion.rollback());
    (!reasons.is_empty()).then_some(reasons)
}

fn forced_breached(gate: &Gate) -> Reason {
    Reason::ForcedBreached { gate: gate.label.clone() }
}

/// Everything that keeps the stage from being left, though its time is over.
fn obstacles(evaluation: Evaluation<'_>, verdicts: &Verdicts) -> Vec<Reason> {
    let Evaluation { rollout, state, input } = evaluation;
    let needed = rollout.stage(state.stage).min_requests;
    let requests = input.ledger.stage.canary.outcomes.judged();
    let frozen = rollout.freeze.iter().any(|f| f.covers(input.now));
    let mut reasons = Vec::new();
    if frozen {
        reasons.push(Reason::Frozen);
    }
    if input.ledger.windows.recent(input.now).canary.judged() == 0 {
        reasons.push(Reason::NoTraffic);
    }
    if requests < needed {
        reasons.push(Reason::TooFewRequests { requests, needed });
    }
    reasons.extend(checks::mismatch(evaluation));
    reasons.extend(checks::burning(evaluation));
    let objects = |gate: &&Gate| !input.opinion.allows(gate.severity());
    let open = verdicts.open(rollout).filter(objects);
    reasons.extend(open.map(|gate| Reason::GateOpen { gate: gate.label.clone() }));
    reasons.extend(verdicts.forced_breached(rollout).filter(objects).map(forced_breached));
    reasons.extend(input.opinion.obstacle(rollout));
    reasons
}

fn advance_reason(rollout: &Rollout, state: &State) -> Reason {
    if rollout.is_last(state.stage) {
        return Reason::WatchOver;
    }
    Reason::GatesPassed { to_weight: rollout.stage(state.stage + 1).weight.get() }
}

fn advanced(evaluation: Evaluation<'_>) -> State {
    let Evaluation { rollout, state, input } = evaluation;
    if rollout.is_last(state.stage) {
        return state.turned(Phase::Promoted);
    }
    let next = state.stage + 1;
    state.entering(next, rollout.stage(next).weight, input.now, input.counters)
}

/// The stage that the configuration now says, if it is another one or has another weight: the one
/// to follow; else the last that is not above what was decided, or the first if all are.
fn configured(evaluation: Evaluation<'_>) -> Option<State> {
    let Evaluation { rollout, state, input } = evaluation;
    let stage = match rollout.pace {
        Pace::Follow { stage } => stage,
        Pace::Autonomous => {
            rollout.stages.iter().rposition(|stage| stage.weight <= state.weight).unwrap_or(0)
        }
    };
    let weight = rollout.stage(stage).weight;
    let moved = (stage, weight) != (state.stage, state.weight);
    moved.then(|| state.entering(stage, weight, input.now, input.counters))
}

/// Holds, and says so when the reasons are not those of the last time.
fn hold(
    state: &State,
    reasons: Vec<Reason>,
    make: impl Fn(Verdict, Vec<Reason>) -> Record,
) -> Step {
    let codes = reasons.iter().map(Reason::code);
    let holding = codes.fold(Fnv1a::new(), |hash, code| hash.update(code.as_bytes())).finish();
    if state.phase == Phase::Holding && state.holding == holding {
        return Step::NOTHING;
    }
    let held = State { holding, ..state.turned(Phase::Holding) };
    Step { state: Some(held), record: Some(make(Verdict::Hold, reasons)) }
}

/// The transition that the guard demands. `None` if the rollout has ended already.
pub fn roll_back(
    rollout: &Rollout,
    state: &State,
    finding: &Finding,
    now: u64,
) -> Option<(State, Record)> {
    if matches!(state.phase, Phase::RolledBack | Phase::Promoted) {
        return None;
    }
    let reasons = vec![Reason::Guard(*finding)];
    let record = record(rollout, state, now, Verdict::Rollback, reasons);
    Some((state.turned(Phase::RolledBack), record))
}

fn record(
    rollout: &Rollout,
    state: &State,
    now: u64,
    verdict: Verdict,
    reasons: Vec<Reason>,
) -> Record {
    Record {
        time_ms: now,
        rollout: rollout.name.clone(),
        generation: rollout.generation,
        stage: state.stage,
        weight: state.weight.get(),
        stage_age_ms: now.saturating_sub(state.entered_ms),
        verdict,
        reasons,
        levels: Levels {
            guard: rollout.guard.alpha,
            rollback: rollout.levels.rollback,
            promote: rollout.levels.promote,
        },
        comparisons: Vec::new(),
        latency: None,
        #[cfg(feature = "policies")]
        policy: None,
    }
}
