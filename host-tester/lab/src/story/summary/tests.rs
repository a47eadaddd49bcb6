use super::*;
use serde_json::{Value, json};

fn record(
    time_ms: u64,
    age_ms: u64,
    verdict: &str,
    reason: Value,
    seen: Option<(u64, u64)>,
) -> Record {
    let gates = seen.map(|(requests, hits)| {
        let rate = json!({ "requests": requests, "hits": hits, "low": 0.0, "high": 1.0 });
        json!({ "gate": "errors <= 1%", "severity": "warn", "limit": 0.01, "result": "open", "canary": rate, "baseline": rate })
    });
    serde_json::from_value(json!({
        "time_ms": time_ms, "rollout": "r", "generation": 1, "stage": 0, "weight": 5000, "stage_age_ms": age_ms,
        "verdict": verdict, "reasons": [reason], "comparisons": gates.into_iter().collect::<Vec<_>>(),
    }))
    .unwrap()
}

#[test]
fn the_last_look_at_each_stage_counts() {
    let held = record(600_000, 600_000, "hold", json!({ "code": "frozen" }), Some((100, 1)));
    let on = record(
        900_000,
        900_000,
        "promote",
        json!({ "code": "gates_passed", "to_weight": 50_000 }),
        Some((500, 2)),
    );
    let stop = record(
        930_000,
        30_000,
        "rollback",
        json!({ "code": "gate_breached", "gate": "g" }),
        Some((40, 17)),
    );
    let all = summarize(&[&held, &on, &stop]).unwrap();
    assert_eq!((all.requests, all.failures, all.complete), (540, 19, true));
    assert_eq!(
        all.sentence(),
        "Rolled back, 15m30s after it began (1970-01-01 00:00:00 UTC). It took 540 canary \
         requests; 19 failed (3.52%)."
    );
    let so_far = summarize(&[&held, &on]).unwrap();
    assert_eq!((so_far.outcome, so_far.weight), (Outcome::Progressing, 50_000));
}

#[test]
fn what_nobody_counted_is_not_made_up() {
    let over = record(9, 9, "promote", json!({ "code": "watch_over" }), None);
    let all = summarize(&[&over]).unwrap();
    assert_eq!((all.outcome, all.complete), (Outcome::Promoted, false));
    assert!(all.sentence().ends_with("How many requests it took is not on record."), "{all:?}");
    assert_eq!(summarize(&[]), None);
}

/// 91 answers that showed an event called `errors-page-left` are no failures.
#[test]
fn an_event_whose_name_begins_like_a_gate_on_errors_counts_no_failure() {
    let rate = json!({ "requests": 91, "hits": 91, "low": 0.9, "high": 1.0 });
    let event = |metric: Option<&str>| {
        let mut event = json!({ "gate": "errors-page-left drop <= 5%", "severity": "critical", "limit": 0.9,
            "result": "passed", "canary": rate, "baseline": rate });
        metric.into_iter().for_each(|metric| event["metric"] = metric.into());
        event
    };
    // Older builds did not write the metric.
    for metric in [Some("event"), None] {
        let over = json!({ "time_ms": 9, "rollout": "r", "generation": 1, "stage": 0, "weight": 5000, "stage_age_ms": 9,
            "verdict": "promote", "reasons": [{ "code": "watch_over" }], "comparisons": [event(metric)] });
        let record: Record = serde_json::from_value(over).unwrap();
        let all = summarize(&[&record]).unwrap();
        assert_eq!((all.requests, all.failures, all.complete), (0, 0, false), "{metric:?}");
    }
}
