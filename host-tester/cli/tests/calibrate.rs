//! `serinus calibrate` as a user meets it.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

mod command;

use command::{CommandOutput, serinus};
use serde_json::Value;

/// Small enough to be simulated in a second, and with every kind of stage.
const ROLLOUT: &str = "\
rollout: checkout-v2
unit: [{ header: x-user-id }]
stages:
  - { weight: 5%, min_time: 3m }
  - { weight: 25%, min_time: 3m }
  - { weight: 100%, watch: 3m }
gates:
  - { metric: errors, max: 1% }
  - { metric: latency, quantile: p99, max: 400ms }
events: { conversion: { when: { response_header: x-order-id, present: true } } }
";

fn calibrate(rollout: &str, args: &[&str]) -> CommandOutput {
    serinus(
        &[&["calibrate", "-", "--rps", "400", "--users", "500", "--horizon", "20m"], args].concat(),
        rollout,
    )
}

fn json(rollout: &str, args: &[&str]) -> Value {
    let ran = calibrate(rollout, &[&["--format", "json"], args].concat());
    // How far it is stands on stderr, where the machine is slow.
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

#[test]
fn what_would_be_caught_is_told_in_a_table() {
    let ran = calibrate(ROLLOUT, &["--runs", "20"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    insta::assert_snapshot!(ran.out);
}

#[test]
fn a_dead_canary_costs_a_handful_of_requests_and_identical_versions_are_promoted() {
    let told = json(ROLLOUT, &["--runs", "20"]);
    let scenarios = told["rollouts"][0]["scenarios"].as_array().unwrap();
    let find = |id: &str| scenarios.iter().find(|s| s["id"] == id).unwrap();
    let dead = find("dead");
    assert_eq!(dead["stopped"]["share"]["runs"], 20);
    assert!(dead["stopped"]["requests"]["p95"].as_f64().unwrap() <= 6.0, "{dead:#}");
    assert_eq!(dead["full"]["runs"], 0);
    let same = find("identical");
    assert_eq!(same["promoted"]["runs"], 20, "{same:#}");
    let late = find("dead-late");
    assert_eq!(late["turned_ms"], 180_000);
    assert!(late["stopped"]["after_ms"]["p95"].as_f64().unwrap() < 5_000.0, "{late:#}");
}

#[test]
fn a_gate_that_can_never_fire_is_named_with_what_would_let_it() {
    let rare = ROLLOUT.replace("errors, max: 1%", "errors, max: 60%");
    let ran = serinus(
        &["calibrate", "-", "--rps", "0.02", "--runs", "2", "--horizon", "1h", "--strict"],
        rare,
    );
    assert_eq!(ran.code, Some(1), "--strict: a finding fails");
    let text = ran.out.replace('\n', " ");
    assert!(text.contains("it can never fire"), "{text}");
    assert!(
        text.contains("`errors <= 60%`") && text.contains("requests/s, or stages of"),
        "{text}"
    );
}

#[test]
fn the_others_are_slower_and_say_where_they_come_from() {
    let told = json(ROLLOUT, &["--runs", "10", "--alternatives"]);
    let watched = told["rollouts"][0]["alternatives"].as_array().unwrap();
    let median = |watcher: &str| {
        let one = watched.iter().find(|one| one["watcher"].as_str().unwrap().starts_with(watcher));
        one.unwrap()["after_ms"]["median"].as_f64()
    };
    assert!(median("Serinus").unwrap() < 10_000.0);
    assert_eq!(median("Flagger-like, 1 m, threshold 1"), Some(120_000.0));
    assert_eq!(median("weighted clusters"), None);
    assert!(watched.iter().all(|one| !one["source"].as_str().unwrap().is_empty()));
}

#[test]
fn the_report_is_one_page_that_asks_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("power.html");
    let ran = calibrate(ROLLOUT, &["--runs", "3", "--report", page.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0));
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("<h2>More errors") && page.contains("Users hit"));
    assert!(!page.contains("http://") && !page.contains("https://"));
    let ran = calibrate(ROLLOUT, &["--report", "/no/such/folder/power.html"]);
    assert_eq!(ran.code, Some(2), "said before an hour is spent");
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    for (rollout, args, words) in [
        ("rollout: [", vec![], "<stdin>:2:1: error: not valid YAML"),
        ("rollout: x\n", vec![], "the rollout is unsound"),
        (ROLLOUT, vec!["--event", "refund=1%"], "has no such event"),
        (&format!("{ROLLOUT}kill: true\n"), vec![], "does not promote itself"),
    ] {
        let ran = calibrate(rollout, &args);
        assert_eq!(ran.code, Some(2), "{rollout}");
        assert!(ran.err.contains(words), "{}", ran.err);
    }
    assert_eq!(serinus(&["calibrate", "-"], ROLLOUT).code, Some(2), "--rps is needed");
}

/// What the gates are silent about, a policy that ships catches.
#[test]
fn a_policy_is_asked_and_named_where_it_stopped_something() {
    let (out, root) = (tempfile::tempdir().unwrap(), concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut build = command::command();
    build.args(["policy", "build", &format!("{root}/policies/latency-quantiles"), "--out"]);
    build.arg(out.path()).env("SERINUS_WASM_CARGO", format!("{root}/setup/cargo-wasm"));
    assert!(build.output().unwrap().status.success());
    let policy = out.path().join("latency-quantiles.component.wasm").display().to_string();
    let rollout = ROLLOUT.replace("  - { metric: latency, quantile: p99, max: 400ms }\n", "");
    let told = json(&rollout, &["--runs", "3", "--policy", &policy]);
    let scenarios = told["rollouts"][0]["scenarios"].as_array().unwrap();
    let slow = scenarios.iter().find(|s| s["id"] == "latency-x4").unwrap();
    assert_eq!(slow["stopped"]["by"][0]["what"], "policy", "{slow:#}");
    let same = scenarios.iter().find(|s| s["id"] == "identical").unwrap();
    assert_eq!(same["promoted"]["runs"], 3, "{same:#}");
}
