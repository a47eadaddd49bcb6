//! The gates that compare versions: slow requests, events, the whole distribution.

use super::*;
use crate::codec::Stored;
use crate::evidence::{Delta, Events};
use crate::record::{Basis, Metric, Severity};

fn with_gates(gates: serde_json::Value) -> Rollout {
    rollout(json!({ "gates": gates, "events": {
        "buy": { "when": { "response_header": "x-order", "present": true } } } }))
}

/// Adds `requests` to an arm, of which `events` show the event, with latencies from `micros`.
fn fill(
    arms: &mut Arms,
    r: &Rollout,
    arm: Arm,
    requests: u64,
    events: u64,
    micros: impl Fn(u64) -> u64,
) {
    for i in 0..requests {
        let mut shown = Events::default();
        if i < events {
            shown.note(0);
        }
        let ended = Ended { events: shown, ..Ended::new(Outcome::Success, micros(i)) };
        arms.get_mut(arm).record(&ended, &r.layout);
    }
}

/// Both arms with `requests` each, and so many events.
fn events(r: &Rollout, requests: u64, canary: u64, baseline: u64) -> Arms {
    let mut seen = Arms::empty(&r.layout);
    fill(&mut seen, r, Arm::Canary, requests, canary, |_| 20_000);
    fill(&mut seen, r, Arm::Baseline, requests, baseline, |_| 20_000);
    seen
}

fn result(step: &Step) -> Judgement {
    step.record.as_ref().unwrap().comparisons[0].result
}

#[test]
fn a_drop_of_a_business_event_is_stopped_and_one_within_the_limit_passes() {
    let r = with_gates(json!([{ "metric": "event", "name": "buy", "max_drop": "20%" }]));
    let late = 11 * MINUTE;
    let dropped = step(&r, &begin(0), late, &events(&r, 20_000, 1000, 2000));
    assert_eq!(codes(&dropped), ["gate_breached: buy drop <= 20%"]);
    let comparison = &dropped.record.as_ref().unwrap().comparisons[0];
    assert!(comparison.canary.high <= comparison.limit, "{comparison:?}");

    let kept = step(&r, &begin(0), late, &events(&r, 20_000, 2000, 2000));
    assert_eq!(kept.record.as_ref().unwrap().verdict, Verdict::Promote);
    let comparison = &kept.record.as_ref().unwrap().comparisons[0];
    assert!(comparison.canary.low >= comparison.limit, "{comparison:?}");

    let few = step(&r, &begin(0), late, &events(&r, 200, 20, 20));
    assert_eq!(codes(&few), ["gate_open: buy drop <= 20%"]);
    let none = step(&r, &begin(0), late, &events(&r, 20_000, 0, 0));
    assert_eq!(result(&none), Judgement::Open, "no events are no evidence");
}

/// Two of ten accounts that are broken for good are in the canary, where one in twenty users is.
#[test]
fn an_account_that_is_broken_at_both_versions_breaches_no_gate() {
    let r = rollout(json!({}));
    let mut seen = arms(&r, (18_000, 360), (342_000, 1800));
    let breached = step(&r, &begin(0), MINUTE, &seen);
    assert_eq!(codes(&breached), ["gate_breached: errors <= 1%"], "three times as often");
    (seen.canary.repeats, seen.baseline.repeats) = (340, 1450);
    let on = step(&r, &begin(0), 11 * MINUTE, &seen);
    assert_eq!(codes(&on), ["gate_open: errors <= 1%"], "held for it, and not rolled back");
    let compared = &on.record.as_ref().unwrap().comparisons[0];
    assert_eq!(compared.repeats, seen.map(|tally| tally.repeats), "the record says so");
    (seen.canary.repeats, seen.baseline.repeats) = (200, 1450);
    let worse = step(&r, &begin(0), MINUTE, &seen);
    assert_eq!(codes(&worse), ["gate_breached: errors <= 1%"], "what is left is too much still");
}

#[test]
fn a_gate_on_trial_is_recorded_and_not_acted_on() {
    let r = with_gates(json!([
        { "metric": "event", "name": "buy", "max_drop": "20%", "dry_run": true }]));
    let dropped = step(&r, &begin(0), 11 * MINUTE, &events(&r, 20_000, 1000, 2000));
    let record = dropped.record.unwrap();
    assert_eq!(record.verdict, Verdict::Promote);
    assert_eq!(record.comparisons[0].severity, Severity::DryRun);
    assert_eq!(record.comparisons[0].result, Judgement::Breached);
}

