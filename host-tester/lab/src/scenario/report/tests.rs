use super::*;
use crate::rollout_file::Source;
use crate::scenario::Scenario;
use crate::scenario::judge::ExpectationResult;
use crate::scenario::outcome::{Outcome, RunResult};
use serinus_core::diagnostic::Place;
use std::time::Duration;

fn result(passed: bool) -> ExpectationResult {
    ExpectationResult {
        path: "expect[0]".into(),
        place: Some(Place { line: 7, column: 5, width: 3 }),
        what: "requests to canary".into(),
        expected: "at most 12".into(),
        seen: "31 <&> \u{1b}[31m\u{0}".into(),
        passed,
        window: (Duration::from_secs(40), Duration::from_secs(40)),
        trace: if passed { vec![] } else { vec!["39.9s worker 0 on_request_headers <1>".into()] },
    }
}

fn ran() -> Vec<RunResult> {
    let text = "scenario: x\nplugins: [{}]\n";
    let scenario = Scenario::parse(Source::new("x.yaml", text)).unwrap();
    let outcome = |name: &str, results| Outcome {
        name: name.into(),
        file: "x.yaml".into(),
        seed: 7,
        filter: Some("my auth.wasm".into()),
        simulated: Duration::from_secs(90),
        wall: Duration::from_millis(1230),
        requests: 180,
        results,
    };
    let unsound = Scenario::parse(Source::new("bad.yaml", "scenario: 5")).unwrap_err();
    vec![
        RunResult::Completed(Box::new(scenario.clone()), outcome("healthy", vec![result(true)])),
        RunResult::Completed(
            Box::new(scenario),
            outcome("dead", vec![result(true), result(false)]),
        ),
        RunResult::Invalid("bad.yaml".into(), unsound),
        RunResult::NotRun {
            file: "y.yaml".into(),
            name: "y".into(),
            why: "it refused\n    [info] no\u{1b}[31m".into(),
            fell_short: false,
        },
    ]
}

fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes);
    anstream::adapter::strip_str(&String::from_utf8(bytes).unwrap()).to_string()
}

#[test]
fn a_person_sees_what_failed_and_where() {
    let ran = ran();
    let told = text(|out| {
        ran.iter().for_each(|one| text::one(one, out).unwrap());
        text::summary(&ran, out).unwrap();
    });
    assert!(!told.contains('\u{1b}') && !told.contains('\0'));
    insta::assert_snapshot!(told);
}

#[test]
fn a_program_gets_every_result() {
    let json = text(|out| json::write(&ran(), out).unwrap());
    assert!(!json.contains("wall"));
    insta::assert_snapshot!(json);
}

#[test]
fn a_ci_system_gets_junit() {
    let xml = text(|out| junit::write(&ran(), out).unwrap());
    insta::assert_snapshot!(xml);
}
