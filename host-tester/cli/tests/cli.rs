//! The command as a user meets it: what it prints, where, and how it ends.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

mod command;

use std::process::{Output, Stdio};

use command::{CommandOutput, command, serinus};
use serde_json::Value;

const GOOD: &str = "rollout: checkout\nunit: [{ header: x-user-id }]\n";

fn check(input: &str, more: &[&str]) -> CommandOutput {
    serinus(&[&["check", "-"], more].concat(), input)
}

fn file(name: &str, text: &[u8]) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    (dir, path.display().to_string())
}

#[test]
fn a_good_rollout_is_good() {
    let ran = check(GOOD, &["--rps", "10000"]);
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (Some(0), "<stdin>: good (checkout)\n", "")
    );
    assert!(check(GOOD, &[]).out.contains("With --rps N"));
}

#[test]
fn every_error_comes_at_once_each_with_its_line() {
    let ran = check(
        "\
rollout: check out
unit:
  - header: x-user-id
    jwt: sub
salt: 5
stages:
  - { wieght: 5%, min_time: 15 }
  - weight: 1e400
    weight: 10%
guard:
  alpha: 7
  # nothing below
freeze:
  - { days: [friday], from: 16:00 }
",
        &[],
    );
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    insta::assert_snapshot!(ran.err);
}

#[test]
fn warnings_say_what_to_do_and_fail_only_if_asked() {
    let text = "\
rollout: checkout
unit:
  - cookie: { name: id, issue: true, key: dGhpcyBrZXkgaXMgcHVibGljOiByZXBsYWNlIGl0ISE= }
  - source_address: true
force:
  - { name: testers, when: { header: x-canary, exact: always }, cohort: canary }
stages:
  - { weight: 1%, min_time: 15m }
  - { weight: 100%, watch: 1h }
gates:
  - { metric: errors, max: 0.1% }
";
    let ran = check(text, &["--rps", "100"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "<stdin>: good (checkout)\n"));
    insta::assert_snapshot!(ran.err);
    let strict = check(text, &["--rps", "100", "--strict"]);
    assert_eq!((strict.code, strict.out.as_str()), (Some(1), ""));
    assert_eq!(strict.err, ran.err);
}

#[test]
fn several_rollouts_in_one_file_have_paths_of_their_own() {
    let ran = check(
        "rollouts:\n  - { rollout: a, unit: [{ header: u }] }\n  - { rollout: b, unit: [{ header: u }], gates: [] }\n",
        &["--format", "json"],
    );
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let file = &report["files"][0];
    assert_eq!(file["rollouts"], serde_json::json!(["a", "b"]));
    assert_eq!(file["problems"][0]["path"], "rollouts[1].gates");
    assert_eq!(file["problems"][0]["line"], 3);
}

#[test]
fn the_json_report_is_as_documented() {
    let (_dir, path) =
        file("rollout.json", br#"{"rollout": "a", "unit": [{"header": "u"}], "kill": "no"}"#);
    let ran = serinus(&["check", &path, "/no/such.yaml", "--format", "json"], "");
    assert_eq!((ran.code, ran.err.as_str()), (Some(2), ""));
    insta::assert_snapshot!(ran.out.replace(&path, "rollout.json"));
}

#[test]
fn what_cannot_be_read_is_another_thing_than_what_is_wrong() {
    let unreadable: [(&str, &[u8], &str); 7] = [
        ("a.yaml", b"", "is empty"),
        ("a.yaml", b"# only a comment\n", "is empty"),
        ("a.yaml", b"a: 1\n---\nb: 2\n", ":3:1: error: has a second document"),
        ("a.yaml", b"a: [1\n", "not valid YAML"),
        ("a.yaml", b"unit:\n\t- header: u\n", "spaces, not tabs"),
        ("a.yaml", b"rollout: \xff", "is not UTF-8 text, from byte 9 on"),
        ("a.json", b"{\"rollout\": }", ":1:13: error: not valid JSON: expected value"),
    ];
    for (name, text, message) in unreadable {
        let (_dir, path) = file(name, text);
        let ran = serinus(&["check", &path], "");
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{message}");
        assert!(ran.err.contains(message), "{message}: {}", ran.err);
    }
    let (dir, _) = file("x", b"");
    for path in ["/no/such/file.yaml", &dir.path().display().to_string()] {
        let ran = serinus(&["check", path], "");
        assert_eq!(ran.code, Some(2));
        assert!(ran.err.contains("cannot be read"), "{}", ran.err);
    }
    // The worst of several counts, and the others are still checked.
    let (_dir, bad) = file("bad.yaml", b"rollout: a\n");
    let ran = serinus(&["check", &bad, "/no/such.yaml", "-"], GOOD);
    assert_eq!((ran.code, ran.out.lines().next()), (Some(2), Some("<stdin>: good (checkout)")));
    assert!(ran.err.contains("unit: missing, and required"), "{}", ran.err);
}

#[test]
fn wrong_usage_is_said_and_help_is_no_failure() {
    for args in [
        &["check"][..],
        &[],
        &["chekc"],
        &["check", "a.yaml", "--rps", "0"],
        &["check", "a.yaml", "--rps", "-3"],
        &["check", "a.yaml", "--rps", "many"],
        &["check", "a.yaml", "--format", "xml"],
    ] {
        let ran = serinus(args, "");
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{args:?}");
        assert!(ran.err.contains("--help"), "{args:?}: {}", ran.err);
    }
    for args in [&["--help"][..], &["check", "--help"], &["schema", "--help"], &["--version"]] {
        let ran = serinus(args, "");
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{args:?}");
    }
    assert!(serinus(&["check", "--help"], "").out.contains("Examples:"));
}

#[test]
fn the_schema_is_json_and_a_reader_may_leave_early() {
    let ran = serinus(&["schema"], "");
    assert_eq!(ran.code, Some(0));
    let schema: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let mut child =
        command().arg("schema").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    assert_eq!((status.code(), stderr.as_slice()), (Some(0), &b""[..]));
}