#[test]
fn a_canary_that_is_slower_throughout_is_found_though_no_quantile_is_asked_for() {
    let r = with_gates(json!([
        { "metric": "latency", "compare": "mann-whitney", "max_effect": 0.56 }]));
    let latencies = |canary_per_mille: u64| {
        let mut seen = Arms::empty(&r.layout);
        let spread = |i: u64| 10_000 + i * 7919 % 20_000;
        fill(&mut seen, &r, Arm::Baseline, 4000, 0, spread);
        fill(&mut seen, &r, Arm::Canary, 4000, 0, |i| spread(i) * canary_per_mille / 1000);
        seen
    };
    let same = step(&r, &begin(0), 11 * MINUTE, &latencies(1000));
    assert_eq!(same.record.as_ref().unwrap().verdict, Verdict::Promote);
    let slower = step(&r, &begin(0), MINUTE, &latencies(1500));
    assert_eq!(codes(&slower), ["gate_breached: latency effect <= 0.56"]);
    let effect = slower.record.unwrap().comparisons[0].effect.unwrap();
    assert!(effect.low > 0.56 && effect.look == 1, "{effect:?}");
}

#[test]
fn the_distribution_is_looked_at_when_there_is_half_as_much_again_to_see() {
    let r = with_gates(json!([{ "metric": "latency", "compare": "mann-whitney" }]));
    let seen = |n: u64| {
        let mut seen = Arms::empty(&r.layout);
        // Neither shown to hold nor to be breached.
        fill(&mut seen, &r, Arm::Baseline, n, 0, |i| 10_000 + i * 7919 % 20_000);
        fill(&mut seen, &r, Arm::Canary, n, 0, |i| 11_800 + i * 7919 % 20_000);
        seen
    };
    let mut state = begin(0);
    let mut looked = Vec::new();
    for n in (100..1000).step_by(50) {
        let step = step(&r, &state, MINUTE, &seen(n));
        assert_eq!(step.record, None);
        if let Some(next) = step.state {
            assert_eq!(next.revision, state.revision + 1);
            looked.push(n);
            state = next;
        }
    }
    assert_eq!(looked, [200, 300, 450, 700]);
    assert_eq!(state.analyses.of(&r.gates[0]).unwrap().look, 4);
    assert_eq!(State::decode(&state.encode(&()), &()), Some(state.clone()));
    let next = state.entering(1, weight(50), MINUTE, Counters::default());
    assert_eq!(next.analyses.of(&r.gates[0]), None, "another stage, another budget");
}

/// A ledger and its slow after minutes in which a share of both arms' requests is slow.
fn minutes_of(
    r: &Rollout,
    state: &State,
    minutes: u64,
    share: impl Fn(u64, Arm) -> u64,
) -> (Ledger, SlowRequestTests) {
    let (mut ledger, mut slow) = (Ledger::new(state.entry, &r.layout), SlowRequestTests::default());
    for minute in 0..minutes {
        let mut delta = Delta::new(state.entry, 0, &r.layout);
        for (arm, requests) in [(Arm::Canary, 50), (Arm::Baseline, 950)] {
            for i in 0..requests {
                let micros = if i % 10 < share(minute, arm) { 900_000 } else { 20_000 };
                delta.record(arm, &Ended::new(Outcome::Success, micros), &r.layout);
            }
        }
        ledger.merge(&delta, minute * MINUTE, &r.layout);
        slow.observe(r, state, &ledger.stage);
    }
    (ledger, slow)
}

#[test]
fn a_slow_tail_counts_against_the_baseline_of_the_same_moment() {
    let r = with_gates(json!([{ "metric": "latency", "quantile": "p99", "max": "500ms" }]));
    let state = begin(0);
    let judged = |ledger: &Ledger, slow: &SlowRequestTests| {
        let units = Units::default();
        let input = &input(99 * MINUTE, ledger, &units, slow);
        Verdicts::judge(Evaluation { rollout: &r, state: &state, input }).0[0]
    };
    // Slow minutes that both share, far beyond the limit.
    let shared = |minute, _| if minute % 3 == 0 { 5 } else { 0 };
    let (ledger, slow) = minutes_of(&r, &state, 60, shared);
    assert_eq!(judged(&ledger, &slow).result, Judgement::Passed, "no worse than the baseline");
    assert_eq!(SlowRequestTests::decode(&slow.encode(&()), &()), Some(slow));

    let alone = |_, arm| u64::from(arm == Arm::Canary);
    let (ledger, slow) = minutes_of(&r, &state, 60, alone);
    assert_eq!(judged(&ledger, &slow).result, Judgement::Breached);
    assert_eq!(judged(&ledger, &slow).basis, Basis::Randomised);
    assert_eq!(
        judged(&ledger, &SlowRequestTests::default()).result,
        Judgement::Open,
        "only by its book"
    );
}

