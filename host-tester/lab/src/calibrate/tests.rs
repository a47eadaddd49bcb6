use super::adviser::Adviser;
use super::batch::{Size, run_batch};
use super::calibration::{Calibration, Options, calibrate, scenarios_of, setup};
use super::crowd::Crowd;
use super::exact::{Exact, exact};
use super::latency::Latency;
use super::run::{End, Prepared, RunResult};
use super::traffic::Traffic;
use crate::filter_module::{self, Build};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use serinus_core::config::{self, Rollout};
use serinus_host::engine::{Engine, EngineOptions};
use serinus_host::filter::Filter;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::Duration;

fn rollout(extra: &serde_json::Value) -> Rollout {
    config::from_value(&document(extra)).unwrap_or_else(|e| panic!("{e}")).remove(0)
}

fn document(extra: &serde_json::Value) -> serde_json::Value {
    let mut document = json!({
        "rollout": "checkout-v2", "unit": [{ "header": "x-user-id" }],
        "stages": [{ "weight": "5%", "min_time": "3m" }, { "weight": "100%", "watch": "2m" }],
        "gates": [{ "metric": "errors", "max": "1%" },
            { "metric": "latency", "quantile": "p99", "max": "400ms" }],
        "events": { "conversion": { "when": { "response_header": "x-order-id", "present": true } } },
    });
    for (key, value) in extra.as_object().into_iter().flatten() {
        document[key] = value.clone();
    }
    document
}

fn options(runs: usize, threads: usize) -> Options {
    let ms = Duration::from_millis;
    Options {
        adviser: None,
        traffic: Traffic {
            rps: 400.0,
            errors: 0.001,
            latency: Latency::new(ms(40), ms(250)).unwrap(),
            events: vec![0.05],
        },
        crowd: Crowd::equal(2_000),
        size: Size { runs, seed: 7, threads },
        horizon_ms: Some(1_800_000),
    }
}

fn all(rollout: &Rollout, options: &Options) -> Vec<Vec<RunResult>> {
    let scenarios = scenarios_of(rollout, &options.traffic);
    let setup = setup(rollout, options);
    let prepared: Vec<_> = scenarios.iter().map(|s| Prepared::new(&setup, s)).collect();
    run_batch(&setup, &prepared, options.size, &mut |_| {})
}

fn quiet(rollout: &Rollout, options: &Options) -> Calibration {
    calibrate(rollout, options, &mut |_, _| {})
}

#[test]
fn how_many_cores_there_are_changes_nothing() {
    let rollout = rollout(&json!({}));
    let [one, three] = [1, 3].map(|threads| all(&rollout, &options(12, threads)));
    assert_eq!(one, three);
    let other =
        all(&rollout, &Options { size: Size { seed: 8, ..options(12, 3).size }, ..options(12, 3) });
    assert_ne!(one, other, "another seed gives other runs");
}

#[test]
fn identical_versions_are_stopped_no_more_often_than_the_error_levels_allow() {
    let rollout = rollout(&json!({ "guard": { "alpha": 0.05, "tolerate": 0, "min_errors": 1 } }));
    let told = quiet(
        &rollout,
        &Options { size: Size { runs: 300, ..options(0, 2).size }, ..options(0, 2) },
    );
    let same = &told.scenarios[0].stopped.share;
    // .05 for the guard and the gates together; 300 runs of exactly that exceed 9 % once in a thousand times.
    assert!(same.share() <= 0.09, "{same:?} (seed 7)");
    assert!(told.findings.iter().all(|found| found.code != "false-alarms"));
}

#[test]
fn worse_canaries_are_stopped_more_often_and_sooner() {
    let told = quiet(&rollout(&json!({})), &options(60, 2));
    let errors = told.scenarios.iter().filter(|s| s.kind == "errors" && s.turned_ms.is_none());
    let seen: Vec<_> = errors.map(|s| (s.stopped.share.runs, s.stopped.after_ms)).collect();
    let sorted = seen.windows(2).all(|pair| pair[0].0 <= pair[1].0 + 2);
    assert!(sorted, "{seen:?}");
    let (dead, ten) = (seen.last().unwrap().1.unwrap(), seen[seen.len() - 3].1.unwrap());
    assert!(dead.median < ten.median, "{seen:?}");
}

#[test]
fn few_and_unequal_users_make_the_canarys_share_uncertain_and_not_the_guard_wrong() {
    let rollout = rollout(&json!({}));
    let heavy = Options { crowd: Crowd::heavy_tailed(200), ..options(100, 2) };
    let told = quiet(&rollout, &heavy);
    assert!(told.scenarios[0].stopped.share.share() <= 0.04, "{:?}", told.scenarios[0].stopped);
    let dead = told.scenarios.iter().find(|s| s.id == "dead").unwrap();
    // With twenty users or so in the canary, five failures are fewer users than with thousands.
    assert!(dead.stopped.users.unwrap().median < 4.5, "{:?}", dead.stopped.users);
}

