//! Nothing that a policy does in its instance reaches out of it.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

use std::fs;
use std::path::{Path, PathBuf};

use serinus_core::policy::{Evidence, Failure, Param, ParamValue, Snapshot};
use serinus_core::record::Verdict;
use serinus_interpreter::{CompileError, Evaluation, Limits, MAX_MODULE, Policy, Refusal};

const LIMITS: Limits = Limits { fuel: 1_500_000, memory: 1 << 20 };

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/policies")
}

fn compile(text: &str) -> Policy {
    Policy::compile(&wat::parse_str(text).unwrap(), LIMITS).unwrap()
}

fn whole(name: &str) -> Policy {
    compile(&fs::read_to_string(folder().join(format!("whole/{name}.wat"))).unwrap())
}

fn hostile(name: &str) -> Policy {
    let read = |path: &str| fs::read_to_string(folder().join(path)).unwrap();
    let fields = read(&format!("hostile/{name}.wat"));
    compile(&format!("(module {} {fields})", read("prelude.wat")))
}

/// What a policy is told in this second.
fn at(unix_seconds: u64) -> Snapshot {
    Snapshot { unix_seconds, ..Snapshot::default() }
}

const HOSTILE: [(&str, Failure); 11] = [
    ("bad-cleanup", Failure::Trap),
    ("deep-recursion", Failure::Stack),
    ("huge-result", Failure::TooLarge),
    ("loop", Failure::Fuel),
    ("malformed-number", Failure::Malformed),
    ("malformed-pointer", Failure::Malformed),
    ("malformed-text", Failure::Malformed),
    ("malformed-verdict", Failure::Malformed),
    ("out-of-memory", Failure::Memory),
    ("panic", Failure::Trap),
    ("wild-write", Failure::Trap),
];

#[test]
fn every_misdeed_is_a_failure_of_its_kind_and_the_next_evaluation_is_right() {
    for (name, failure) in HOSTILE {
        let policy = hostile(name);
        for _ in 0..3 {
            let Evaluation { outcome, fuel_used } = policy.evaluate(&at(2));
            assert_eq!(outcome, Err(failure), "{name}");
            assert!(fuel_used > 0 && fuel_used <= LIMITS.fuel, "{name}: {fuel_used}");
            println!("{name}: {}, {fuel_used} fuel", failure.as_str());
            let right = policy.evaluate(&at(3)).outcome.unwrap();
            assert_eq!((right.verdict, &*right.reason), (Verdict::Hold, "as it should"), "{name}");
        }
    }
}

#[test]
fn every_hostile_policy_has_its_kind_in_the_table() {
    let mut names: Vec<String> = fs::read_dir(folder().join("hostile"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert_eq!(names, HOSTILE.map(|(name, _)| name));
}

#[test]
fn a_function_with_another_signature_is_found_when_it_is_called() {
    let policy = whole("wrong-signature");
    assert_eq!(policy.validate(&[]), Ok(()));
    assert_eq!(policy.evaluate(&at(0)).outcome, Err(Failure::Signature));

    let missing = compile("(module)");
    assert_eq!(missing.validate(&[]), Err(Refusal::Failed(Failure::Signature)));
    assert_eq!(missing.evaluate(&at(0)).outcome, Err(Failure::Signature));
}

#[test]
fn a_module_that_wants_more_than_it_may_have_is_not_instantiated() {
    for text in [
        r#"(module (memory (export "memory") 17))"#,
        r#"(module (memory (export "memory") 1) (table 10001 funcref))"#,
        r#"(module (memory (export "memory") 1) (table 10 funcref) (table 10 funcref))"#,
    ] {
        let failure = compile(text).evaluate(&at(0)).outcome.unwrap_err();
        assert!(matches!(failure, Failure::Memory | Failure::Signature), "{text}: {failure:?}");
    }
    let outside = r#"(module (memory (export "memory") 1) (data (i32.const 65536) "x"))"#;
    assert!(compile(outside).evaluate(&at(0)).outcome.is_err());
    let start = r#"(module (memory (export "memory") 1) (func $f (loop (br 0))) (start $f))"#;
    assert_eq!(compile(start).evaluate(&at(0)).outcome, Err(Failure::Fuel));
}

#[test]
fn a_decision_comes_out_as_it_was_meant() {
    let Evaluation { outcome, fuel_used } = whole("promotes").evaluate(&at(0));
    let decision = outcome.unwrap();
    assert_eq!((decision.verdict, &*decision.reason), (Verdict::Promote, "go ahead!"));
    let answer = Evidence { name: "answer".to_owned(), value: 42.0, threshold: Some(7.5) };
    assert_eq!((decision.evidence, decision.memory), (vec![answer], vec![]));
    assert!(fuel_used > 0, "{fuel_used}");
    assert_eq!(whole("rolls-back").evaluate(&at(0)).outcome.unwrap().verdict, Verdict::Rollback);
}

#[test]
fn nothing_is_remembered_but_what_is_handed_back() {
    let policy = whole("counts");
    let mut snapshot = at(0);
    for n in 1..=6 {
        let twice = [policy.evaluate(&snapshot), policy.evaluate(&snapshot)];
        assert_eq!(twice[0], twice[1], "the same snapshot, the same decision for the same fuel");
        let decision = twice[0].outcome.clone().unwrap();
        assert_eq!(decision.reason, format!("evaluation no {n}"));
        let verdict = if n < 5 { Verdict::Hold } else { Verdict::Promote };
        assert_eq!(decision.verdict, verdict);
        snapshot.memory = decision.memory;
    }
}

#[test]
fn a_policy_may_refuse_its_params() {
    let param = Param { name: "fast".to_owned(), value: ParamValue::Flag(true) };
    let mistakes = ["slo: must be given", "fast: no such parameter"].map(str::to_owned).to_vec();
    assert_eq!(whole("picky").validate(&[param]), Err(Refusal::Mistakes(mistakes)));
    assert_eq!(whole("promotes").validate(&[]), Ok(()));
}

#[test]
fn what_is_no_policy_is_not_compiled() {
    let refused = |text: &str| match Policy::compile(&wat::parse_str(text).unwrap(), LIMITS) {
        Ok(_) => panic!("compiled: {text}"),
        Err(error) => error.to_string(),
    };
    for (what, text, said) in [
        ("an import", r#"(import "env" "now" (func (result i64)))"#, "`env` `now`"),
        ("an imported memory", r#"(import "env" "memory" (memory 1))"#, "`env` `memory`"),
        ("SIMD", "(func (result v128) (v128.const i64x2 0 0))", "SIMD"),
        ("a tail call", "(func $f (return_call $f))", "tail calls"),
        ("two memories", "(memory 1) (memory 1)", "memories"),
        ("64-bit memory", "(memory i64 1)", "memory64"),
        ("shared memory", "(memory 1 1 shared)", "threads"),
        ("exceptions", "(tag)", "exceptions"),
    ] {
        let error = refused(&format!("(module {text})"));
        println!("{what}: {error}");
        assert!(error.contains(said), "{what}: {error}");
    }
    for bytes in [&b""[..], b"\0asm", b"(module)", b"\0asm\x0d\0\x01\0"] {
        assert!(matches!(Policy::compile(bytes, LIMITS), Err(CompileError::Module { .. })));
    }
    let large = vec![0; MAX_MODULE + 1];
    assert_eq!(
        Policy::compile(&large, LIMITS).err(),
        Some(CompileError::Size { bytes: MAX_MODULE + 1 })
    );
}
