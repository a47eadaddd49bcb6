use super::traffic::clean_requests;
use super::*;
use serde_json::{Value, json};
use serinus_core::config;

const KEY: &str = "c2l4dGVlbiBieXRlcyBvZiBrZXk=";

fn rollout(extra: &Value) -> Rollout {
    let mut base = json!({ "rollout": "checkout-v2", "unit": [{ "header": "x-user-id" }] });
    for (key, value) in extra.as_object().unwrap() {
        base[key] = value.clone();
    }
    config::from_value(&base).unwrap_or_else(|e| panic!("{e}")).remove(0)
}

fn codes(extra: Value, rps: Option<f64>) -> Vec<(&'static str, String)> {
    advise(&rollout(&extra), rps).into_iter().map(|a| (a.code, a.path)).collect()
}

fn only(extra: Value, rps: Option<f64>) -> Diagnostic {
    let mut advice = advise(&rollout(&extra), rps);
    assert_eq!(advice.len(), 1, "{advice:#?}");
    advice.remove(0)
}

/// analysis.md, B3: 4104 and 409 by its own search, which counts from the other side of the limit.
#[test]
fn clean_requests_are_those_of_the_design() {
    assert_eq!(clean_requests(0.001, 0.05), Some(4105));
    assert_eq!(clean_requests(0.01, 0.05), Some(410));
    assert_eq!(clean_requests(1.0, 0.05), Some(1));
    assert_eq!(clean_requests(0.0, 0.05), None);
}

#[test]
fn clean_requests_are_the_least_that_pass() {
    for (limit, alpha) in [(0.5, 0.05), (0.02, 0.1), (0.001, 0.01 / 3.0), (1e-6, 0.05)] {
        let n = clean_requests(limit, alpha).unwrap();
        let high = |n| {
            use serinus_core::stats::confidence::{Prior, interval};
            interval(0, n, alpha, Prior::Rare).high
        };
        assert!(high(n) <= limit && (n == 1 || high(n - 1) > limit), "{limit} {alpha}: {n}");
    }
}

#[test]
fn a_rollout_with_enough_traffic_needs_no_advice() {
    assert_eq!(codes(json!({}), Some(10_000.0)), []);
    assert_eq!(codes(json!({}), None), []);
}

#[test]
fn a_stage_too_short_for_its_gate_says_what_would_do() {
    let stages =
        json!([{ "weight": "1%", "min_time": "15m" }, { "weight": "100%", "watch": "24h" }]);
    let gates = json!([{ "metric": "errors", "max": "0.1%" }]);
    let advice = only(json!({ "stages": stages, "gates": gates }), Some(333.0));
    assert_eq!((advice.code, advice.path.as_str()), ("short-stage", "stages[0]"));
    assert_eq!(
        advice.message,
        "at 333 requests/s the canary gets 2997 requests in 15m, and `errors <= 0.1%` passes after 4105 without a failure: \
         the stage will hold until it is 21m old"
    );
    let remedy = advice.help.unwrap();
    assert_eq!(remedy, "min_time: 21m, or weight: 1.37%, or a limit of 0.14%, or 457 requests/s");
    // Each way out is one.
    let with = |min_time: &str, weight: &str, max: &str, rps| {
        let stages = json!([{ "weight": weight, "min_time": min_time }, { "weight": "100%" }]);
        codes(json!({ "stages": stages, "gates": [{ "metric": "errors", "max": max }] }), Some(rps))
    };
    assert_eq!(with("15m", "1%", "0.1%", 333.0).len(), 1);
    assert_eq!(with("21m", "1%", "0.1%", 333.0), []);
    assert_eq!(with("15m", "1.37%", "0.1%", 333.0), []);
    assert_eq!(with("15m", "1%", "0.14%", 333.0), []);
    assert_eq!(with("15m", "1%", "0.1%", 457.0), []);
}

#[test]
fn the_gate_that_needs_most_decides_and_min_requests_counts_too() {
    let stages = json!([{ "weight": "10%", "min_time": "10m", "min_requests": 90_000 }, { "weight": "100%" }]);
    let advice = only(json!({ "stages": stages }), Some(100.0));
    assert!(advice.message.contains("`min_requests` asks for 90000"), "{}", advice.message);
    let gates = json!([
        { "metric": "latency", "quantile": "p99", "max": "500ms" },
        { "metric": "errors", "max": "50%" },
    ]);
    let stages = json!([{ "weight": "10%", "min_time": "40s" }, { "weight": "100%" }]);
    let advice = only(json!({ "stages": stages, "gates": gates }), Some(100.0));
    assert!(advice.message.contains("`latency p99 <= 500ms` passes after"), "{}", advice.message);
    assert!(advice.message.contains("without a slow one"), "{}", advice.message);
    assert!(advice.message.contains("after 410 "), "as if it were alone: {}", advice.message);
}

