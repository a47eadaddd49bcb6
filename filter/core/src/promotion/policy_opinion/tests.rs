use super::super::{EvaluationInput, Phase, SlowRequestTests, State, Step, step};
use super::*;
use crate::cohort::bucket::Weight;
use crate::config;
use crate::evidence::{Arms, Ended, Layout, Ledger};
use crate::guard::Counters;
use crate::outcome::Outcome;
use crate::policy::{Decision, Failure};
use crate::stats::units::Units;
use serde_json::{Value, json};

const MINUTE: u64 = 60_000;

/// One stage of ten minutes before the last, and gates of both severities on the same rate.
fn rollout(extra: &Value) -> Rollout {
    let mut base = json!({
        "rollout": "r", "unit": [{ "header": "u" }],
        "stages": [{ "weight": "5%", "min_time": "10m" }, { "weight": "100%", "watch": "1h" }],
        "gates": [
            { "metric": "errors", "max": "10%", "severity": "critical" },
            { "metric": "errors", "max": "1%", "severity": "warn" },
        ],
        "policy": { "file": "x.component.wasm" },
    });
    base.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    config::from_value(&base).unwrap().remove(0)
}

fn opinion(outcome: Result<Decision, Failure>) -> Opinion {
    Opinion { sha256: "93a44bbb96c7".to_owned(), fuel: 7, outcome }
}

/// A step after `minutes`, with so many failures among 2000 canary requests and none among the baseline's.
fn stepped(extra: &Value, minutes: u64, failures: u64, opinion: Option<&Opinion>) -> Step {
    let rollout = rollout(extra);
    let now = minutes * MINUTE;
    let mut seen = Arms::empty(&rollout.layout);
    for i in 0..2000 {
        let outcome = if i < failures { Outcome::Failure } else { Outcome::Success };
        seen.canary.record(&Ended::new(outcome, 20_000), &rollout.layout);
        seen.baseline.record(&Ended::new(Outcome::Success, 20_000), &rollout.layout);
    }
    let state = State::begin(0, 0, Weight::try_new(5_000).unwrap(), Counters::default());
    let mut ledger = Ledger::new(state.entry, &Layout::default());
    ledger.windows.add(now, &seen.map(|tally| tally.outcomes));
    ledger.stage = seen;
    let opinion = PolicyOpinion::new(opinion);
    let (units, counters) = (&Units::default(), Counters::default());
    let slow = &SlowRequestTests::default();
    step(
        &rollout,
        &state,
        &EvaluationInput { now, ledger: &ledger, units, slow, counters, opinion },
    )
}

fn phase(step: &Step) -> Option<Phase> {
    step.state.as_ref().map(|state| state.phase)
}

fn codes(step: &Step) -> Vec<String> {
    step.record.iter().flat_map(|record| record.reasons.iter().map(Reason::code)).collect()
}

#[test]
fn its_rollback_wins_at_once_whatever_the_gates_say() {
    let stop = opinion(Ok(Decision::rollback("conversion fell")));
    for mode in [json!({}), json!({ "mode": "follow", "stage": 0 })] {
        let step = stepped(&mode, 1, 0, Some(&stop));
        assert_eq!(phase(&step), Some(Phase::RolledBack));
        assert_eq!(codes(&step), ["policy_rollback: conversion fell"]);
    }
}

#[test]
fn its_promote_moves_a_stage_that_only_warnings_keep() {
    // Two in a hundred: above the gate that warns, far below the one that is critical.
    let go = opinion(Ok(Decision::promote("the budget is whole")));
    let step = stepped(&json!({}), 11, 40, Some(&go));
    assert_eq!(phase(&step), Some(Phase::Progressing));
    assert_eq!(step.state.unwrap().stage, 1);
    let record = step.record.unwrap();
    assert_eq!(record.verdict, Verdict::Promote);
    let reasons: Vec<String> = record.reasons.iter().map(Reason::code).collect();
    assert_eq!(reasons, ["gates_passed", "policy_promote: the budget is whole"]);
}

#[test]
fn its_promote_is_not_enough() {
    let go = opinion(Ok(Decision::promote("why not")));
    let always = json!([{ "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "to": "24:00" }]);
    let busy = json!([{ "weight": "5%", "min_requests": 3000 }, { "weight": "100%" }]);
    for (what, extra, minutes, failures, said) in [
        ("an open critical gate", json!({}), 11, 200, &["gate_open: errors <= 10%"][..]),
        ("a freeze", json!({ "freeze": always }), 11, 0, &["frozen"][..]),
        ("too few requests", json!({ "stages": busy }), 11, 0, &["too_few_requests"][..]),
        ("the time", json!({}), 9, 0, &[]),
    ] {
        let step = stepped(&extra, minutes, failures, Some(&go));
        assert_ne!(phase(&step), Some(Phase::Progressing), "{what}");
        assert_eq!(codes(&step), said, "{what}");
    }
}

#[test]
fn a_breached_critical_gate_rolls_back_against_its_will() {
    let go = opinion(Ok(Decision::promote("why not")));
    let step = stepped(&json!({}), 11, 600, Some(&go));
    assert_eq!(codes(&step), ["gate_breached: errors <= 10%"]);
}

#[test]
fn a_hold_or_a_failure_keeps_the_stage_and_is_in_the_record() {
    let wait = opinion(Ok(Decision::hold("wait for 12 more").because("orders", 3.0, 15.0)));
    let step = stepped(&json!({}), 11, 0, Some(&wait));
    assert_eq!(phase(&step), Some(Phase::Holding));
    assert_eq!(codes(&step), ["policy_hold: wait for  more"], "without its numbers");
    let line = step.record.unwrap().line();
    let said = r#""policy":{"sha256":"93a44bbb96c7","fuel":7,"verdict":"hold","reason":"wait for 12 more","evidence":[{"name":"orders","value":3.0,"threshold":15.0}]}"#;
    assert!(line.contains(said), "{line}");

    for kind in Failure::ALL {
        let step = stepped(&json!({}), 11, 0, Some(&opinion(Err(kind))));
        assert_eq!(phase(&step), Some(Phase::Holding));
        assert_eq!(codes(&step), [format!("policy_failed: {}", kind.as_str())]);
        let line = step.record.unwrap().line();
        assert!(
            line.contains(&format!(
                r#""policy":{{"sha256":"93a44bbb96c7","fuel":7,"failure":"{}"}}"#,
                kind.as_str()
            )),
            "{line}"
        );
    }
}

#[test]
fn a_policy_that_nobody_asked_promotes_nothing() {
    let step = stepped(&json!({}), 11, 0, None);
    assert_eq!(codes(&step), ["policy_not_asked"]);
    let step = stepped(&json!({ "policy": null }), 11, 0, None);
    assert_eq!(codes(&step), ["gates_passed"]);
    assert_eq!(step.record.unwrap().policy, None);
}
