//! What a module can import and must export.

use super::*;
#[test]
fn all_imports_that_cannot_be_had_are_named_at_once() {
    let text = module(
        r#"(import "env" "abort" (func))
           (import "env" "proxy_log" (func (param i32)))
           (import "env" "proxy_continue_request" (func (result i32)))"#,
    );
    let error = compile(&text).unwrap_err();
    let LoadError::Imports(problems) = error else { unreachable!("{error}") };
    let seen: Vec<_> = problems.iter().map(|p| (p.name.as_str(), p.differs)).collect();
    let expected = [("abort", false), ("proxy_log", true), ("proxy_continue_request", true)];
    assert_eq!(seen, expected);
}

#[test]
fn what_is_no_filter_says_why() {
    assert!(matches!(compile("(module)"), Err(LoadError::NoAbiVersion)));
    let bare = r#"(module (func (export "proxy_abi_version_0_2_0")))"#;
    assert!(matches!(compile(bare), Err(LoadError::NoAllocator)));
    let garbage = Filter::compile(engine(), b"no wasm");
    assert!(matches!(garbage, Err(LoadError::Invalid(_))));
}
