//! A policy in C, from the contract alone: the WIT is the contract, and not our crate.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::make::{RUNTIME, contract, engines, folder, text};
use serinus_core::policy::table;
use serinus_host::policy::build::{Built, Cargo, build};
use serinus_host::policy::{Limits, typical};
use wit_bindgen_core::Files;

/// What this machine lacks for it, if anything.
fn lacking() -> Option<&'static str> {
    let runs = |tool: &&str| {
        Command::new(tool).arg("--version").output().is_ok_and(|o| o.status.success())
    };
    ["clang", "wasm-ld"].into_iter().find(|tool| !runs(tool))
}

/// The bindings that wit-bindgen generates for C.
fn bindings(folder: &Path) {
    let (mut resolve, world) = contract();
    let mut files = Files::default();
    wit_bindgen_c::Opts::default().build().generate(&mut resolve, world, &mut files).unwrap();
    for (name, bytes) in files.iter() {
        fs::write(folder.join(name), bytes).unwrap();
    }
}

/// The module that clang makes of tests/policies/c.
fn compile(into: &Path) -> PathBuf {
    bindings(into);
    let (ours, module) = (folder().join("c"), into.join("few-failures.wasm"));
    let mut clang = Command::new("clang");
    clang.args(["--target=wasm32", "-Os", "-nostdlib", "-ffreestanding", "-Wall", "-Werror"]);
    clang
        .args(["-Wl,--no-entry", "-Wl,--strip-debug", "-Wl,-zstack-size=65536", "-o"])
        .arg(&module);
    clang.arg("-I").arg(into).arg("-I").arg(ours.join("include"));
    clang.args([into.join("policy.c"), into.join("policy_component_type.o")]);
    clang.args([ours.join("few_failures.c"), ours.join("libc.c")]);
    let output = clang.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    module
}

#[test]
fn a_policy_in_c_is_accepted_and_decides_alike_on_both_engines() {
    if let Some(tool) = lacking() {
        eprintln!("skipped: the policy in C needs {tool} (Debian: clang and lld)");
        return;
    }
    let into = tempfile::tempdir().unwrap();
    let built = build(&compile(into.path()), &Cargo::from_env(true), &RUNTIME).unwrap();
    let Built { name, component, sound, .. } = &built;
    assert_eq!((name.as_str(), sound.about.name.as_str()), ("few-failures", "few-failures"));
    println!("few-failures: {} bytes of core module", sound.core.len());

    let engines = engines(component, Limits::default());
    for case in table::read(&text(&folder().join("c/table.json"))).unwrap() {
        let answers = engines.evaluate(&case.snapshot);
        let decision = answers.agreed().unwrap().as_ref().unwrap();
        assert_eq!(case.expect.differences(decision), [""; 0], "{}", case.name);
    }
    let typical = engines.evaluate(&typical::snapshot(&sound.about));
    assert!(typical.agreed().unwrap().is_ok(), "{typical:?}");

    let policy = RUNTIME.load(component, Limits::default()).unwrap();
    let param = |name: &str, value| vec![serinus_core::policy::Param { name: name.into(), value }];
    let mistakes = |params: Vec<_>| policy.validate(&params).unwrap().unwrap_err();
    let number = serinus_core::policy::ParamValue::Number;
    assert_eq!(mistakes(param("limit", number(2.0))), ["`limit` should be a number from 0 to 1"]);
    assert_eq!(mistakes(param("limits", number(0.1))), ["only `limit` is known"]);
    assert_eq!(policy.validate(&param("limit", number(0.1))), Ok(Ok(())));
}
