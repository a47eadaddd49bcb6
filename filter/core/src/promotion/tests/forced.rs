//! Requests that a rule sent to the canary.

use super::*;
use crate::evidence::Tally;
use crate::record::Basis;

fn staff_first(severity: &str) -> Rollout {
    rollout(json!({
        "force": [{ "name": "staff", "when": { "header": "x-staff", "present": true }, "cohort": "canary" }],
        "gates": [{ "metric": "errors", "max": "1%", "severity": severity },
            { "metric": "latency", "compare": "mann-whitney", "severity": "warn", "dry_run": true }],
    }))
}

/// A step at `now` in which users are well, and of so many requests of the staff so many fail.
fn staffed(r: &Rollout, now: u64, (requests, failures): (u64, u64)) -> Step {
    let seen = arms(r, (2000, 0), (20_000, 10));
    let state = begin(0);
    let mut ledger = Ledger { stage: seen.clone(), ..Ledger::new(state.entry, &r.layout) };
    ledger.windows.add(now, &seen.map(|tally| tally.outcomes));
    ledger.forced = Tally::new(&r.layout);
    for i in 0..requests {
        let outcome = if i < failures { Outcome::Failure } else { Outcome::Success };
        ledger.forced.record(&Ended::new(outcome, 20_000), &r.layout);
    }
    super::super::step(
        r,
        &state,
        &input(now, &ledger, &Units::default(), &SlowRequestTests::default()),
    )
}

#[test]
fn a_canary_that_is_bad_for_them_is_stopped_by_the_limit_alone() {
    let r = staff_first("critical");
    let stopped = staffed(&r, MINUTE, (40, 20));
    assert_eq!(codes(&stopped), ["forced_breached: errors <= 1%"]);
    let record = stopped.record.unwrap();
    assert_eq!(record.verdict, Verdict::Rollback);
    let forced: Vec<_> = record.comparisons.iter().filter(|c| c.basis == Basis::Forced).collect();
    let [forced] = forced[..] else { panic!("one gate has a limit: {forced:?}") };
    assert_eq!((forced.canary.hits, forced.canary.requests, forced.baseline.requests), (20, 40, 0));
    assert!(forced.canary.low > forced.limit && forced.result == Judgement::Breached, "{forced:?}");
}

#[test]
fn a_gate_that_warns_holds() {
    let held = staffed(&staff_first("warn"), 11 * MINUTE, (40, 20));
    assert_eq!(codes(&held), ["forced_breached: errors <= 1%"]);
    assert_eq!(held.record.unwrap().verdict, Verdict::Hold);
}

#[test]
fn they_are_no_reason_to_wait_nor_to_go_on() {
    let r = staff_first("critical");
    for seen in [(0, 0), (5, 0), (5, 1), (5000, 0)] {
        let on = staffed(&r, 11 * MINUTE, seen);
        assert_eq!(on.record.unwrap().verdict, Verdict::Promote, "{seen:?}");
    }
    let nobody_else = Arms::empty(&r.layout);
    let mut ledger = Ledger { stage: nobody_else, ..Ledger::new(1, &r.layout) };
    (0..5000).for_each(|_| ledger.forced.record(&Ended::new(Outcome::Success, 1), &r.layout));
    let (units, slow) = (Units::default(), SlowRequestTests::default());
    let held = super::super::step(&r, &begin(0), &input(11 * MINUTE, &ledger, &units, &slow));
    assert_eq!(codes(&held), ["no_traffic", "gate_open: errors <= 1%"]);
}

#[test]
fn their_test_has_its_part_of_the_budget() {
    let [with, without] = [staff_first("critical"), rollout(json!({}))].map(|r| r.levels.rollback);
    assert!((with * 2.0 - without).abs() < 1e-12, "{with} and {without}");
    let excluded = rollout(json!({ "force": [
        { "name": "partners", "when": { "header": "x-partner", "present": true }, "cohort": "baseline" }] }));
    assert_eq!(excluded.levels.rollback, without, "nobody is sent to the canary");
}
