use super::*;
use serinus_core::contract::log::DECISION;

const RECORD: &str = r#"{"time_ms":7,"rollout":"checkout","generation":1,"stage":0,"weight":10000,"stage_age_ms":5,"verdict":"hold","reasons":[{"code":"frozen"}],"comparisons":[]}"#;

fn is_decision(line: &str) -> bool {
    matches!(read_line(line), Line::Decision(record) if record.rollout == "checkout")
}

fn unsound(line: &str) -> RecordError {
    match read_line(line) {
        Line::Invalid(unsound) => unsound,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_decision_is_found_wherever_logs_put_it() {
    let escaped = serde_json::to_string(&format!("wasm log: {DECISION}{RECORD}\n")).unwrap();
    for line in [
        RECORD.to_owned(),
        format!("  {RECORD}"),
        format!("{DECISION}{RECORD}"),
        format!(
            "[2026-11-21 02:53:50.457][12][warning][wasm] [context.cc:1157] wasm log serinus: {DECISION}{RECORD}"
        ),
        format!(
            "[pod/gateway-5c/istio-proxy] 2026-11-21T02:53:50Z warn wasm {DECISION}{RECORD} thread=12"
        ),
        format!(r#"{{"level":"warn","msg":{escaped}}}"#),
        format!(r#"{{"log":{escaped},"stream":"stderr"}}"#),
    ] {
        assert!(is_decision(&line), "{line}");
    }
}

#[test]
fn what_is_no_decision_is_left_alone() {
    for line in [
        "",
        "[info][wasm] configured",
        r#"{"method":"GET","path":"/","verdict":"none"}"#,
        "serinus.config_error plugin=x",
        "{ not json",
        "[1, 2]",
    ] {
        assert!(matches!(read_line(line), Line::Other), "{line}");
    }
}

#[test]
fn what_says_it_is_one_and_is_not_has_a_place_and_a_reason() {
    let cut = format!("ü {DECISION}{}", &RECORD[..60]);
    let found = unsound(&cut);
    assert_eq!(found.column, cut.chars().count());
    assert!(found.problem.starts_with("cut off: EOF while parsing"), "{found:?}");

    let wrong = RECORD.replace("\"hold\"", "\"explode\"");
    let found = unsound(&wrong);
    assert!(found.problem.starts_with("unknown variant `explode`"), "{found:?}");
    assert_eq!(&wrong[..found.column][found.column - 2..], "e\"");

    assert_eq!(unsound(DECISION).problem, "nothing follows `serinus.decision`");
    assert!(unsound(&RECORD[..150]).problem.starts_with("cut off"));
    assert_eq!(unsound(r#"{"rollout":"x","verdict":"hold"}"#).problem, "missing field `time_ms`");
    let message = serde_json::to_string(&format!("{DECISION}{{}}")).unwrap();
    let entry = format!(r#"{{"msg":{message}}}"#);
    assert_eq!(
        unsound(&entry),
        RecordError { column: 9, problem: "missing field `time_ms`".into() }
    );
}

proptest::proptest! {
    #[test]
    fn no_line_is_too_strange(line in ".*", tail in ".*") {
        let _ = read_line(&line);
        let _ = read_line(&format!("{line}{DECISION}{tail}"));
        let _ = read_line(&format!("{{{line}\"verdict\"\"rollout\"{tail}"));
    }
}
