use std::collections::BTreeSet;

use super::*;

#[test]
fn names_are_unique() {
    let all = sources().unwrap();
    let names: BTreeSet<&str> = all.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names.len(), all.len());
}

#[test]
fn an_unknown_guest_is_told_with_those_there_are() {
    let error = guest("no-such").unwrap_err().to_string();
    assert!(error.contains("no-such") && error.contains("http-auth"), "{error}");
}

#[test]
fn a_module_is_named_by_its_sources() {
    let path = guest("hostile-unreachable").unwrap();
    let again = guest("hostile-unreachable").unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    assert_eq!(path, again);
    assert!(name.starts_with("hostile-unreachable-") && name.ends_with(".wasm"), "{name}");
    assert_eq!(std::fs::read(&path).unwrap()[..4], *b"\0asm");
}

#[test]
fn every_guest_is_built_or_the_machine_says_why_not() {
    for source in sources().unwrap() {
        let Some(module) = guest_or_skip(&source.name).unwrap() else { continue };
        assert_eq!(std::fs::read(&module).unwrap()[..4], *b"\0asm", "{}", module.display());
    }
}

#[test]
fn the_lock_file_of_npm_names_no_registry() {
    let path = source::guests().join("assemblyscript/package-lock.json");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(!text.contains("\"resolved\""));
}

#[test]
fn many_tests_may_ask_for_the_same_guest_at_once() {
    let threads: Vec<_> =
        (0..8).map(|_| std::thread::spawn(|| guest("hostile-unreachable").unwrap())).collect();
    let paths: BTreeSet<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(paths.len(), 1);
}
