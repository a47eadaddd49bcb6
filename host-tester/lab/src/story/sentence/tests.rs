use super::*;
use serde_json::json;

fn record(
    verdict: &str,
    weight: u32,
    reasons: serde_json::Value,
    gates: serde_json::Value,
) -> Record {
    serde_json::from_value(json!({
        "time_ms": 1_795_227_230_457_u64, "rollout": "r", "generation": 1, "stage": 0, "weight": weight,
        "stage_age_ms": 5078, "verdict": verdict, "reasons": reasons, "comparisons": gates,
    }))
    .unwrap()
}

fn why_of(reason: serde_json::Value) -> String {
    tell(&record("hold", 5_000, json!([reason]), json!([]))).why.join(" ")
}

/// The record of examples/envoy/README.md.
#[test]
fn a_guards_rollback_says_what_it_saw_and_how_sure_it_is() {
    let finding = json!({ "code": "guard", "e_value": 2076.89, "threshold": 100.0, "canary_share": 0.115,
        "requests": { "baseline": 43, "canary": 10 }, "failures": { "baseline": 0, "canary": 5 } });
    let told = tell(&record("rollback", 10_000, json!([finding]), json!([])));
    assert_eq!(told.headline, "Rolled back at 10%, 5s into the stage");
    assert_eq!(
        told.why,
        [
            "The guard stopped it: 5 of 10 canary requests (50%) failed, and 0 of 43 requests (0%) at the baseline.",
            "Evidence that it is worse than tolerated: e-value 2,076, where 100 is enough. A canary that is no worse \
             would ever show 100 in at most 1 of 100 rollouts.",
        ]
    );
    let mut again = finding.clone();
    again["failures"]["canary"] = json!(9);
    again["episodes"] = json!({ "baseline": 0, "canary": 5 });
    assert_eq!(
        tell(&record("rollback", 10_000, json!([again]), json!([]))).why[0],
        "The guard stopped it: 9 of 10 canary requests (90%) failed, and 0 of 43 requests (0%) at the baseline. Of \
         one user's failures in a row one counts: 5, and 0 at the baseline."
    );
    // At full weight the bound is not the guard's alone, so it is not claimed.
    let full = tell(&record("rollback", 100_000, json!([finding]), json!([])));
    assert!(!full.why.join(" ").contains("1 of 100"), "{full:?}");
}

#[test]
fn every_reason_has_its_sentence() {
    for (reason, sentence) in [
        (
            json!({ "code": "gate_breached", "gate": "g" }),
            "The critical gate `g` is breached for certain.",
        ),
        (
            json!({ "code": "forced_breached", "gate": "g" }),
            "The requests that a rule sent to the canary breach the limit of `g` for certain.",
        ),
        (
            json!({ "code": "expired", "age_ms": 604_860_000, "max_age_ms": 604_800_000 }),
            "It was 7d1m old and not promoted yet; `max_age` is 7d.",
        ),
        (
            json!({ "code": "sample_ratio", "units": { "baseline": 3900, "canary": 100 }, "share": 0.05,
                "e_value": 26_489.1, "threshold": 1000.0 }),
            "The canary served 100 of 4,000 users (2.5%); its share should be 5%. The versions do not serve the same \
             users, so nothing that is compared means anything. Evidence against the share: e-value 26,489, where \
             1,000 is enough.",
        ),
        (
            json!({ "code": "burning", "burn": { "baseline": 1.004, "canary": 10.0 }, "max_burn": 2.0,
                "long_ms": 100_000, "short_ms": 10_000 }),
            "The canary used up its error budget 10 times as fast as the objective allows; 2 is the limit. The \
             baseline: 1 times. Measured over 1m40s, and above the limit over the last 10s too.",
        ),
        (json!({ "code": "frozen" }), "A freeze is on: nothing is promoted meanwhile."),
        (json!({ "code": "no_traffic" }), "No canary request ended in the last 5m."),
        (
            json!({ "code": "too_few_requests", "requests": 120, "needed": 3000 }),
            "The stage asks for 3,000 canary requests; so far there were 120.",
        ),
        (
            json!({ "code": "gate_open", "gate": "g\u{7}" }),
            "The gate `g\u{fffd}` has not been shown to hold yet.",
        ),
        (json!({ "code": "configured", "to_weight": 1 }), "The configuration says so."),
        (
            json!({ "code": "gates_passed", "to_weight": 1 }),
            "The stage's time is over, and there are no gates.",
        ),
        (
            json!({ "code": "watch_over" }),
            "The watch at full weight is over, and nothing speaks against it.",
        ),
    ] {
        assert_eq!(why_of(reason), sentence);
    }
}

#[test]
fn the_headline_says_from_where_to_where() {
    let headline =
        |verdict: &str, reason| tell(&record(verdict, 5_000, json!([reason]), json!([]))).headline;
    let passed = json!({ "code": "gates_passed", "to_weight": 50_000 });
    let moved = json!({ "code": "configured", "to_weight": 1_000 });
    assert_eq!(headline("promote", passed), "Promoted from 5% to 50%, after 5s");
    assert_eq!(
        headline("promote", json!({ "code": "watch_over" })),
        "Promoted for good, after 5s at 5%"
    );
    assert_eq!(headline("hold", moved), "Moved from 5% to 1%, 5s into the stage");
    assert_eq!(headline("hold", json!({ "code": "frozen" })), "Held at 5%, 5s into the stage");
}

