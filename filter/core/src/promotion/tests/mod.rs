mod checks;
mod forced;
mod gates;

use super::*;
use crate::arm::Arm;
use crate::codec::Stored;
use crate::cohort::bucket::Weight;
use crate::cohort::decide::Standing;
use crate::config::{self, Rollout};
use crate::evidence::{Arms, Ended, Layout, Ledger};
use crate::guard::{Counters, Finding};
use crate::outcome::Outcome;
use crate::record::{Judgement, Reason, Verdict};
use crate::stats::units::Units;
use serde_json::json;

const MINUTE: u64 = 60_000;

fn rollout(extra: serde_json::Value) -> Rollout {
    let mut base = json!({
        "rollout": "r", "unit": [{ "header": "u" }],
        "stages": [{ "weight": "5%", "min_time": "10m" }, { "weight": "50%", "min_time": "10m" },
            { "weight": "100%", "watch": "1h" }],
        "gates": [{ "metric": "errors", "max": "1%" }],
    });
    base.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    config::from_value(&base).unwrap().remove(0)
}

/// Requests and failures of the canary and of the baseline.
fn arms(r: &Rollout, canary: (u64, u64), baseline: (u64, u64)) -> Arms {
    let mut arms = Arms::empty(&r.layout);
    for (cohort, (requests, failures)) in [(Arm::Canary, canary), (Arm::Baseline, baseline)] {
        for i in 0..requests {
            let outcome = if i < failures { Outcome::Failure } else { Outcome::Success };
            arms.get_mut(cohort).record(&Ended::new(outcome, 20_000), &r.layout);
        }
    }
    arms
}

fn input<'a>(
    now: u64,
    ledger: &'a Ledger,
    units: &'a Units,
    slow: &'a SlowRequestTests,
) -> EvaluationInput<'a> {
    EvaluationInput {
        now,
        ledger,
        units,
        slow,
        counters: Counters::default(),
        opinion: PolicyOpinion::default(),
    }
}

/// A step at `now` in which `seen` is all evidence, and all of it recent.
fn step(r: &Rollout, state: &State, now: u64, seen: &Arms) -> Step {
    let mut ledger = Ledger { stage: seen.clone(), ..Ledger::new(state.entry, &Layout::default()) };
    ledger.windows.add(now, &seen.map(|tally| tally.outcomes));
    let mut slow = SlowRequestTests::default();
    slow.observe(r, state, &ledger.stage);
    super::step(r, state, &input(now, &ledger, &Units::default(), &slow))
}

fn weight(percent: u32) -> Weight {
    Weight::try_new(percent * 1000).unwrap()
}

/// At 5 %, in the first stage.
fn begin(now: u64) -> State {
    State::begin(now, 0, weight(5), Counters::default())
}

fn codes(step: &Step) -> Vec<String> {
    step.record.iter().flat_map(|r| r.reasons.iter().map(Reason::code)).collect()
}

#[test]
fn a_healthy_canary_climbs_to_the_end() {
    let r = rollout(json!({}));
    let mut state = begin(0);
    let healthy = arms(&r, (2000, 1), (20_000, 10));
    let mut weights = Vec::new();
    for minute in 0..100 {
        if let Standing::Open { weight } = standing(&r, &state) {
            weights.push(weight.get());
        }
        let step = step(&r, &state, minute * MINUTE, &healthy);
        state = step.state.unwrap_or(state);
    }
    weights.dedup();
    assert_eq!(weights, [5_000, 50_000, 100_000]);
    assert_eq!(state.phase, Phase::Promoted);
    assert_eq!(standing(&r, &state), Standing::Open { weight: Weight::MAX });
}

#[test]
fn no_traffic_is_not_good_traffic_and_it_resumes_by_itself() {
    let r = rollout(json!({}));
    let state = begin(0);
    let nothing = Arms::empty(&r.layout);
    let held = step(&r, &state, 11 * MINUTE, &nothing);
    assert_eq!(codes(&held), ["no_traffic", "gate_open: errors <= 1%"]);
    let held = held.state.unwrap();
    assert_eq!(held.phase, Phase::Holding);
    let again = step(&r, &held, 12 * MINUTE, &nothing);
    assert_eq!(again, Step { state: None, record: None }, "the same reasons are not news");

    let resumed = step(&r, &held, 13 * MINUTE, &arms(&r, (2000, 0), (100, 0)));
    assert_eq!(resumed.record.unwrap().verdict, Verdict::Promote);
    assert_eq!(resumed.state.unwrap().stage, 1);
}

