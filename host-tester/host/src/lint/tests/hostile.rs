//! Modules made to hurt: whatever the bytes say, there is a report, soon, and without much memory.

use super::*;
use proptest::prelude::*;

#[test]
fn chains_of_calls_do_not_take_for_ever() {
    let functions: String =
        (0..30).map(|n| format!("(func $f{n} (call $f{m}) (call $f{m}))", m = n + 1)).collect();
    let module = with(&format!(
        "{functions} (func $f30) (export \"proxy_on_log\" (func $g)) (func $g (param i32) (call $f0))"
    ));
    assert!(codes(&module, "1.40").is_empty());
}

#[test]
fn counts_are_not_believed() {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    for section in 1..=12_u8 {
        let lie = [section, 5, 0xff, 0xff, 0xff, 0xff, 0x0f];
        let at = module.len();
        module.extend(lie);
        assert_eq!(codes(&module, "1.40"), ["invalid-module"], "section {section}");
        module.truncate(at);
    }
}

#[test]
fn nesting_is_no_recursion() {
    let deep = "block ".repeat(100_000) + &"end ".repeat(100_000);
    assert!(codes(&with(&format!("(func {deep})")), "1.40").is_empty());
}

#[test]
fn a_name_of_a_megabyte_is_not_repeated() {
    let import = format!("\"{}\" \"f\" (func)", "x".repeat(90_000));
    let finding = only(&importing(&import));
    assert!(finding.names[0].len() < 200);
    let import = format!("\"{}\" \"f\" (func)", "x".repeat(1_000_000));
    assert_eq!(codes(&importing(&import), "1.40"), ["invalid-module"]);
}

#[test]
fn a_word_may_be_repeated_without_end() {
    let words = "xnode".repeat(200_000);
    assert!(naming(&format!("(data (i32.const 0) \"{words}\")")).is_empty());
}

proptest! {
    #[test]
    fn any_bytes_give_a_report(bytes in prop::collection::vec(any::<u8>(), 0..400), module: bool) {
        let bytes = if module { [b"\0asm\x01\0\0\0", &bytes[..]].concat() } else { bytes };
        // Eight bytes of header alone are a module, an empty one.
        let report = lint(&bytes, Versions::KNOWN);
        let errors = report.findings.iter().filter(|f| f.severity == Severity::Error).count();
        prop_assert!(errors >= 1, "{:?}", report.findings);
    }

    #[test]
    fn a_damaged_module_gives_a_report(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = wasm(SOUND);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let report = lint(&bytes, Versions::KNOWN);
        prop_assert!(report.facts.is_some() || report.findings.len() == 1);
    }
}
