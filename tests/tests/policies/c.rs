//! A policy in C, from the contract alone: the WIT is the contract, and not our crate.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::make::{RUNTIME, contract, engines, folder, text};
use serinus_core::policy::table;
use serinus_lab::policy::build::{Built, Cargo, build};
use serinus_lab::policy::{Limits, typical};
use serinus_rig::workspace_root;
use wit_bindgen_core::Files;

/// The folder of a clang and its wasm-ld; `None`, and it is said why, where there is none to be had.
fn clang() -> Option<PathBuf> {
    let found = Command::new(workspace_root().join("setup/clang")).output().unwrap();
    if !found.status.success() {
        eprintln!("skipped: the policy in C: {}", String::from_utf8_lossy(&found.stderr).trim());
        return None;
    }
    Some(PathBuf::from(String::from_utf8(found.stdout).unwrap().trim()))
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

/// The module that this clang makes of tests/policies/c.
fn compile(tools: &Path, into: &Path) -> PathBuf {
    bindings(into);
    let (ours, module) = (folder().join("c"), into.join("few-failures.wasm"));
    let mut clang = Command::new(tools.join("clang"));
    // Where it looks for its linker.
    let path = env::var_os("PATH").unwrap_or_default();
    let path = [tools.to_owned()].into_iter().chain(env::split_paths(&path));
    clang.env("PATH", env::join_paths(path).unwrap());
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
    let Some(tools) = clang() else { return };
    let into = tempfile::tempdir().unwrap();
    let built = build(&compile(&tools, into.path()), &Cargo::from_env(true), &RUNTIME).unwrap();
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