#[test]
fn too_little_data_holds_and_says_what_is_missing() {
    let r = rollout(json!({ "stages": [
        { "weight": "5%", "min_requests": 3000 }, { "weight": "100%" }] }));
    let state = begin(0);
    let held = step(&r, &state, 0, &arms(&r, (300, 0), (6000, 0)));
    assert_eq!(codes(&held), ["too_few_requests", "gate_open: errors <= 1%"]);
    let record = held.record.unwrap();
    assert_eq!(record.comparisons[0].result, Judgement::Open);
    assert_eq!(record.comparisons[0].canary.requests, 300);
}

#[test]
fn both_above_the_limit_may_go_on_when_the_canary_is_no_worse() {
    let r = rollout(json!({}));
    let state = begin(0);
    let equal = step(&r, &state, 11 * MINUTE, &arms(&r, (20_000, 1000), (20_000, 1000)));
    assert_eq!(equal.record.unwrap().verdict, Verdict::Promote);
}

#[test]
fn a_critical_gate_that_is_breached_for_certain_rolls_back_at_once_and_for_good() {
    let r =
        rollout(json!({ "gates": [{ "metric": "latency", "quantile": "p99", "max": "10ms" }] }));
    let state = begin(0);
    let mut slow = arms(&r, (2000, 0), (0, 0));
    (0..2000).for_each(|_| slow.baseline.record(&Ended::new(Outcome::Success, 5_000), &r.layout));
    let stopped = step(&r, &state, MINUTE, &slow);
    assert_eq!(codes(&stopped), ["gate_breached: latency p99 <= 10ms"]);
    let stopped = stopped.state.unwrap();
    assert_eq!(standing(&r, &stopped), Standing::RolledBack);
    let healthy = arms(&r, (9000, 0), (9000, 0));
    assert_eq!(step(&r, &stopped, 99 * MINUTE, &healthy).state, None);

    let warn = rollout(json!({ "gates": [
        { "metric": "latency", "quantile": "p99", "max": "10ms", "severity": "warn" }] }));
    let held = step(&warn, &state, 11 * MINUTE, &slow);
    assert_eq!(held.record.unwrap().verdict, Verdict::Hold);
}

