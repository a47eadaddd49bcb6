use super::super::{Errors, from_value};
use super::*;
use crate::policy::ParamValue;
use serde_json::{Value, json};

/// Base64 and SHA-256 of the eight bytes with which every module begins.
const WASM: &str = "AGFzbQEAAAA=";
const SHA256: &str = "93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476";

fn read(policy: Value) -> Result<PolicyPlan, Errors> {
    let rollout = json!({ "rollout": "a", "unit": [{ "header": "u" }], "policy": policy });
    from_value(&rollout).map(|mut list| list.remove(0).policy.unwrap())
}

fn problem(policy: Value) -> String {
    read(policy).unwrap_err().to_string()
}

#[test]
fn an_inlined_policy_is_decoded_and_verified() {
    let plan = read(json!({ "wasm": WASM, "sha256": SHA256.to_uppercase() })).unwrap();
    assert_eq!(plan.source.fingerprint(), "93a44bbb96c7");
    let PolicySource::Inline { wasm, .. } = plan.source else { unreachable!() };
    assert_eq!(wasm, b"\0asm\x01\0\0\0");
    assert_eq!((plan.fuel, plan.memory, plan.params), (1_500_000, 1 << 20, vec![]));
}

#[test]
fn a_file_is_taken_by_its_name() {
    let plan = read(json!({ "file": "x.component.wasm", "fuel": 2e6, "memory": "256KiB" }));
    let plan = plan.unwrap();
    assert_eq!(plan.source, PolicySource::File("x.component.wasm".to_owned()));
    assert_eq!((plan.fuel, plan.memory), (2_000_000, 256 << 10));
}

#[test]
fn params_are_numbers_texts_and_switches() {
    let params = json!({ "slo": 0.999, "strict": true, "approved_by": "ops", "days": 3.0 });
    let plan = read(json!({ "file": "x", "params": params })).unwrap();
    let param = |name: &str, value| Param { name: name.to_owned(), value };
    assert_eq!(
        plan.params,
        [
            param("approved_by", ParamValue::Text("ops".to_owned())),
            param("days", ParamValue::Number(3.0)),
            param("slo", ParamValue::Number(0.999)),
            param("strict", ParamValue::Flag(true)),
        ]
    );
}

#[test]
fn every_mistake_has_its_place_and_remedy() {
    for (policy, said) in [
        (json!({}), "policy: needs `file`, or `wasm` with its `sha256`"),
        (json!({ "sha256": SHA256 }), "policy: needs `file`, or `wasm` with its `sha256`"),
        (
            json!({ "file": "x", "wasm": WASM }),
            "policy: either `file`, or `wasm` with its `sha256`",
        ),
        (
            json!({ "wasm": WASM }),
            "policy.sha256: missing: `serinus render` writes it beside `wasm`",
        ),
        (json!({ "wasm": "?", "sha256": SHA256 }), "policy.wasm: not base64"),
        (
            json!({ "wasm": WASM, "sha256": "00" }),
            "policy.sha256: the module's is \
             93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476",
        ),
        (
            json!({ "file": "x", "fuel": 0 }),
            "policy.fuel: must be between 1 and 20000000: it bounds a proxy's stall",
        ),
        (
            json!({ "file": "x", "fuel": 20_000_001 }),
            "policy.fuel: must be between 1 and 20000000: it bounds a proxy's stall",
        ),
        (
            json!({ "file": "x", "memory": "63KiB" }),
            "policy.memory: must be between 64KiB and 16MiB",
        ),
        (
            json!({ "file": "x", "memory": "1GB" }),
            "policy.memory: expected a size such as 256KiB or 1MiB, found \"1GB\"",
        ),
        (
            json!({ "file": "x", "params": { "slo": [1] } }),
            "policy.params.slo: expected a number, a text, or true or false, found a list",
        ),
        (json!({ "flie": "x" }), "policy.flie: unknown key; did you mean `file`?"),
    ] {
        assert_eq!(problem(policy), said);
    }
}