#[test]
fn the_evidence_on_slow_requests_goes_on_in_the_next_stage() {
    let r = with_gates(json!([{ "metric": "latency", "quantile": "p99", "max": "500ms" }]));
    let state = begin(0);
    let alone = |_, arm| u64::from(arm == Arm::Canary);
    let (_, mut slow) = minutes_of(&r, &state, 60, alone);
    let before = slow.clone();
    let next = state.entering(1, weight(50), MINUTE, Counters::default());
    let mut few = Arms::empty(&r.layout);
    fill(&mut few, &r, Arm::Canary, 1, 0, |_| 900_000);
    assert!(slow.observe(&r, &next, &few));
    assert!(!slow.observe(&r, &next, &few), "nothing is judged twice");
    assert_ne!(slow, before);
    assert!(!slow.is_slower(&r, &r.gates[0]), "one slow request is under the floor");
}

#[test]
fn what_compares_versions_is_waived_where_there_is_one() {
    let r = with_gates(json!([
        { "metric": "event", "name": "buy", "max_drop": "5%" },
        { "metric": "latency", "compare": "mann-whitney" },
        { "metric": "latency", "max": "1s" }, { "metric": "errors" }]));
    let reference = Reference { requests: 9000, failures: 1 };
    let full = State { stage: 2, weight: Weight::MAX, reference, ..begin(0) };
    let over = step(&r, &full, 61 * MINUTE, &events(&r, 20_000, 0, 3));
    let record = over.record.unwrap();
    let grounds: Vec<_> = record.comparisons.iter().map(|c| (c.result, c.basis)).collect();
    assert_eq!(
        grounds,
        [
            (Judgement::Waived, Basis::Nothing),
            (Judgement::Waived, Basis::Nothing),
            (Judgement::Passed, Basis::Absolute),
            (Judgement::Passed, Basis::Remembered),
        ]
    );
    assert_eq!(record.verdict, Verdict::Promote);
}

#[test]
fn the_record_says_at_which_level_each_gate_was_judged() {
    let r = with_gates(json!([
        { "metric": "errors", "max": "1%" }, { "metric": "latency", "max": "1s" }]));
    let passed = step(&r, &begin(0), 11 * MINUTE, &arms(&r, (2000, 0), (20_000, 0)));
    let passed = passed.record.unwrap();
    assert_eq!(passed.comparisons[0].alpha, 0.05);
    assert_eq!((passed.levels.guard, passed.levels.promote), (0.008, 0.05));
    let total = passed.levels.guard + passed.levels.rollback * 2.0 * 3.0;
    assert!((total - 0.01).abs() < 1e-12, "{:?}", passed.levels);
    let latency = passed.latency.unwrap();
    assert_eq!(latency.canary.p50.at_most_us, Some(20_000));

    let breached = step(&r, &begin(0), MINUTE, &arms(&r, (2000, 900), (20_000, 0)));
    let breached = &breached.record.unwrap().comparisons[0];
    assert_eq!(breached.alpha, r.levels.rollback / 2.0);
    assert!(breached.canary.low >= breached.limit, "{breached:?}");
}

proptest::proptest! {
    /// One evaluation decides as the interval would.
    #[test]
    fn which_side_of_a_limit_is_what_the_interval_says(
        total in 1_u64..100_000, share in 0.0_f64..1.0, other in 1_u64..100_000, theirs in 0.0_f64..1.0,
        limit in 0.0001_f64..0.5, ratio in 0.5_f64..2.0, alpha in 0.0001_f64..0.1,
    ) {
        use crate::stats::confidence::{Counts, Prior, Test, interval};
        let counts = Counts { hits: (total as f64 * share * share * 0.2) as u64, total };
        let against = Counts { hits: (other as f64 * theirs * theirs * 0.2) as u64, total: other };
        let test = Test::new(alpha, Prior::Rare);
        let ends = interval(counts.hits, total, alpha, Prior::Rare);
        let high = interval(against.hits, other, alpha, Prior::Rare);
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9 * a.max(b);
        proptest::prop_assert!(test.is_below(counts, limit) == (ends.high <= limit) || near(ends.high, limit));
        proptest::prop_assert!(test.is_above(counts, limit) == (ends.low >= limit) || near(ends.low, limit));
        let apart = ends.high <= ratio * high.low;
        proptest::prop_assert!(test.is_apart(counts, against, ratio) == apart || near(ends.high, ratio * high.low));
    }
}

#[test]
fn an_effect_gate_that_was_edited_begins_anew() {
    let old =
        with_gates(json!([{ "metric": "latency", "compare": "mann-whitney", "max_effect": 0.6 }]));
    let new =
        with_gates(json!([{ "metric": "latency", "compare": "mann-whitney", "max_effect": 0.7 }]));
    let mut seen = Arms::empty(&old.layout);
    [Arm::Canary, Arm::Baseline]
        .into_iter()
        .for_each(|arm| fill(&mut seen, &old, arm, 300, 0, |i| 10_000 + i * 100));
    let state = step(&old, &begin(0), MINUTE, &seen).state.unwrap();
    assert_eq!(new.gates[0].metric(), Metric::Effect);
    assert_eq!(state.analyses.of(&new.gates[0]), None);
}
