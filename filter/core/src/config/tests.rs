use super::*;
use crate::cohort::bucket::Weight;
use serde_json::json;

fn rollout(extra: Value) -> Result<Rollout, Errors> {
    let mut base = json!({ "rollout": "checkout-v2", "unit": [{ "header": "x-user-id" }] });
    if let (Some(base), Value::Object(extra)) = (base.as_object_mut(), extra) {
        base.extend(extra);
    }
    from_value(&base).map(|mut list| list.remove(0))
}

fn problems(extra: Value) -> Vec<String> {
    let errors = rollout(extra).map(|_| ()).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn the_smallest_rollout_is_the_standard_profile() {
    let r = rollout(json!({})).unwrap();
    assert_eq!(
        r.stages.iter().map(|s| s.weight.get()).collect::<Vec<_>>(),
        [1_000, 10_000, 50_000, 100_000]
    );
    assert_eq!((r.guard.alpha, r.guard.tolerate, r.guard.min_errors), (0.008, 0.5, 5));
    assert_eq!(r.gates.len(), 1);
    assert_eq!(r.epoch(), "checkout-v2/checkout-v2/1");
}

#[test]
fn the_sample_of_the_contract_compiles_but_for_the_policy() {
    let sample = json!({
        "rollout": "checkout-v2",
        "match": { "hosts": ["shop.example.com"], "path_prefix": "/checkout" },
        "route": { "header": "x-serinus-cohort", "baseline": "baseline", "canary": "canary" },
        "unit": [
            { "jwt": "sub" },
            { "header": "x-user-id" },
            { "cookie": { "name": "__Host-serinus", "issue": true, "key": "c2l4dGVlbiBieXRlcyBvZiBrZXk=", "max_age": "30d" } },
        ],
        "salt": "checkout-v2",
        "bucketing": "serinus-v1",
        "exclude": [{ "name": "no-consent", "when": { "header": "x-consent", "not": { "exact": "yes" } } }],
        "force": [{ "name": "staff", "when": { "jwt": "groups", "contains": "staff" }, "cohort": "canary" }],
        "eligible": [{ "name": "pilot-regions", "when": { "header": "x-region", "in": ["eu-west", "eu-north"] } }],
        "profile": "standard",
        "stages": [
            { "weight": "1%", "min_time": "15m", "min_requests": 3000 },
            { "weight": "10%", "min_time": "1h" },
            { "weight": "50%", "min_time": "4h" },
            { "weight": "100%", "watch": "24h" },
        ],
        "guard": { "alpha": 0.01, "tolerate": "50%", "min_errors": 5 },
        "gates": [
            { "metric": "errors", "max": "0.1%", "severity": "critical" },
            { "metric": "latency", "quantile": "p99", "max": "500ms", "severity": "warn" },
            { "metric": "latency", "compare": "mann-whitney", "max_effect": 0.56 },
            { "metric": "event", "name": "conversion", "max_drop": "5%", "dry_run": true },
        ],
        "slo": { "availability": "99.5%", "max_burn": 2 },
        "events": { "conversion": { "when": { "response_header": "x-order-id", "present": true } } },
        "failure": { "status": ["500-599"], "grpc": [2, 4, 8, 13, 14, 15], "local": ["connect", "timeout", "reset"] },
        "freeze": [{ "days": ["fri", "sat", "sun"], "from": "16:00", "to": "08:00", "offset": "+01:00" }],
        "max_age": "7d",
        "on_rollback": "latch",
        "generation": 1,
        "mode": "autonomous",
        "kill": false,
    });
    let r = &from_value(&sample).unwrap()[0];
    assert_eq!(r.stages[0].min_requests, 3000);
    assert_eq!(r.stages[3].min_time_ms, 24 * 3_600_000);
    let labels: Vec<&str> = r.gates.iter().map(|gate| gate.label.as_str()).collect();
    let expected = [
        "errors <= 0.1%",
        "latency p99 <= 500ms",
        "latency effect <= 0.56",
        "conversion drop <= 5%",
    ];
    assert_eq!(labels, expected);
    assert_eq!(r.slo, Some(Slo { availability: 0.995, max_burn: Some(2.0) }));
    assert!(r.layout.edges.upper().contains(&500_000));
}

#[test]
fn the_budget_of_false_rollbacks_is_divided_and_spent_once() {
    let r = rollout(json!({ "guard": { "alpha": 0.02 }, "gates": [
        { "metric": "errors" }, { "metric": "latency", "max": "1s" },
        { "metric": "latency", "max": "2s", "severity": "warn" },
        { "metric": "latency", "max": "3s", "dry_run": true },
    ] }))
    .unwrap();
    let gates = 2.0 * r.stages.len() as f64 * r.levels.rollback;
    assert!((r.guard.alpha + gates - 0.02).abs() < 1e-12, "{:?} {:?}", r.guard, r.levels);
    assert_eq!(r.levels.promote, 0.05);
    let none = rollout(json!({ "guard": { "alpha": 0.02 }, "gates": [] })).unwrap();
    assert_eq!(none.guard.alpha, 0.02, "nobody to share with");
}

#[test]
fn a_gate_that_cannot_be_asked_is_refused_with_its_remedy() {
    let buy = json!({ "when": { "response_header": "x-order", "present": true } });
    for (gate, problem) in [
        (json!({ "metric": "event" }), "name: missing: which of `events`"),
        (json!({ "metric": "event", "name": "by" }), "name: no such event; `events` has: buy"),
        (
            json!({ "metric": "event", "name": "buy", "max_drop": "100%" }),
            "max_drop: needs a share such as 5%, above 0 and below 100 %",
        ),
        (
            json!({ "metric": "latency", "compare": "t-test" }),
            "compare: the one comparison there is is `mann-whitney`",
        ),
        (
            json!({ "metric": "latency", "compare": "mann-whitney", "max_effect": 0.5 }),
            "max_effect: must be above 0.5 (no difference) and below 1",
        ),
        (
            json!({ "metric": "latency", "compare": "mann-whitney", "max": "1s" }),
            "max: not with `compare`, which is about all latencies at once",
        ),
    ] {
        let found = problems(json!({ "events": { "buy": buy }, "gates": [gate] }));
        assert_eq!(found, [format!("gates[0].{problem}")]);
    }
    let twice = json!({ "gates": [{ "metric": "errors" }, { "metric": "errors" }] });
    assert_eq!(problems(twice), ["gates[1]: `errors <= 1%` is there already"]);
    assert_eq!(
        problems(json!({ "slo": { "availability": "100%", "max_burn": 0 } })),
        ["slo.availability: needs a share such as 99.9%, below 100 %"]
    );
}

#[test]
fn all_errors_come_at_once_each_with_its_place() {
    let errors = problems(json!({
        "stages": [
            { "weight": "5 percent", "min_time": "15" },
            { "wieght": "10%" },
            { "weight": 2 },
        ],
        "guard": { "alpha": "low" },
        "freeze": [{ "days": ["friday"], "from": "4pm", "to": "08:00" }],
        "colour": "yellow",
    }));
    assert_eq!(
        errors,
        [
            "colour: unknown key; known keys: rollout, match, route, unit, salt, bucketing, exclude, \
             force, eligible, profile, stages, guard, gates, events, failure, slo, warm_up, finish_early, freeze, max_age, \
             on_rollback, generation, mode, stage, kill, policy",
            "stages[0].weight: expected a share such as 5% or 0.05, found \"5 percent\"",
            "stages[0].min_time: expected a duration such as 500ms, 10s, 15m, 4h or 7d, found \"15\"",
            "stages[1].wieght: unknown key; did you mean `weight`?",
            "stages[1].weight: missing, and required",
            "guard.alpha: expected a number, found \"low\"",
            "freeze[0].days[0]: expected one of `mon` `tue` `wed` `thu` `fri` `sat` `sun`, found \"friday\"",
            "stages[2].weight: more than 100 %; ten per cent is 10% or 0.1",
            "freeze[0].from: expected a time of day such as 16:00",
        ]
    );
}

#[test]
fn what_reads_well_may_still_make_no_sense() {
    let cases = [
        (
            json!({ "stages": [{ "weight": "5%" }] }),
            "stages: the last stage must have the weight 100%",
        ),
        (json!({ "stages": [] }), "stages: the last stage must have the weight 100%"),
        (
            json!({ "stages": [{ "weight": "50%" }, { "weight": "5%" }, { "weight": "100%" }] }),
            "stages[1].weight: must be greater than the weight before it",
        ),
        (
            json!({ "stages": [{ "weight": "0.0001%" }, { "weight": "100%" }] }),
            "stages[0].weight: finer than 0.001 %, the smallest step there is",
        ),
        (
            json!({ "bucketing": "unleash", "stages": [{ "weight": "0.5%" }, { "weight": "100%" }] }),
            "stages[0].weight: unleash has steps of 1 %",
        ),
        (json!({ "mode": "follow" }), "stage: missing: `mode: follow` needs the stage, from 0"),
        (json!({ "mode": "follow", "stage": 4 }), "stage: there are 4 stages, counted from 0"),
        (json!({ "stage": 1 }), "stage: only with `mode: follow`"),
        (
            json!({ "unit": [{ "jwt": "sub", "header": "x" }] }),
            "unit[0]: needs exactly one of `jwt`, `header`, `cookie`, `source_address: true`",
        ),
        (
            json!({ "unit": [{ "cookie": { "name": "id", "issue": true } }] }),
            "unit[0].cookie.key: missing: an issued cookie is signed, so it needs a key",
        ),
        (json!({ "route": { "canary": "baseline" } }), "route.canary: must differ from `baseline`"),
        (
            json!({ "gates": [{ "metric": "errors", "quantile": "p99" }] }),
            "gates[0].quantile: not for the metric `errors`",
        ),
        (
            json!({ "exclude": [{ "name": "x", "when": { "header": "a", "exact": "b", "any": [] } }] }),
            "exclude[0].when.any: does not belong beside the other keys here",
        ),
        (json!({ "salt": "a:b" }), "salt: "),
        (
            json!({ "match": { "path_prefix": "checkout" } }),
            "match.path_prefix: a path begins with `/`",
        ),
        (
            json!({ "match": { "hosts": ["a.com", "shop.*.com"] } }),
            "match.hosts[1]: expected a host name",
        ),
    ];
    for (extra, expected) in cases {
        let found = problems(extra.clone());
        assert!(found.iter().any(|p| p.starts_with(expected)), "{extra}: {found:?}");
    }
}

#[test]
fn a_mistake_hides_nothing_but_itself() {
    let found =
        problems(json!({ "mode": "follow", "stages": [{ "weight": "x" }, { "weight": 1 }] }));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[1].starts_with("stage: missing"),
        "`stages[0].weight` is no part of `stage`: {found:?}"
    );
}