#[test]
fn a_freeze_holds_promotion_but_not_rollback() {
    let always = json!([{ "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "to": "24:00" }]);
    let r = rollout(json!({ "freeze": always }));
    let state = begin(0);
    let held = step(&r, &state, 11 * MINUTE, &arms(&r, (2000, 0), (2000, 0)));
    assert_eq!(codes(&held), ["frozen"]);
    let stopped = step(&r, &state, MINUTE, &arms(&r, (2000, 500), (2000, 0)));
    assert_eq!(stopped.record.unwrap().verdict, Verdict::Rollback);
}

#[test]
fn a_canary_that_is_never_promoted_expires_but_a_promoted_one_does_not() {
    let r = rollout(json!({ "max_age": "1d" }));
    let state = begin(0);
    let late = 25 * 60 * MINUTE;
    let expired = step(&r, &state, late, &Arms::empty(&r.layout));
    assert_eq!(codes(&expired), ["expired"]);
    let watching = State { stage: 2, weight: Weight::MAX, entered_ms: late - MINUTE, ..state };
    assert_eq!(step(&r, &watching, late, &Arms::empty(&r.layout)).record, None);
}

#[test]
fn follow_takes_the_stage_from_the_configuration_and_never_promotes() {
    let r = rollout(json!({ "mode": "follow", "stage": 1 }));
    let state = begin(0);
    let healthy = arms(&r, (2000, 0), (2000, 0));
    let moved = step(&r, &state, 0, &healthy);
    assert_eq!(codes(&moved), ["configured"]);
    let moved = moved.state.unwrap();
    assert_eq!((moved.stage, moved.weight, moved.entry), (1, weight(50), 2));
    let much_later = step(&r, &moved, 999 * MINUTE, &healthy);
    assert_eq!(much_later, Step { state: None, record: None });
    let broken = step(&r, &moved, 0, &arms(&r, (2000, 900), (2000, 0)));
    assert_eq!(broken.state.unwrap().phase, Phase::RolledBack);
}

#[test]
fn an_edit_of_the_stages_is_a_stage_of_its_own_and_nobodys_jump() {
    let state = State { stage: 1, ..State::begin(0, 1, weight(50), Counters::default()) };
    let shorter = rollout(json!({ "stages": [{ "weight": "20%" }, { "weight": "100%" }] }));
    assert_eq!(standing(&shorter, &state), Standing::Open { weight: weight(50) }, "until a step");
    let edited = step(&shorter, &state, 1, &Arms::empty(&shorter.layout));
    assert_eq!(codes(&edited), ["configured"]);
    let edited = edited.state.unwrap();
    assert_eq!((edited.stage, edited.weight, edited.entry), (0, weight(20), 2));
}

#[test]
fn follow_may_take_a_promoted_release_back() {
    let r = rollout(json!({ "mode": "follow", "stage": 0 }));
    let promoted = State { stage: 2, weight: Weight::MAX, phase: Phase::Promoted, ..begin(0) };
    let moved = step(&r, &promoted, 1, &Arms::empty(&r.layout)).state.unwrap();
    assert_eq!(standing(&r, &moved), Standing::Open { weight: weight(5) });
}

#[test]
fn at_full_weight_stragglers_of_the_baseline_prove_nothing() {
    let r = rollout(json!({}));
    let full = |reference| State { stage: 2, weight: Weight::MAX, reference, ..begin(0) };
    let good = Reference { requests: 100_000, failures: 100 };
    for stragglers in [0, 1, 5, 50] {
        let broken = arms(&r, (4000, 2000), (stragglers, stragglers));
        let stopped = step(&r, &full(good), 1, &broken);
        assert_eq!(codes(&stopped), ["gate_breached: errors <= 1%"], "{stragglers} stragglers");
    }
    let as_bad = Reference { requests: 100_000, failures: 50_000 };
    let same = step(&r, &full(as_bad), 1, &arms(&r, (4000, 2000), (0, 0)));
    assert_eq!(same.record, None, "the baseline was no better");
}

#[test]
fn kill_is_the_configurations_word_and_the_state_waits() {
    let r = rollout(json!({ "kill": true }));
    let state = begin(0);
    assert_eq!(standing(&r, &state), Standing::Killed);
    let step = step(&r, &state, 99 * MINUTE, &arms(&r, (2000, 0), (2000, 0)));
    assert_eq!(step.state, None);
}

#[test]
fn the_guards_rollback_latches_once() {
    let r = rollout(json!({}));
    let state = begin(0);
    let finding = Finding {
        ln_e: 5.0,
        threshold: 4.6,
        seen: Counters::default(),
        share: 0.05,
        breached: true,
    };
    let (stopped, record) = roll_back(&r, &state, &finding, 7).unwrap();
    assert_eq!((stopped.phase, stopped.revision), (Phase::RolledBack, 2));
    assert!(record.line().starts_with("serinus.decision {\"time_ms\":7,\"rollout\":\"r\""));
    assert_eq!(roll_back(&r, &stopped, &finding, 8), None);
}

#[test]
fn the_baseline_is_remembered_for_the_stage_that_has_none() {
    let mut counters = Counters::default();
    counters.assigned.baseline = 10_000;
    counters.failed.baseline = 10;
    let state = begin(0);
    assert_eq!(state.reference.tolerated(0.5, 0.01), None);
    let next = state.entering(1, weight(50), 5, counters);
    let tolerated = next.reference.tolerated(0.5, 0.01).unwrap();
    assert!(tolerated > 0.0015 && tolerated < 0.006, "{tolerated}");
}

#[test]
fn state_and_record_survive_storage() {
    let r = rollout(json!({}));
    let state = begin(3);
    let held = step(&r, &state, 11 * MINUTE, &arms(&r, (9, 0), (9, 0)));
    let state = held.state.unwrap();
    assert_eq!(State::decode(&state.encode(&()), &()), Some(state));
    let record = held.record.unwrap();
    let json = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<crate::record::Record>(&json).unwrap(), record);
}

/// Only the numbers at the front are the same in every build.
#[test]
fn a_rollback_by_another_build_is_understood_and_nothing_else_of_it() {
    let by_another = |phase| {
        let mut bytes = State { revision: 300, phase, ..begin(3) }.encode(&());
        bytes[0] += 1;
        bytes.extend(b"and what else it knows");
        bytes
    };
    let bytes = by_another(Phase::RolledBack);
    assert_eq!(State::decode(&bytes, &()), None);
    let latched = begin(3).after_another_build(&bytes);
    assert_eq!(latched, State { phase: Phase::RolledBack, revision: 301, entry: 301, ..begin(3) });
    for phase in [Phase::Progressing, Phase::Holding, Phase::Promoted] {
        let anew = begin(3).after_another_build(&by_another(phase));
        assert_eq!(anew, State { revision: 301, entry: 301, ..begin(3) }, "{phase:?}");
    }
    for strange in [&b""[..], b"\x09", b"\x09\x01\x03"] {
        assert_eq!(begin(3).after_another_build(strange), begin(3));
    }
}

proptest::proptest! {
    #[test]
    fn foreign_bytes_are_no_state(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80)) {
        let _ = (State::decode(&bytes, &()), begin(0).after_another_build(&bytes));
    }
}

#[test]
fn a_stage_ends_early_only_where_that_is_asked_for_and_every_gate_passed() {
    let early = rollout(json!({ "finish_early": true }));
    let (few, enough) = (arms(&early, (300, 0), (6000, 0)), arms(&early, (2000, 0), (9000, 0)));
    assert_eq!(step(&early, &begin(0), MINUTE, &few).record, None, "no word before its time");
    let done = step(&early, &begin(0), MINUTE, &enough);
    assert_eq!(done.record.unwrap().verdict, Verdict::Promote);
    assert_eq!(step(&rollout(json!({})), &begin(0), MINUTE, &enough).record, None);

    let blind = rollout(json!({ "finish_early": true, "gates": [] }));
    assert_eq!(step(&blind, &begin(0), MINUTE, &enough).record, None, "no gates, no evidence");
    let needs = rollout(json!({ "finish_early": true, "stages": [
        { "weight": "5%", "min_time": "1h", "min_requests": 3000 }, { "weight": "100%" }] }));
    assert_eq!(step(&needs, &begin(0), MINUTE, &enough).record, None);
    let watching = State { stage: 2, weight: Weight::MAX, ..begin(0) };
    assert_eq!(step(&early, &watching, MINUTE, &enough).record, None, "a watch is a time");
}

#[test]
fn a_policy_is_told_the_stage_the_windows_and_the_gates() {
    let r = rollout(json!({ "warm_up": "10s",
        "events": { "buy": { "when": { "response_header": "x-order", "present": true } } } }));
    let state = begin(0);
    let mut ledger = Ledger::new(state.entry, &r.layout);
    let mut delta = crate::evidence::Delta::new(state.entry, 10_000, &r.layout);
    let mut events = crate::evidence::Events::default();
    events.note(0);
    let bought = Ended { events, ..Ended::new(Outcome::Success, 20_000) };
    delta.record(Arm::Canary, &bought, &r.layout);
    delta.record(Arm::Baseline, &Ended::new(Outcome::Failure, 0), &r.layout);
    [5_000, 15_000].into_iter().for_each(|now| ledger.merge(&delta, now, &r.layout));
    let mut units = Units::default();
    units.see(b"u", Arm::Canary);
    let slow = SlowRequestTests::default();
    let input = &input(MINUTE, &ledger, &units, &slow);
    let evaluation = Evaluation { rollout: &r, state: &state, input };
    let verdicts = Verdicts::judge(evaluation);
    let told = snapshot(evaluation, &verdicts, Vec::new(), vec![7]);

    assert_eq!(
        (told.stage.age_seconds, told.stage.count, told.memory.as_slice()),
        (60, 3, &[7][..])
    );
    let [stage, minutes, .., days] = told.windows.as_slice() else { panic!("{told:?}") };
    assert_eq!((stage.seconds, stage.canary.requests, stage.canary.units), (50, 1, 1));
    assert_eq!((stage.canary.events[0].name.as_str(), stage.canary.events[0].count), ("buy", 1));
    assert_eq!(stage.canary.latency.counts.iter().sum::<u64>(), 1);
    assert_eq!((minutes.seconds, minutes.baseline.failures), (300, 2), "warm-up included");
    assert_eq!(days.seconds, 259_200);
    assert!(told.windows[1..].is_sorted_by_key(|w| w.seconds));
    assert_eq!(told.gates[0].detail, "0 of 1 at the canary, 1 of 1 at the baseline");
}