#[test]
fn stages_without_a_time_or_moved_from_outside_are_never_too_short() {
    let open = json!({ "stages": [{ "weight": "0.001%" }, { "weight": "100%" }] });
    assert_eq!(codes(open, Some(0.001)), []);
    assert_eq!(codes(json!({ "mode": "follow", "stage": 0 }), Some(0.001)), []);
    assert_eq!(codes(json!({ "kill": true }), Some(0.001)), []);
    let none = json!({ "stages": [{ "weight": 0, "min_time": "1h" }, { "weight": "100%" }] });
    assert_eq!(codes(none, Some(100.0)), []);
}

#[test]
fn a_gate_that_nothing_passes_is_named() {
    let gates = json!([{ "metric": "errors", "max": "1%" }, { "metric": "errors", "max": 0 }]);
    assert_eq!(
        codes(json!({ "gates": gates }), None),
        [("impossible-gate", "gates[1].max".to_owned())]
    );
}

#[test]
fn a_canary_that_must_expire_is_named() {
    let advice = only(json!({ "max_age": "5h" }), None);
    assert_eq!((advice.code, advice.path.as_str()), ("expires", "max_age"));
    assert!(advice.message.contains("at least 5h15m,"), "{}", advice.message);
    assert_eq!(codes(json!({ "max_age": "6h" }), None), []);
    let slow: Vec<_> = codes(json!({ "max_age": "6h" }), Some(1.0));
    assert!(slow.contains(&("expires", "max_age".into())), "{slow:?}");
}

#[test]
fn a_force_rule_is_judged_by_who_can_make_it_hold() {
    let force = |when: Value| {
        codes(json!({ "force": [{ "name": "f", "when": when, "cohort": "canary" }] }), None)
    };
    let warned = [("forgeable-force", "force[0].when".to_owned())];
    assert_eq!(force(json!({ "header": "x-canary", "exact": "always" })), warned);
    assert_eq!(force(json!({ "jwt": "groups", "contains": "staff" })), []);
    assert_eq!(force(json!({ "override": { "header": "x-o", "key": KEY } })), []);
    assert_eq!(force(json!({ "source_address": true, "cidr": ["10.0.0.0/8"] })), []);
}

#[test]
fn a_cookie_beside_the_source_address_is_never_issued() {
    let cookie = |issue: bool| json!({ "cookie": { "name": "c", "issue": issue, "key": KEY } });
    let address = json!({ "source_address": true });
    let found = codes(json!({ "unit": [address, { "header": "u" }, cookie(true)] }), None);
    assert_eq!(found, [("cookie-never-issued", "unit[2].cookie.issue".to_owned())]);
    assert_eq!(codes(json!({ "unit": [cookie(false), address] }), None), []);
    assert_eq!(codes(json!({ "unit": [cookie(true), { "header": "u" }] }), None), []);
}

#[test]
fn whom_a_rule_sends_to_the_canary_somebody_must_judge() {
    let force = |cohort: &str| {
        let when = json!({ "jwt": "groups", "contains": "staff" });
        json!([{ "name": "staff", "when": when, "cohort": cohort }])
    };
    let gates = json!([{ "metric": "latency", "compare": "mann-whitney" }]);
    let unjudged = json!({ "force": force("canary"), "gates": gates });
    assert_eq!(codes(unjudged, None), [("unjudged-force", "force[0]".to_owned())]);
    assert_eq!(codes(json!({ "force": force("baseline"), "gates": gates }), None), []);
    assert_eq!(codes(json!({ "force": force("canary") }), None), []);
}

#[test]
fn no_gates_at_all_is_said_where_the_rollout_promotes_itself() {
    assert_eq!(codes(json!({ "gates": [] }), None), [("no-gates", "gates".to_owned())]);
    assert_eq!(codes(json!({ "gates": [], "mode": "follow", "stage": 1 }), None), []);
}