#[test]
fn envoys_doubles_are_whole_numbers() {
    let text = br#"{ "rollout": "a", "unit": [{ "header": "u" }], "generation": 1.5e1,
        "stages": [{ "weight": 0.05, "min_requests": 15.0 }, { "weight": 1.0 }] }"#;
    let r = &parse(text).unwrap()[0];
    assert_eq!((r.generation, r.stages[0].min_requests), (15, 15));
    assert_eq!(r.stages[0].weight, Weight::try_new(5_000).unwrap());
    assert!(parse(br#"{ "rollout": "a", "unit": [{"header":"u"}], "generation": 1.5 }"#).is_err());
}

#[test]
fn several_rollouts_need_names_of_their_own() {
    let one = json!({ "rollout": "a", "unit": [{ "header": "u" }] });
    let errors = from_value(&json!({ "rollouts": [one, one] })).map(|_| ()).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "rollouts[1].rollout: the name `a` is taken by an earlier rollout"
    );
    let errors = from_value(&json!({ "rollouts": [one], "kill": true })).map(|_| ()).unwrap_err();
    assert!(errors.to_string().starts_with("kill: unknown key"), "{errors}");
}

#[test]
fn text_that_is_not_json_says_where() {
    let error = parse(b"{ \"rollout\": }").map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "not valid JSON at line 1, column 14");
    for odd in [&b""[..], b"[]", b"7", b"null", b"\xff\xfe"] {
        assert!(parse(odd).is_err(), "{odd:?}");
    }
}

