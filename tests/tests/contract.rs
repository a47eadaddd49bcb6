//! The names that leave the process: their values, and that nobody types them again.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

use serinus_core::arm::Arm;
use serinus_core::contract::{
    Cohort, Key, Outcome, RolloutState, Series, Verdict, log, metric, route, series,
};
use serinus_rig::{COHORT_HEADER, workspace_root};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Product code that may name nothing of the contract by a literal.
const SEARCHED: &[&str] = &[
    "filter/core/src",
    "filter/interpreter/src",
    "filter/src",
    "host-tester/cli/src",
    "host-tester/host/src",
    "host-tester/lab/src",
    "examples/demo/src",
    "policies",
    "tests/rig/src",
];

/// Where a name may stand all the same.
const ALLOWED: &[(&str, &str)] = &[
    ("filter/core/src/contract/", "here the names are defined"),
    (
        "host-tester/cli/src/cli/explain.rs",
        "the help is one literal, and a test compares it with the contract",
    ),
    (
        "tests/rig/src/lib.rs",
        "the rig imports no crate of ours, and a test compares its header with the contract",
    ),
];

/// What gives a literal away, and what to use in its place.
const LITERALS: &[(&str, &str)] = &[
    ("serinus.decision", "contract::log::DECISION"),
    ("serinus.config_error", "contract::log::config_error, read_config_error"),
    ("serinus/1", "contract::Key"),
    ("x-serinus-cohort", "contract::route::HEADER"),
    ("=.=", "contract::Series, contract::series::parse"),
    (";.;", "contract::Series, contract::series::parse"),
    ("wasmcustom.", "contract::series::without_scope"),
    ("gate.starts_with(", "Comparison::metric, Record::compared"),
    ("gate.strip_prefix(", "contract::GateLabel::parse"),
    ("label.starts_with(", "Gate::metric, contract::GateLabel::parse"),
];

#[test]
fn no_name_of_the_contract_is_typed_again() {
    let mut found = Vec::new();
    for file in sources() {
        let text = fs::read_to_string(workspace_root().join(&file)).unwrap();
        let name = file.display().to_string();
        if ALLOWED.iter().any(|(place, _)| name.starts_with(place)) {
            continue;
        }
        for (number, line) in product_lines(&text) {
            let literal = LITERALS.iter().find(|(literal, _)| line.contains(literal));
            let metric =
                metric::MetricName::ALL.into_iter().find(|metric| line.contains(metric.as_str()));
            let better = literal
                .map(|(_, better)| *better)
                .or(metric.map(|_| "contract::MetricName, contract::Series"));
            found.extend(
                better.map(|better| format!("{name}:{number}: use {better}: {}", line.trim())),
            );
        }
    }
    assert!(found.is_empty(), "names of core::contract, typed again:\n{}", found.join("\n"));
}

#[test]
fn what_may_be_typed_again_is_there_to_be_typed() {
    for (place, why) in ALLOWED {
        assert!(
            workspace_root().join(place).exists(),
            "{place} ({why}) is gone: take it from ALLOWED"
        );
    }
    let help =
        fs::read_to_string(workspace_root().join("host-tester/cli/src/cli/explain.rs")).unwrap();
    assert!(
        help.contains(&format!("`{}`", log::DECISION)),
        "the help of `serinus explain` names another prefix"
    );
    assert_eq!(COHORT_HEADER, route::HEADER);
}

