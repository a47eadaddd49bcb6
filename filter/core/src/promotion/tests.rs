use super::*;
use crate::cohort::bucket::Weight;
use crate::cohort::decide::{Cohort, Standing};
use crate::config::{self, Rollout};
use crate::evidence::Arms;
use crate::guard::{Counters, Finding};
use crate::outcome::Outcome;
use crate::record::{Judgement, Reason, Verdict};
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
    let mut arms = Arms::empty(&r.edges);
    for (cohort, (requests, failures)) in [(Cohort::Canary, canary), (Cohort::Baseline, baseline)] {
        for i in 0..requests {
            let outcome = if i < failures { Outcome::Failure } else { Outcome::Success };
            arms.get_mut(cohort).record(outcome, 20_000, &r.edges);
        }
    }
    arms
}

fn look(now: u64, seen: &Arms) -> Look {
    let recent = seen.map(|tally| tally.outcomes);
    Look { now, stage: seen.clone(), recent, counters: Counters::default() }
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
        let step = step(&r, &state, &look(minute * MINUTE, &healthy));
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
    let nothing = Arms::empty(&r.edges);
    let held = step(&r, &state, &look(11 * MINUTE, &nothing));
    assert_eq!(codes(&held), ["no_traffic", "gate_open: errors <= 1%"]);
    let held = held.state.unwrap();
    assert_eq!(held.phase, Phase::Holding);
    let again = step(&r, &held, &look(12 * MINUTE, &nothing));
    assert_eq!(again, Step { state: None, record: None }, "the same reasons are not news");

    let resumed = step(&r, &held, &look(13 * MINUTE, &arms(&r, (2000, 0), (100, 0))));
    assert_eq!(resumed.record.unwrap().verdict, Verdict::Promote);
    assert_eq!(resumed.state.unwrap().stage, 1);
}

#[test]
fn too_little_data_holds_and_says_what_is_missing() {
    let r = rollout(json!({ "stages": [
        { "weight": "5%", "min_requests": 3000 }, { "weight": "100%" }] }));
    let state = begin(0);
    let held = step(&r, &state, &look(0, &arms(&r, (300, 0), (6000, 0))));
    assert_eq!(codes(&held), ["too_few_requests", "gate_open: errors <= 1%"]);
    let record = held.record.unwrap();
    assert_eq!(record.comparisons[0].result, Judgement::Open);
    assert_eq!(record.comparisons[0].canary.requests, 300);
}

#[test]
fn both_above_the_limit_may_go_on_when_the_canary_is_no_worse() {
    let r = rollout(json!({}));
    let state = begin(0);
    let equal = step(&r, &state, &look(11 * MINUTE, &arms(&r, (20_000, 1000), (20_000, 1000))));
    assert_eq!(equal.record.unwrap().verdict, Verdict::Promote);
}

#[test]
fn a_critical_gate_that_is_breached_for_certain_rolls_back_at_once_and_for_good() {
    let r =
        rollout(json!({ "gates": [{ "metric": "latency", "quantile": "p99", "max": "10ms" }] }));
    let state = begin(0);
    let mut slow = arms(&r, (2000, 0), (0, 0));
    (0..2000).for_each(|_| slow.baseline.record(Outcome::Success, 5_000, &r.edges));
    let stopped = step(&r, &state, &look(MINUTE, &slow));
    assert_eq!(codes(&stopped), ["gate_breached: latency p99 <= 10ms"]);
    let stopped = stopped.state.unwrap();
    assert_eq!(standing(&r, &stopped), Standing::RolledBack);
    let healthy = arms(&r, (9000, 0), (9000, 0));
    assert_eq!(step(&r, &stopped, &look(99 * MINUTE, &healthy)).state, None);

    let warn = rollout(json!({ "gates": [
        { "metric": "latency", "quantile": "p99", "max": "10ms", "severity": "warn" }] }));
    let held = step(&warn, &state, &look(11 * MINUTE, &slow));
    assert_eq!(held.record.unwrap().verdict, Verdict::Hold);
}

