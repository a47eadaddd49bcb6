//! What one evaluation costs, and one that makes a record; `cargo bench -p serinus-core --bench step`.

#![expect(clippy::expect_used, reason = "its own rollout is sound")]

use serde_json::json;
use serinus_core::arm::Arm;
use serinus_core::config;
use serinus_core::evidence::{Delta, Ended, Ledger};
use serinus_core::guard::Counters;
use serinus_core::outcome::Outcome;
use serinus_core::promotion::{EvaluationInput, PolicyOpinion, SlowRequestTests, State, step};
use serinus_core::stats::units::Units;
use std::hint::black_box;
use std::time::Instant;

const TIMES: u32 = 200_000;

fn main() {
    let document = json!({
        "rollout": "r", "unit": [{ "header": "u" }],
        "events": { "buy": { "when": { "response_header": "x", "present": true } } },
        "stages": [{ "weight": "5%", "min_time": "1h" }, { "weight": "100%" }],
        "gates": [{ "metric": "errors", "max": "0.1%" }, { "metric": "latency", "max": "500ms" },
            { "metric": "event", "name": "buy", "max_drop": "5%", "severity": "warn" }],
    });
    let rollout = config::from_value(&document).expect("a sound rollout").remove(0);
    let state = State::begin(0, 0, rollout.stage(0).weight, Counters::default());
    let mut ledger = Ledger::new(1, &rollout.layout);
    let mut delta = Delta::new(1, 0, &rollout.layout);
    for i in 0..100_000_u64 {
        let arm = if i % 20 == 0 { Arm::Canary } else { Arm::Baseline };
        let outcome = if i % 1009 == 0 { Outcome::Failure } else { Outcome::Success };
        delta.record(arm, &Ended::new(outcome, 20_000 + i % 90_000), &rollout.layout);
    }
    ledger.merge(&delta, 0, &rollout.layout);
    let (units, mut slow) = (Units::default(), SlowRequestTests::default());
    let (counters, opinion) = (Counters::default(), PolicyOpinion::default());
    for (what, now) in
        [("a step within the stage", 1000), ("a step that makes a record", 3_600_000)]
    {
        let began = Instant::now();
        for _ in 0..TIMES / if now > 1000 { 100 } else { 1 } {
            slow.observe(&rollout, &state, &ledger.stage);
            let input = EvaluationInput {
                now,
                ledger: &ledger,
                units: &units,
                slow: &slow,
                counters,
                opinion,
            };
            black_box(step(&rollout, black_box(&state), &input));
        }
        let times = TIMES / if now > 1000 { 100 } else { 1 };
        println!("{what}: {:.2} us", began.elapsed().as_secs_f64() * 1e6 / f64::from(times));
    }
}