/// Dashboards, alerts and log searches of users hold on to these: a change here breaks them, and needs an entry in the
/// changelog.
#[test]
fn the_names_that_users_hold_on_to_are_these() {
    let names: BTreeSet<&str> =
        metric::MetricName::ALL.iter().map(|metric| metric.as_str()).collect();
    let expected = [
        "serinus_assigned_total",
        "serinus_canary_weight",
        "serinus_config_errors_total",
        "serinus_decisions_total",
        "serinus_events_total",
        "serinus_failure_episodes_total",
        "serinus_policy_failures_total",
        "serinus_request_duration_milliseconds",
        "serinus_requests_total",
        "serinus_revision",
        "serinus_stage",
        "serinus_state",
    ];
    assert_eq!(names, BTreeSet::from(expected));
    assert_eq!((log::DECISION, log::CONFIG_ERROR), ("serinus.decision ", "serinus.config_error "));
    assert_eq!((route::HEADER, route::value(Arm::Canary)), ("x-serinus-cohort", "canary"));
    assert_eq!(Key::State.of("shop/salt/1"), "serinus/1/state/shop/salt/1");
    assert_eq!(Cohort::ALL.map(Cohort::as_str), ["baseline", "canary", "forced", "outside"]);
    assert_eq!(Outcome::ALL.map(Outcome::as_str), ["success", "failure", "client_gone"]);
    assert_eq!(Verdict::ALL.map(Verdict::as_str), ["promote", "hold", "rollback"]);
    let codes = RolloutState::ALL.map(|state| (state.as_str(), state.code()));
    let states = ["progressing", "holding", "promoted", "rolled_back", "killed"];
    assert_eq!(codes.map(|(name, _)| name), states);
    assert_eq!(codes.map(|(_, code)| code), [0, 1, 2, 3, 4]);
}

/// The tags that ship for Envoy and for Istio turn a name into its labels.
#[test]
fn the_settings_that_ship_know_every_label() {
    let text = |file: &str| fs::read_to_string(workspace_root().join(file)).unwrap();
    let labels: BTreeSet<&str> = metric::MetricName::ALL
        .iter()
        .flat_map(|metric| metric.labels())
        .map(|label| label.as_str())
        .collect();
    for file in ["examples/envoy/envoy.yaml", "tests/rig/src/envoy/bootstrap.rs"] {
        let text = text(file);
        for label in &labels {
            assert!(
                text.contains(label),
                "{file} turns no part of a name into the label `{label}`"
            );
        }
    }
    let raw = Series::events("shop", Arm::Canary, "order").raw_name();
    assert!(raw.contains(series::ASSIGNS) && raw.contains(series::ENDS));
}

#[test]
fn the_page_of_metrics_is_current() {
    let path = workspace_root().join("docs/metrics.md");
    let current = format!("{HEAD}\n{}", metric::table());
    if std::env::var_os("SERINUS_BLESS").is_some_and(|bless| bless == "1") {
        fs::write(&path, &current).unwrap();
    }
    let file = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        file == current,
        "docs/metrics.md is not what the contract says: SERINUS_BLESS=1 cargo test -p serinus-tests --test contract"
    );
}

const HEAD: &str = "\
# Metrics

<!-- Made by tests/tests/contract.rs from core::contract: SERINUS_BLESS=1 cargo test -p serinus-tests --test contract -->

Every metric is one number for the whole proxy: all workers count in it. The label `cohort` is `baseline` or `canary` for
requests that chance assigned, `forced` for requests that a rule sent to the canary, and `outside` for requests that took
no part. The label `outcome` is `success`, `failure` or `client_gone`.

The names carry their labels as Istio writes them, such as
`rollout=.=checkout-v2;.;cohort=.=canary;.;outcome=.=failure;.;serinus_requests_total`. The settings in
[examples/envoy](../examples/envoy/README.md) and [examples/istio](../examples/istio/README.md) turn these into labels.
";

/// The Rust files below [`SEARCHED`], without those that hold only tests.
fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    SEARCHED.iter().for_each(|folder| below(Path::new(folder), &mut files));
    assert!(files.len() > 300, "{} files", files.len());
    files
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(workspace_root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let (name, path) = (entry.file_name(), folder.join(entry.file_name()));
        let is_test = name == "tests" || name == "tests.rs" || name == "target";
        match entry.file_type().unwrap() {
            kind if kind.is_dir() && !is_test => below(&path, files),
            kind if kind.is_file()
                && !is_test
                && path.extension().is_some_and(|ext| ext == "rs") =>
            {
                files.push(path)
            }
            _ => {}
        }
    }
}

/// The lines of a file that are code: neither comments nor the tests at its end.
fn product_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let code = text
        .lines()
        .take_while(|line| line.trim() != "#[cfg(test)]" || !text.contains("mod tests {"));
    let numbered = code.enumerate().map(|(index, line)| (index + 1, line));
    numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
}