#[test]
fn a_comparison_says_which_end_is_judged_by_what() {
    let gate = |result: &str, baseline: u64| {
        json!({ "gate": "errors <= 1%", "severity": "critical", "limit": 0.01, "result": result,
            "canary": { "requests": 410, "hits": 12, "low": 0.0121, "high": 0.059 },
            "baseline": { "requests": baseline, "hits": 0, "low": 0.0, "high": 1.0 } })
    };
    let tell_gate = |result, baseline| {
        tell(&record("hold", 5_000, json!([]), json!([gate(result, baseline)]))).compared.remove(0)
    };
    let open = tell_gate("open", 0);
    assert_eq!(open.canary, "12 of 410 failed = 2.93% [1.21%, 5.9%]");
    assert_eq!((open.baseline.as_str(), open.result), ("no requests", Judgement::Open));
    assert_eq!(open.verdict, "the canary's upper end must come down to 1%");
    assert_eq!(tell_gate("passed", 5).verdict, "the canary's upper end is within 1%");
    assert_eq!(tell_gate("breached", 5).verdict, "the canary's lower end is above 1%");
}

#[test]
fn a_policy_is_told_with_its_verdict_or_its_failure() {
    let said =
        json!({ "code": "policy", "verdict": "hold", "reason": "the budget is\u{1b}[2J spent" });
    let told = why_of(said);
    assert!(told.starts_with("The policy says hold: the budget is"), "{told}");
    assert!(!told.contains('\u{1b}'), "{told}");
    assert_eq!(
        why_of(json!({ "code": "policy_failed", "kind": "fuel" })),
        "The policy gave no decision: it did not come to an end within its fuel."
    );
}

/// One gate as the record has it.
fn gate_of(gate: serde_json::Value) -> Compared {
    tell(&record("hold", 5_000, json!([{ "code": "no_traffic" }]), json!([gate])))
        .compared
        .remove(0)
}

#[test]
fn what_a_rule_sent_to_the_canary_has_no_like_and_repeats_are_told() {
    let arm = |hits: u64, requests: u64| json!({ "requests": requests, "hits": hits, "low": 0.02, "high": 0.9 });
    let errors = |basis: &str, repeats: serde_json::Value| {
        gate_of(
            json!({ "gate": "errors <= 1%", "severity": "critical", "metric": "errors", "basis": basis,
            "alpha": 0.01, "canary": arm(30, 60), "baseline": arm(0, 0), "repeats": repeats, "limit": 0.01,
            "result": "breached" }),
        )
    };
    let forced = errors("forced", json!({ "baseline": 0, "canary": 0 }));
    assert_eq!(forced.baseline, "none");
    assert_eq!(
        forced.verdict,
        "the canary's lower end is above 1%; these a rule sent there, so no baseline is their like"
    );
    let again = errors("randomised", json!({ "baseline": 3, "canary": 12 }));
    assert_eq!(
        again.verdict,
        "the canary's lower end is above 1%; a user's last failure again: 12 of the canary's, 3 of the baseline's"
    );
}

#[test]
fn a_gate_that_compares_versions_says_what_it_compared() {
    let arm = |hits: u64| json!({ "requests": 20_000, "hits": hits, "low": 0.04, "high": 0.06 });
    let event = gate_of(
        json!({ "gate": "buy drop <= 20%", "severity": "critical", "metric": "event",
        "basis": "randomised", "alpha": 0.05, "canary": arm(1000), "baseline": arm(2000), "limit": 0.07,
        "result": "breached" }),
    );
    assert_eq!(event.verdict, "the canary's upper end is below 7%");
    assert_eq!(event.canary, "1,000 of 20,000 with the event = 5% [4%, 6%]");

    let effect = |effect: serde_json::Value| {
        gate_of(json!({ "gate": "latency effect <= 0.56", "severity": "warn", "metric": "effect",
            "basis": "randomised", "alpha": 0.05, "canary": arm(0), "baseline": arm(0), "effect": effect,
            "limit": 0.56, "result": "open" }))
    };
    let looked = effect(json!({ "estimate": 0.55, "low": 0.53, "high": 0.57, "look": 3 }));
    assert_eq!(
        looked.verdict,
        "a canary request is the slower one in 55% [53%, 57%] of pairs; the upper end must come down to 56%"
    );
    assert_eq!(looked.canary, "20,000 latencies");
    assert_eq!(effect(json!(null)).verdict, "too few latencies for a first look");
}

#[test]
fn a_baseline_that_is_only_remembered_is_said_to_be() {
    let arm = json!({ "requests": 9000, "hits": 1, "low": 0.0, "high": 0.001 });
    let told = gate_of(json!({ "gate": "errors <= 1%", "severity": "critical", "metric": "errors",
        "basis": "remembered", "alpha": 0.05, "canary": arm, "baseline": arm, "limit": 0.01,
        "result": "passed" }));
    assert_eq!(
        told.verdict,
        "the canary's upper end is within 1%; the baseline is that of the stages before"
    );
}
