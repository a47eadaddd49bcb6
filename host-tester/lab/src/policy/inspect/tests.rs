use super::*;
use proptest::prelude::*;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// A component of this text.
fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn found(bytes: &[u8]) -> Vec<Finding> {
    inspect(bytes, &Runtime::new().unwrap()).unwrap_err()
}

fn codes(bytes: &[u8]) -> Vec<&'static str> {
    found(bytes).iter().map(|finding| finding.code).collect()
}

#[test]
fn what_is_no_component_is_told_apart() {
    assert_eq!(codes(b""), ["not-wasm"]);
    assert_eq!(codes(b"(component)"), ["not-wasm"]);
    assert_eq!(codes(&component("(module)")), ["core-module"]);
    let mut cut = component("(component (core module))");
    cut.truncate(cut.len() - 1);
    assert_eq!(codes(&cut), ["invalid"]);
}

#[test]
fn everything_is_named_at_once() {
    let all = component(
        r#"(component
            (import "wasi:clocks/wall-clock@0.2.0" (instance))
            (core module (memory 17) (func (drop (v128.const i64x2 0 0))) (func $f return_call $f))
            (core module (import "env" "now" (func)))
            (component $c) (instance $i (instantiate $c))
            (export "serinus:policy/promotion@0.9.0" (instance $i)))"#,
    );
    let all = found(&all);
    let codes: Vec<&str> = all.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["imports", "modules", "version", "proposal", "memory"]);
    assert_eq!(all[0].names, ["wasi:clocks/wall-clock@0.2.0", "env.now (of the core module)"]);
    assert_eq!(all[3].names, ["simd128", "tail-call"]);
}

#[test]
fn another_world_is_told_with_what_it_exports() {
    let other = component(
        r#"(component (core module) (component $c) (instance $i (instantiate $c))
        (export "other:world/thing" (instance $i)))"#,
    );
    let found = found(&other);
    assert_eq!(
        (found[0].code, &found[0].names[..]),
        ("world", &["other:world/thing".to_owned()][..])
    );
}

#[test]
fn the_right_name_with_other_functions_is_not_the_contract() {
    let other = component(
        r#"(component (core module) (component $c) (instance $i (instantiate $c))
        (export "serinus:policy/promotion@1.0.0" (instance $i)))"#,
    );
    assert_eq!(codes(&other), ["signature"]);
}

#[test]
fn a_module_that_is_too_large_is_refused() {
    let text =
        format!("(component (core module (memory 1) (data \"{}\")))", "x".repeat(MAX_MODULE));
    assert_eq!(codes(&component(&text)), ["world", "too-large"]);
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// What the fuzz target `check` began with or has found.
fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/check");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// It is sound, or something is named; and nothing panics.
fn told(bytes: &[u8]) -> bool {
    match inspect(bytes, &RUNTIME) {
        Ok(sound) => sound.core.len() <= MAX_MODULE,
        Err(findings) => !findings.is_empty(),
    }
}

#[test]
fn something_is_told_of_everything_in_the_corpus() {
    let corpus = corpus();
    assert!(corpus.len() >= 10, "{}", corpus.len());
    assert!(corpus.iter().all(|bytes| told(bytes)));
    let sound = corpus.iter().filter(|bytes| inspect(bytes, &RUNTIME).is_ok()).count();
    assert!((2..corpus.len() - 5).contains(&sound), "{sound} of {}", corpus.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Bytes changed, cut out, put in twice: near enough to a component to get past the first look.
    #[test]
    fn something_is_told_of_a_component_that_was_tampered_with(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::of((any::<prop::sample::Index>(), 0..40_usize)),
        twice in any::<bool>(),
    ) {
        let corpus = corpus();
        let mut bytes = which.get(&corpus).clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some((at, length)) = cut {
            let from = at.index(bytes.len());
            let part = from..(from + length).min(bytes.len());
            let piece: Vec<u8> = bytes[part.clone()].to_vec();
            bytes.splice(part, if twice { [&piece[..], &piece].concat() } else { Vec::new() });
        }
        prop_assert!(told(&bytes));
    }
}
