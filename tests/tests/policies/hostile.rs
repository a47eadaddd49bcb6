//! Policies that mean ill, on both engines: each is a failure of its kind, and the next evaluation is right.

use std::fs;
use std::time::{Duration, Instant};

use crate::make::{RUNTIME, component, engines, folder, text};
use serinus_core::policy::{Failure, Snapshot};
use serinus_core::record::Verdict;
use serinus_lab::policy::{Evaluation, Limits};

/// What a policy is told in this second.
fn at(unix_seconds: u64) -> Snapshot {
    Snapshot { unix_seconds, ..Snapshot::default() }
}

/// Who it is: a component has to say so. 512 is the address of an `about` without parameters.
const DESCRIBE: &str = r#"
    (data (i32.const 512) "\80\00\00\00" "\02\00\00\00" "\80\00\00\00" "\02\00\00\00" "\80\00\00\00" "\02\00\00\00")
    (func (export "serinus:policy/promotion@1.0.0#describe") (result i32) (i32.const 512))"#;

fn hostile(name: &str) -> Vec<u8> {
    let (prelude, fields) =
        (text(&folder().join("prelude.wat")), text(&folder().join(format!("hostile/{name}.wat"))));
    component(wat::parse_str(format!("(module {prelude} {DESCRIBE} {fields})")).unwrap())
}

fn names() -> Vec<String> {
    let files = fs::read_dir(folder().join("hostile")).unwrap();
    let name = |entry: fs::DirEntry| entry.path().file_stem().unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<String> = files.map(|entry| name(entry.unwrap())).collect();
    names.sort();
    names
}

#[test]
fn every_misdeed_fails_alike_on_both_engines() {
    for name in names() {
        let engines = engines(&hostile(&name), Limits::default());
        for _ in 0..2 {
            let answers = engines.evaluate(&at(2));
            let failure = answers.agreed().unwrap_or_else(|| panic!("{name}: {answers:?}"));
            let failure = failure.as_ref().unwrap_err();
            println!(
                "{name}: {}, {} fuel on wasmtime",
                failure.as_str(),
                answers.wasmtime.fuel_used
            );
            let right = engines.evaluate(&at(3));
            let right = right.agreed().unwrap().as_ref().unwrap();
            assert_eq!((right.verdict, &*right.reason), (Verdict::Hold, "as it should"), "{name}");
        }
    }
}

#[test]
fn a_deadline_ends_what_fuel_does_not() {
    let deadline = Duration::from_millis(50);
    let limits = Limits { fuel: u64::MAX, deadline, ..Limits::default() };
    let policy = RUNTIME.load(&hostile("loop"), limits).unwrap();
    let began = Instant::now();
    let Evaluation { outcome, .. } = policy.evaluate(&at(2));
    assert_eq!(outcome, Err(Failure::Fuel));
    assert!(began.elapsed() >= deadline);
    assert!(policy.evaluate(&at(3)).outcome.is_ok());
}
