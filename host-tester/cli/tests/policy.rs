//! `serinus policy` and `serinus render`, as a user runs them; the good path is in `documents`.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

mod command;

use command::{CommandOutput, command, serinus};
use std::fs;
use std::path::Path;

/// A component of this text in a file of a new folder.
fn component(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.wasm");
    fs::write(&file, wat::parse_str(text).unwrap()).unwrap();
    let name = file.display().to_string();
    (folder, name)
}

const WRONG: &str = r#"(component
    (import "wasi:clocks/wall-clock@0.2.0" (instance))
    (core module (memory 17) (func (drop (v128.const i64x2 0 0)))))"#;

#[test]
fn everything_that_is_wrong_with_a_component_is_told() {
    let (_folder, file) = component(WRONG);
    let CommandOutput { code, out, err } = serinus(&["policy", "check", &file], "");
    assert_eq!((code, out.as_str()), (Some(1), ""));
    insta::assert_snapshot!(err.replace(&file, "x.wasm"));

    let CommandOutput { code, out, err } =
        serinus(&["policy", "check", &file, "--format", "json"], "");
    assert_eq!((code, err.as_str()), (Some(1), ""));
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let findings = report["files"][0]["findings"].as_array().unwrap();
    let codes: Vec<&str> = findings.iter().map(|f| f["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["imports", "world", "proposal", "memory"]);
    assert_eq!(
        (&report["version"], &report["files"][0]["result"]),
        (&1.into(), &"fell-short".into())
    );
    assert!(report["files"][0]["policy"].is_null());
}

#[test]
fn what_cannot_be_read_is_wrong_usage() {
    let (_folder, file) = component("(module)");
    for args in [
        &["policy", "check", "/no/such.wasm"][..],
        &["policy", "check"],
        &["policy", "build", "/no/such/folder"],
        &["policy", "test", "/no/such/folder"],
        &["policy", "test", "--policy", "/no/such.wasm"],
        &["policy", "eval", "/no/such.wasm", "-"],
        &["policy", "eval", &file, "/no/such.json"],
        &["policy", "eval", &file, "-", "--param", "=1"],
        &["policy", "new", "No Name"],
        &["policy", "new", "a", "--sdk", "/no/such"],
        &["policy"],
        &["render", "/no/such.yaml", "--target", "envoy"],
        &["render", "rollout.yaml"],
    ] {
        let ran = serinus(args, "{}");
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.err);
        assert!(!ran.err.is_empty() && ran.out.is_empty(), "{args:?}");
    }
}

const ROLLOUT: &str = "rollout: shop\nunit: [ { header: x-user-id } ]\n";

#[test]
fn targets_that_are_not_there_yet_say_so_in_one_line() {
    for target in ["istio", "gateway"] {
        let CommandOutput { code, out, err } =
            serinus(&["render", "-", "--target", target], ROLLOUT);
        assert_eq!((code, out.as_str(), err.lines().count()), (Some(2), "", 1), "{target}: {err}");
    }
}

#[test]
fn a_rollout_that_cannot_be_read_is_told_with_its_line() {
    let CommandOutput { code, out, err } =
        serinus(&["render", "-", "--target", "envoy"], "rollout: [");
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("<stdin>:2:1: error: not valid YAML"), "{err}");
}

#[test]
fn a_rollout_is_rendered_as_envoy_reads_it() {
    let CommandOutput { code, out, err } = serinus(&["render", "-", "--target", "envoy"], ROLLOUT);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    insta::assert_snapshot!(out);
    let CommandOutput { code, out, .. } =
        serinus(&["render", "-", "--target", "envoy", "--config"], ROLLOUT);
    assert_eq!(code, Some(0));
    let config: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        config,
        serde_json::json!({ "rollout": "shop", "unit": [{ "header": "x-user-id" }] })
    );
}

#[test]
fn a_policy_that_is_missing_or_not_acceptable_is_told_on_its_line() {
    let (folder, _) = component(WRONG);
    let rollout = folder.path().join("rollout.yaml");
    let said = |policy: &str| {
        fs::write(&rollout, format!("{ROLLOUT}policy: {policy}\n")).unwrap();
        let name = rollout.display().to_string();
        let check = serinus(&["check", &name], "");
        let render = serinus(&["render", &name, "--target", "envoy"], "");
        assert_eq!((check.code, render.code), (Some(1), Some(1)), "{}", check.err);
        assert_eq!(render.out, "");
        // They say the same, but for the count at the end.
        assert!(check.err.starts_with(&render.err), "{}\n{}", check.err, render.err);
        render.err.replace(&folder.path().display().to_string(), "")
    };
    insta::assert_snapshot!("a_missing_policy", said("{ file: nothing.wasm }"));
    insta::assert_snapshot!("a_wrong_policy", said("{ file: x.wasm, params: { a: 1 } }"));
    assert!(said("{ file: x.wasm, fuel: 0 }").contains("policy.fuel"));
}

#[test]
fn a_crate_that_does_not_compile_or_is_no_policy_falls_short() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("mine");
    let build = |source: &str| {
        fs::write(made.join("src/lib.rs"), source).unwrap();
        let cargo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../setup/cargo-wasm");
        let mut command = command();
        command.args(["policy", "build", made.to_str().unwrap(), "--format", "json"]);
        CommandOutput::from(command.env("SERINUS_WASM_CARGO", cargo).output().unwrap())
    };
    assert_eq!(serinus(&["policy", "new", made.to_str().unwrap()], "").code, Some(0));
    let broken = build("fn");
    assert_eq!(broken.code, Some(1), "{}", broken.out);
    assert!(
        broken.err.contains("src/lib.rs:1") && broken.out.contains("does not compile"),
        "{}",
        broken.out
    );
    let empty = build("pub fn nothing() {}");
    assert_eq!(empty.code, Some(1));
    assert!(empty.out.contains("serinus_policy::export!"), "{}", empty.out);
}
