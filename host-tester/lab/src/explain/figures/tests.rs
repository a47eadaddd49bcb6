use super::*;
use crate::explain::{Log, timelines};
use serde_json::{Value, json};

const HOUR: u64 = 3_600_000;

fn record(
    rollout: &str,
    at_ms: u64,
    weight: u32,
    stage: usize,
    verdict: &str,
    reason: Value,
) -> String {
    let record = json!({ "time_ms": at_ms, "rollout": rollout, "generation": 1, "stage": stage, "weight": weight,
        "stage_age_ms": HOUR, "verdict": verdict, "reasons": [reason], "comparisons": [] });
    format!("{record}\n")
}

fn guard() -> Value {
    json!({ "code": "guard", "e_value": 900.0, "threshold": 100.0, "canary_share": 0.05,
        "requests": { "baseline": 950, "canary": 50 }, "failures": { "baseline": 1, "canary": 5 } })
}

fn log(lines: &[String]) -> Log {
    Log::from_reader("envoy.log", lines.concat().as_bytes()).unwrap()
}

fn passed() -> Value {
    json!({ "code": "gates_passed", "to_weight": 100_000 })
}

#[test]
fn releases_are_counted_once_however_many_proxies_decide() {
    let good = [
        record("a", 2 * HOUR, 5_000, 0, "promote", passed()),
        record("a", 4 * HOUR, 100_000, 1, "promote", json!({ "code": "watch_over" })),
    ];
    let bad = [record("a", 3 * HOUR, 5_000, 0, "rollback", guard())];
    let (first, second) = (log(&good), log(&bad));
    let one: Vec<_> = timelines(&first);
    let promoted = figures(&one);
    assert_eq!(
        (promoted.releases, promoted.promoted, promoted.change_failure_rate),
        (1, 1, Some(0.0))
    );
    assert_eq!(promoted.time_to_promote_ms, Some(Times { median: 3 * HOUR, p95: 3 * HOUR, of: 1 }));
    let both: Vec<_> = timelines(&first).into_iter().chain(timelines(&second)).collect();
    let stopped = figures(&both);
    assert_eq!((stopped.releases, stopped.promoted, stopped.rolled_back), (1, 0, 1));
    assert_eq!(stopped.stopped_by, [Cause { what: "guard".into(), releases: 1 }]);
    // The first log says that it began an hour before its first decision.
    assert_eq!(stopped.time_to_stop_ms.unwrap().median, 2 * HOUR);
}

#[test]
fn what_has_not_ended_is_no_failure_and_what_was_moved_by_hand_is_not_progressive() {
    let configured = json!({ "code": "configured", "to_weight": 50_000 });
    let lines = [
        record("by-hand", HOUR, 5_000, 0, "promote", configured),
        record("all-at-once", HOUR, 100_000, 0, "promote", json!({ "code": "watch_over" })),
        record("waiting", HOUR, 5_000, 0, "hold", json!({ "code": "no_traffic" })),
        record(
            "late",
            2 * HOUR,
            5_000,
            0,
            "rollback",
            json!({ "code": "expired", "age_ms": HOUR, "max_age_ms": HOUR }),
        ),
    ];
    let log = log(&lines);
    let told = figures(&timelines(&log));
    assert_eq!((told.releases, told.promoted, told.rolled_back, told.unfinished), (4, 1, 1, 2));
    assert_eq!((told.change_failure_rate, told.progressive_share), (Some(0.5), Some(0.5)));
    assert_eq!((told.holds, told.stopped_by[0].what.as_str()), (1, "expired"));
}

#[test]
fn nothing_on_record_is_no_rate() {
    assert_eq!(figures(&[]), Figures::default());
}
