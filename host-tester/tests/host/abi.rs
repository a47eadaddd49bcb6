//! What a module can import and must export.

use super::*;
use serinus_host::abi::AbiVersion;
use serinus_host::abi::table::{ENV, HostFunction, Ty, WASI, WASI_MODULES};
use std::fmt::Write;

fn types(types: &[Ty]) -> String {
    types.iter().map(|ty| format!(" {ty}")).collect()
}

fn import(out: &mut String, module: &str, function: &HostFunction) {
    let HostFunction { name, params, results, .. } = function;
    let (params, results) = (types(params), types(results));
    writeln!(out, r#"(import "{module}" "{name}" (func (param{params}) (result{results})))"#)
        .unwrap();
}

#[test]
fn every_function_that_envoy_serves_is_served() {
    for abi in AbiVersion::ALL {
        let mut imports = String::new();
        let env = ENV.iter().filter(|function| function.abis.contains(abi));
        env.for_each(|function| import(&mut imports, "env", function));
        for module in WASI_MODULES {
            WASI.iter().for_each(|function| import(&mut imports, module, function));
        }
        let text = module(&imports).replace("proxy_abi_version_0_2_1", abi.export());
        assert_eq!(compile(&text).unwrap().abi_version(), *abi);
    }
}

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