#[test]
fn a_freeze_holds_promotion_but_not_rollback() {
    let always = json!([{ "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "to": "24:00" }]);
    let r = rollout(json!({ "freeze": always }));
    let state = begin(0);
    let held = step(&r, &state, &look(11 * MINUTE, &arms(&r, (2000, 0), (2000, 0))));
    assert_eq!(codes(&held), ["frozen"]);
    let stopped = step(&r, &state, &look(MINUTE, &arms(&r, (2000, 500), (2000, 0))));
    assert_eq!(stopped.record.unwrap().verdict, Verdict::Rollback);
}

#[test]
fn a_canary_that_is_never_promoted_expires_but_a_promoted_one_does_not() {
    let r = rollout(json!({ "max_age": "1d" }));
    let state = begin(0);
    let late = 25 * 60 * MINUTE;
    let expired = step(&r, &state, &look(late, &Arms::empty(&r.edges)));
    assert_eq!(codes(&expired), ["expired"]);
    let watching = State { stage: 2, weight: Weight::MAX, entered_ms: late - MINUTE, ..state };
    assert_eq!(step(&r, &watching, &look(late, &Arms::empty(&r.edges))).record, None);
}

#[test]
fn follow_takes_the_stage_from_the_configuration_and_never_promotes() {
    let r = rollout(json!({ "mode": "follow", "stage": 1 }));
    let state = begin(0);
    let healthy = arms(&r, (2000, 0), (2000, 0));
    let moved = step(&r, &state, &look(0, &healthy));
    assert_eq!(codes(&moved), ["configured"]);
    let moved = moved.state.unwrap();
    assert_eq!((moved.stage, moved.weight, moved.entry), (1, weight(50), 2));
    let much_later = step(&r, &moved, &look(999 * MINUTE, &healthy));
    assert_eq!(much_later, Step { state: None, record: None });
    let broken = step(&r, &moved, &look(0, &arms(&r, (2000, 900), (2000, 0))));
    assert_eq!(broken.state.unwrap().phase, Phase::RolledBack);
}

#[test]
fn an_edit_of_the_stages_is_a_stage_of_its_own_and_nobodys_jump() {
    let state = State { stage: 1, ..State::begin(0, 1, weight(50), Counters::default()) };
    let shorter = rollout(json!({ "stages": [{ "weight": "20%" }, { "weight": "100%" }] }));
    assert_eq!(standing(&shorter, &state), Standing::Open { weight: weight(50) }, "until a step");
    let edited = step(&shorter, &state, &look(1, &Arms::empty(&shorter.edges)));
    assert_eq!(codes(&edited), ["configured"]);
    let edited = edited.state.unwrap();
    assert_eq!((edited.stage, edited.weight, edited.entry), (0, weight(20), 2));
}

#[test]
fn follow_may_take_a_promoted_release_back() {
    let r = rollout(json!({ "mode": "follow", "stage": 0 }));
    let promoted = State { stage: 2, weight: Weight::MAX, phase: Phase::Promoted, ..begin(0) };
    let moved = step(&r, &promoted, &look(1, &Arms::empty(&r.edges))).state.unwrap();
    assert_eq!(standing(&r, &moved), Standing::Open { weight: weight(5) });
}

#[test]
fn at_full_weight_stragglers_of_the_baseline_prove_nothing() {
    let r = rollout(json!({}));
    let full = |reference| State { stage: 2, weight: Weight::MAX, reference, ..begin(0) };
    let good = Reference { requests: 100_000, failures: 100 };
    for stragglers in [0, 1, 5, 50] {
        let broken = arms(&r, (4000, 2000), (stragglers, stragglers));
        let stopped = step(&r, &full(good), &look(1, &broken));
        assert_eq!(codes(&stopped), ["gate_breached: errors <= 1%"], "{stragglers} stragglers");
    }
    let as_bad = Reference { requests: 100_000, failures: 50_000 };
    let same = step(&r, &full(as_bad), &look(1, &arms(&r, (4000, 2000), (0, 0))));
    assert_eq!(same.record, None, "the baseline was no better");
}

#[test]
fn kill_is_the_configurations_word_and_the_state_waits() {
    let r = rollout(json!({ "kill": true }));
    let state = begin(0);
    assert_eq!(standing(&r, &state), Standing::Killed);
    let step = step(&r, &state, &look(99 * MINUTE, &arms(&r, (2000, 0), (2000, 0))));
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
    let held = step(&r, &state, &look(11 * MINUTE, &arms(&r, (9, 0), (9, 0))));
    let state = held.state.unwrap();
    assert_eq!(State::decode(&state.encode()), Some(state));
    let record = held.record.unwrap();
    let json = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<crate::record::Record>(&json).unwrap(), record);
}

proptest::proptest! {
    #[test]
    fn foreign_bytes_are_no_state(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80)) {
        let _ = State::decode(&bytes);
    }
}
