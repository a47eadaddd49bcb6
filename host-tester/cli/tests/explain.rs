//! `serinus explain` as a user meets it, with decisions that the core made.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

mod command;
mod play;

use command::{CommandOutput, serinus};
use play::{BROKEN, HEALTHY, Script, play};
use serde_json::{Value, json};

fn explain(args: &[&str], input: &str) -> CommandOutput {
    serinus(&[&["explain"], args].concat(), input)
}

/// The log of an Envoy in which this was played.
fn log(script: &Script) -> String {
    let records = play(script, 1).rollout.decisions;
    let line = |line: String| {
        format!(
            "[2026-01-05 09:00:00.000][12][info][wasm] [context.cc:1157] wasm log serinus: {line}\n"
        )
    };
    let lines: String = records.iter().map(|record| line(record.line())).collect();
    format!("[2026-01-05 09:00:00.000][1][info][main] starting\n{lines}")
}

#[test]
fn a_broken_canary_is_explained_from_its_beginning_to_its_end() {
    let ran = explain(&["-"], &log(&BROKEN));
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn a_hold_says_what_is_missing_and_a_promotion_what_was_shown() {
    let extra = json!({
        "stages": [{ "weight": "1%", "min_time": "30s", "min_requests": 200 }, { "weight": "100%", "watch": "30s" }],
        "freeze": [{ "days": ["mon"], "from": "09:00", "to": "09:02" }],
    });
    let ran = explain(&["-"], &log(&Script { extra, seconds: 300, ..HEALTHY }));
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn the_json_output_is_as_documented() {
    let ran = explain(&["-", "--format", "json"], &log(&BROKEN));
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let mut told: Value = serde_json::from_str(&ran.out).unwrap();
    let decisions = told["rollouts"][0]["decisions"].as_array_mut().unwrap();
    for (decision, record) in decisions.iter_mut().zip(play(&BROKEN, 1).rollout.decisions) {
        let json: Value = serde_json::from_str(record.line().split_once(' ').unwrap().1).unwrap();
        assert_eq!(decision["record"], json, "as in the log");
        decision["record"] = "...".into();
    }
    insta::assert_snapshot!(format!("{told:#}"));
}

#[test]
fn figures_of_a_log_without_decisions_say_so() {
    let ran = explain(&["-", "--figures"], "nothing\n");
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("no decision in 1 line"), "{}", ran.err);
    assert!(serde_json::from_str::<Value>(&ran.out).is_ok(), "{}", ran.out);
}

#[test]
fn a_line_that_is_no_decision_is_named_and_the_others_are_told() {
    let input =
        format!("{}serinus.decision {{\"time_ms\":\"now\"}}\nserinus.decision {{\n", log(&BROKEN));
    let ran = explain(&["-"], &input);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.starts_with("<stdin>:4:"), "{}", ran.err);
    assert!(ran.err.contains("not a decision record: invalid type: string \"now\", expected u64"));
    assert!(ran.err.contains("<stdin>:5:") && ran.err.contains("cut off: EOF"), "{}", ran.err);
    assert!(ran.out.contains("Rolled back, 4m"), "{}", ran.out);
    let json: Value =
        serde_json::from_str(&explain(&["-", "--format", "json"], &input).out).unwrap();
    assert_eq!(json["files"][0]["result"], "fell-short");
    assert_eq!(json["files"][0]["problems"][0]["line"], 4);
}

#[test]
fn without_a_decision_it_was_probably_another_file() {
    let ran = explain(&["-"], "nothing\nof interest\n");
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
    assert!(ran.err.contains("no decision in 2 lines; Envoy writes them"), "{}", ran.err);
    let ran = explain(&["/no/such.log", "-"], &log(&BROKEN));
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err.contains("/no/such.log: error: cannot be read") && ran.out.contains("Rolled back")
    );
    assert_eq!(explain(&["-"], "").code, Some(2));
    assert_eq!(explain(&[], "").code, Some(2));
}

#[test]
fn two_proxies_are_two_stories() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let (a, b, idle) = (path("a.log"), path("b.log"), path("idle.log"));
    std::fs::write(&a, log(&BROKEN)).unwrap();
    std::fs::write(&b, log(&HEALTHY)).unwrap();
    std::fs::write(&idle, "idle\n").unwrap();
    let ran = explain(&[&a, &b, &idle], "");
    assert_eq!(ran.code, Some(0), "one of them has nothing to say");
    assert!(ran.out.contains(&format!("checkout-v2, generation 1 in {a}")), "{}", ran.out);
    let b = ran.out.split_once(&format!("in {b}\n")).unwrap().1;
    assert!(!b.contains("Rolled back") && b.contains("Promoted for good, 12m after it began"));
}

#[test]
fn the_same_as_a_page() {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("out.html");
    let ran = explain(&["-", "--report", page.to_str().unwrap()], &log(&BROKEN));
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let page = std::fs::read_to_string(&page).unwrap();
    assert!(page.contains("Rolled back at 25%") && page.contains("<svg"));
    let ran = explain(&["-", "--report", "/no/such/dir/out.html"], &log(&BROKEN));
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("/no/such/dir/out.html: error: the report cannot be written"));
}