#[test]
fn a_canary_without_a_single_user_waits_for_traffic_until_the_end() {
    let stages = json!([{ "weight": "0.001%", "min_time": "1m" }, { "weight": "100%" }]);
    let rollout = rollout(&json!({ "stages": stages }));
    let few = Options { crowd: Crowd::equal(3), horizon_ms: Some(600_000), ..options(5, 1) };
    let ran = all(&rollout, &few);
    assert!(ran[0].iter().all(|ran| ran.end == End::Unfinished));
    assert!(ran[0].iter().all(|ran| ran.why.contains(&"no_traffic".to_owned())), "{:?}", ran[0][0]);
}

#[test]
fn a_gate_that_identical_versions_cannot_pass_is_found() {
    let gates = json!([{ "metric": "errors", "max": "1%" },
        { "metric": "latency", "quantile": "p99", "max": "100ms", "severity": "warn" }]);
    let rollout = rollout(&json!({ "gates": gates }));
    let few = Options { horizon_ms: Some(900_000), ..options(10, 2) };
    let told = quiet(&rollout, &few);
    let found = told.findings.iter().find(|found| found.code == "gate-never-passes");
    let found = found.unwrap_or_else(|| panic!("{:#?}", told.findings));
    assert_eq!(found.path, "gates[1]");
    assert!(found.message.contains("latency p99 <= 100ms"), "{}", found.message);
    assert!(found.help.as_ref().unwrap().starts_with("max: "), "{found:?}");
}

/// The build of the filter that `rollout` needs, as it was built last, if it was.
fn filter(rollout: &Rollout) -> Option<Filter> {
    let file = match filter_module::found("serinus", None, Build::of([rollout]), "") {
        Ok(file) => file,
        Err(why) => {
            eprintln!("skipped: {why}");
            return None;
        }
    };
    let engine = Engine::new(&EngineOptions::cached()).unwrap();
    Some(Filter::load(&engine, &file).unwrap())
}

/// Through two promotions and a rollback: the filter's own records, and the core's on the same requests.
#[test]
fn the_filter_decides_what_the_simulation_decides() {
    let stages = json!([{ "weight": "20%", "min_time": "5s" }, { "weight": "60%", "min_time": "5s" },
        { "weight": "100%", "watch": "5s" }]);
    let extra = json!({ "stages": stages, "gates": [{ "metric": "errors", "max": "2%" },
        { "metric": "latency", "quantile": "p95", "max": "400ms" },
        { "metric": "latency", "compare": "mann-whitney", "max_effect": 0.6, "severity": "warn" },
        { "metric": "event", "name": "conversion", "max_drop": "60%" }],
        "slo": { "availability": "99.9%", "max_burn": 2 } });
    let (rollout, document) = (rollout(&extra), document(&extra));
    let Some(filter) = filter(&rollout) else { return };
    let with = Exact { filter: &filter, document: &document, place: 0, runs: 1, requests: 8_000 };
    let told = exact(&rollout, &options(100, 2), &with, &mut |_, _| {}).unwrap();
    let decisions: u64 = told.iter().map(|one| one.decisions).sum();
    assert!(decisions >= 20, "too little happened: {told:#?}");
    assert!(told.iter().all(|one| one.alike && one.differ == 0), "{told:#?}");
}

/// A policy of `tests/policies`, as a rollout carries it.
fn policy(text: &str) -> serde_json::Value {
    let wasm = wat::parse_str(text).unwrap();
    let sha256: String = Sha256::digest(&wasm).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({ "wasm": STANDARD.encode(&wasm), "sha256": sha256 })
}

/// It promotes at its fifth evaluation in a stage, which only its memory tells it. Its records are compared with its fuel.
#[test]
fn a_policy_says_in_the_filter_what_it_says_in_the_simulation() {
    let policy = policy(include_str!("../../../../tests/policies/whole/counts.wat"));
    let stages = json!([{ "weight": "20%", "min_time": "2s" }, { "weight": "60%", "min_time": "2s" },
        { "weight": "100%", "watch": "2s" }]);
    let extra = json!({ "stages": stages, "gates": [], "policy": policy });
    let (rollout, document) = (rollout(&extra), document(&extra));
    let Some(filter) = filter(&rollout) else { return };
    let with = Exact { filter: &filter, document: &document, place: 0, runs: 1, requests: 8_000 };
    let adviser = Adviser::new(rollout.policy.as_ref().unwrap(), Path::new("")).unwrap();
    let options = Options { adviser: Some(adviser), ..options(20, 2) };
    let told = exact(&rollout, &options, &with, &mut |_, _| {}).unwrap();
    assert!(told.iter().all(|one| one.alike && one.differ == 0), "{told:#?}");
    let same = told.iter().find(|one| one.id == "identical").unwrap();
    // In each stage it is waited for, and heard.
    assert_eq!(same.decisions, 6, "{same:#?}");
}

#[test]
fn what_stops_identical_versions_more_often_than_it_may_is_found() {
    let policy = policy(include_str!("../../../../tests/policies/whole/rolls-back.wat"));
    let rollout = rollout(&json!({ "policy": policy }));
    let adviser = Adviser::new(rollout.policy.as_ref().unwrap(), Path::new("")).unwrap();
    let told = quiet(&rollout, &Options { adviser: Some(adviser), ..options(10, 2) });
    let found = told.findings.iter().find(|found| found.code == "false-alarms");
    assert!(found.unwrap().message.starts_with("identical versions are rolled back in 100%"));
}