#[test]
fn a_freeze_goes_over_midnight_in_its_own_time_zone() {
    let r = rollout(
        json!({ "freeze": [{ "days": ["fri"], "from": "16:00", "to": "08:00", "offset": "+01:00" }] }),
    );
    let freeze = &r.unwrap().freeze[0];
    let friday = 1_700_179_200_000_u64; // 2023-11-17T00:00:00Z
    let hour = 3_600_000;
    for (hours, frozen) in
        [(14, false), (15, true), (23, true), (24 + 6, true), (24 + 7, false), (48, false)]
    {
        assert_eq!(freeze.covers(friday + hours * hour), frozen, "{hours} h after midnight UTC");
    }
}

#[test]
fn hosts_match_without_port_and_case() {
    let m = Match {
        hosts: vec!["shop.example.com".into(), "*.canary.dev".into()],
        path_prefix: "/a".into(),
    };
    for (host, expected) in [
        ("shop.example.com", true),
        ("SHOP.example.com:8443", true),
        ("evilshop.example.com", false),
        ("x.canary.dev", true),
        (".canary.dev", false),
        ("canary.dev", false),
        ("[::1]:80", false),
        ("", false),
    ] {
        assert_eq!(m.host(host.as_bytes()), expected, "{host}");
    }
    assert!(m.path(b"/ab") && !m.path(b"/b") && !m.path(b""));
}

#[test]
fn an_operator_that_there_is_not_has_no_operator_suggested_that_it_is_nothing_like() {
    let document = json!({ "rollout": "r", "unit": [{ "header": "h" }],
        "exclude": [{ "name": "n", "when": { "header": "x", "ne": 5 } }] });
    let errors = from_value(&document).unwrap_err().to_string();
    assert!(errors.starts_with("exclude[0].when.ne: unknown key; known keys: "), "{errors}");
}

#[test]
fn durations_and_shares() {
    for (text, ms) in [("500ms", 500), ("1h30m", 5_400_000), ("7d", 604_800_000), ("0s", 0)] {
        assert_eq!(Duration::parse(text), Some(Duration { ms }), "{text}");
    }
    for text in ["", "15", "m", "-1s", "1.5h", "1 h", "99999999999999999999d", "9999999999d", "1y"]
    {
        assert_eq!(Duration::parse(text), None, "{text}");
    }
    assert_eq!(Share::parse("0.1%").map(|s| s.0), Some(0.001));
    for text in ["", "%", "-1%", "nan", "inf", "1%%"] {
        assert_eq!(Share::parse(text), None, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_an_answer_not_a_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }
}

#[cfg(not(feature = "policies"))]
#[test]
fn a_build_without_an_interpreter_names_the_one_that_has_it() {
    let found = problems(json!({ "policy": { "wasm": "AGFzbQEAAAA=" } }));
    assert_eq!(
        found,
        ["policy: this filter has no policy interpreter; use serinus-filter-policies.wasm"]
    );
}
