//! `serinus lint` as a user meets it: what it prints, where, and how it ends.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

mod command;

use command::CommandOutput;
use serde_json::Value;

const GOOD: &str = r#"(module
  (memory (export "memory") 17)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "_initialize"))
  (global $streams (mut i32) (i32.const 0))
  (func (export "proxy_on_context_create") (param i32 i32)
    (global.set $streams (i32.add (global.get $streams) (i32.const 1)))))"#;

/// Wrong in every degree.
const BAD: &str = r#"(module
  (import "__wbindgen_placeholder__" "__wbindgen_throw" (func (param i32 i32)))
  (import "__wbindgen_placeholder__" "__wbindgen_object_drop_ref" (func (param i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_get" (func (param i32 i32) (result i32)))
  (import "env" "proxy_log" (func (param i32 i32) (result i32)))
  (import "env" "proxy_get_property" (func $property (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (drop (call $property (i32.const 1024) (i32.const 12) (i32.const 8) (i32.const 12)))
    (i32.const 0))
  (func (export "proxy_on_response_header") (param i32 i32 i32) (result i32) (i32.const 0))
  (func (export "proxy_on_log") (param i32))
  (data (i32.const 1024) "cluster_namex-cohort"))"#;

fn run(args: &[&str], input: &[u8]) -> CommandOutput {
    command::serinus(&[&["lint"], args].concat(), input)
}

fn lint(wat: &str, more: &[&str]) -> CommandOutput {
    run(&[&["-"], more].concat(), &wat::parse_str(wat).unwrap())
}

#[test]
fn a_good_module_is_good_and_its_sizes_are_told() {
    let ran = lint(GOOD, &["--strict"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert_eq!(
        ran.out,
        "<stdin>: good (ABI 0.2.1, 1 KiB: code 1 KiB, data 0 KiB, names 1 KiB; memory at the start 1088 KiB)\n"
    );
}

#[test]
fn a_bad_module_is_told_all_at_once() {
    let ran = lint(BAD, &[]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    insta::assert_snapshot!(ran.err);
}

#[test]
fn what_no_longer_holds_for_a_version_is_not_said() {
    let codes = |envoy: &str| -> Vec<String> {
        let ran = lint(BAD, &["--format", "json", "--envoy", envoy]);
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        let findings = report["files"][0]["findings"].as_array().unwrap().clone();
        findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
    };
    let has = |envoy: &str, code: &str| codes(envoy).iter().any(|c| c == code);
    assert!(has("1.38", "newer-import") && !has("1.39", "newer-import"));
    assert!(has("1.33", "removed-property") && !has("1.32", "removed-property"));
    assert!(has("1.32..1.33", "removed-property") && has("1.32..1.39", "newer-import"));
}

#[test]
fn the_json_report_is_as_documented() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bad.wasm").display().to_string();
    std::fs::write(&path, wat::parse_str(BAD).unwrap()).unwrap();
    let ran = run(&[&path, "/no/such.wasm", "--format", "json"], b"");
    assert_eq!((ran.code, ran.err.as_str()), (Some(2), ""));
    insta::assert_snapshot!(ran.out.replace(&path, "bad.wasm"));
}

#[test]
fn a_warning_fails_only_if_asked_and_a_note_never() {
    let warned = GOOD.replace(
        "(func (export \"_initialize\"))",
        "(func (export \"_initialize\")) (func (export \"_start\") unreachable)",
    );
    assert_eq!(lint(&warned, &[]).code, Some(0));
    let strict = lint(&warned, &["--strict"]);
    assert_eq!((strict.code, strict.out.as_str()), (Some(1), ""));
    let noted = GOOD.replace("(func (export \"_initialize\"))", "");
    let ran = lint(&noted, &["--strict"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.err.contains("note: ") && ran.err.ends_with("1 note in 1 file\n"), "{}", ran.err);
}

#[test]
fn what_cannot_be_read_is_another_thing_than_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    for path in ["/no/such/file.wasm", &dir.path().display().to_string()] {
        let ran = run(&[path], b"");
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
        let words = format!("{path}: error: cannot be read");
        assert!(
            ran.err.starts_with(&words) && ran.err.ends_with("1 error in 1 file\n"),
            "{}",
            ran.err
        );
    }
    let ran = run(&["-"], b"\x1f\x8b\x08");
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err.contains("is not a WebAssembly module") && ran.err.contains("gzip"),
        "{}",
        ran.err
    );
}

#[test]
fn wrong_usage_is_said_and_help_is_no_failure() {
    for (args, message) in [
        (&[][..], "FILTER.wasm"),
        (&["a.wasm", "--envoy", "1.31"], "nothing is known of Envoy 1.31, only of 1.32..1.40"),
        (&["a.wasm", "--envoy", "1.36..1.34"], "the older version comes first"),
        (&["a.wasm", "--envoy", "new"], "such as 1.36 or 1.32..1.40"),
        (&["a.wasm", "--format", "xml"], "xml"),
    ] {
        let ran = run(args, b"");
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{args:?}");
        assert!(ran.err.contains(message) && ran.err.contains("--help"), "{args:?}: {}", ran.err);
    }
    let help = run(&["--help"], b"");
    assert_eq!((help.code, help.err.as_str()), (Some(0), ""));
    assert!(help.out.contains("Examples:"), "{}", help.out);
}

#[test]
fn the_help_lists_every_code_and_no_other() {
    let mut sources = String::new();
    read_sources(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/src/lint"),
        &mut sources,
    );
    let used: std::collections::BTreeSet<&str> =
        ["error(", "warning(", "note("].iter().flat_map(|by| codes_after(&sources, by)).collect();
    let help = run(&["--help"], b"").out;
    let (_, listed) = help.split_once("What is found").unwrap();
    let (listed, _) = listed.split_once("What cannot be seen").unwrap();
    let words = listed.split(|c: char| !(c.is_ascii_lowercase() || c == '-'));
    let listed: std::collections::BTreeSet<&str> =
        words.filter(|word| used.contains(word)).collect();
    assert_eq!(listed, used);
    assert!(used.len() >= 30, "{used:?}");
}

fn read_sources(dir: &std::path::Path, sources: &mut String) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_sources(&path, sources);
        } else if path.file_name().is_some_and(|name| name != "tests.rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            sources.push_str(source.split("#[cfg(test)]").next().unwrap());
        }
    }
}

/// The first string after each `Finding::by(`.
fn codes_after<'s>(sources: &'s str, by: &str) -> Vec<&'s str> {
    let by = format!("Finding::{by}");
    let calls = sources.split(by.as_str()).skip(1);
    calls.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next()).collect()
}
