use super::*;
use crate::release::{BAD, GOOD};
use crate::show::record;
use serde_json::{Value, json};

fn gate(name: &str, requests: u64, high: f64, limit: f64) -> Value {
    let rate =
        |requests, high| json!({ "requests": requests, "hits": 0, "low": 0.0, "high": high });
    json!({
        "gate": name, "severity": "critical", "canary": rate(requests, high), "baseline": rate(4000, 0.001),
        "limit": limit, "result": "open",
    })
}

fn decided(verdict: &str, reason: Value, comparisons: Value) -> Record {
    record(json!({
        "time_ms": 1_700_000_000_000_u64, "rollout": "r", "generation": 1, "stage": 0, "weight": 5000,
        "stage_age_ms": 4012, "verdict": verdict, "reasons": [reason], "comparisons": comparisons,
    }))
}

fn gates() -> Value {
    json!([
        gate("errors <= 2%", 249, 0.019_74, 0.02),
        gate("latency p95 <= 250ms", 249, 0.019_74, 0.05)
    ])
}

#[test]
fn a_stop_says_what_it_cost_and_why_it_is_no_chance() {
    let guard = json!({
        "code": "guard", "e_value": 1730.4, "threshold": 100.0, "canary_share": 0.05,
        "requests": { "baseline": 2456, "canary": 132 }, "failures": { "baseline": 0, "canary": 5 },
    });
    assert_eq!(
        decision(&decided("rollback", guard, json!([])), &BAD),
        (
            Tone::Bad,
            "Serinus stops v2: 5 of its 132 requests failed, 0 of 2,456 at v1. \
             Evidence that it is worse: 1,730 to 1; 100 to 1 is enough."
                .to_owned()
        )
    );
}

#[test]
fn a_step_up_says_what_was_proven() {
    let passed = json!({ "code": "gates_passed", "to_weight": 25000 });
    assert_eq!(
        decision(&decided("promote", passed, gates()), &GOOD).1,
        "Serinus gives v3 25%: 249 requests, 0 failed. Failing at most 1.98% (limit 2%), \
         slower than 250 ms at most 1.98% (limit 5%)."
    );
    let over = decided("promote", json!({ "code": "watch_over" }), gates());
    let text = "Serinus promotes v3 after 4.0 s at 100%: 249 requests, 0 failed.";
    assert_eq!(decision(&over, &GOOD), (Tone::Good, text.to_owned()));
}

#[test]
fn an_event_whose_name_begins_like_another_gate_is_neither_a_failure_nor_slow() {
    let passed = json!({ "code": "gates_passed", "to_weight": 25000 });
    let gates = json!([gate("errors-page-left drop <= 5%", 91, 0.019_74, 0.95)]);
    let text = decision(&decided("promote", passed, gates), &GOOD).1;
    assert!(text.starts_with("Serinus gives v3 25%: every gate passed."), "{text}");
}

#[test]
fn a_hold_says_what_is_missing() {
    let open = json!({ "code": "gate_open", "gate": "errors <= 2%" });
    let (tone, text) = decision(&decided("hold", open, gates()), &GOOD);
    assert_eq!(tone, Tone::Waiting);
    assert!(
        text.starts_with("Not proven yet, v3 stays at 5%: 249 requests, 0 failed. Failing at"),
        "{text}"
    );
    let quiet = decided("hold", json!({ "code": "no_traffic" }), json!([]));
    assert_eq!(decision(&quiet, &GOOD).1, "v3 waits: no_traffic.");
}

#[test]
fn numbers_are_easy_to_read() {
    assert_eq!(
        [0, 999, 1000, 26_302, 1_234_567].map(count),
        ["0", "999", "1,000", "26,302", "1,234,567"]
    );
    assert_eq!([0.05, 1.0, 0.0025, 0.0].map(percent), ["5%", "100%", "0.25%", "0%"]);
    assert_eq!(clock(Duration::from_millis(66_749)), "1:06.7");
    assert_eq!((odds(4.605), odds(200.0)), ("100".to_owned(), "over 1,000,000".to_owned()));
    assert_eq!((requests(1), requests(2)), ("1 request".to_owned(), "2 requests".to_owned()));
}

#[test]
fn a_bound_is_rounded_up() {
    assert_eq!((percent_up(0.019_701), percent_up(0.02)), ("1.98%".to_owned(), "2%".to_owned()));
}
