//! Small modules, each with one thing to keep and one to lose.

use wasmi::{Caller, Engine, Linker, Module, Store};

use super::{PackError, pack};

/// Two callbacks, each with a helper and an import of its own; the kept one also calls through the table.
const FILTER: &str = r#"
(module
  (type $count (func (result i32)))
  (type $wide (func (param i64 i64 i64)))
  (import "env" "proxy_log_unused" (func $dead (type $wide)))
  (import "env" "proxy_answer" (func $answer (type $count)))
  (memory (export "memory") 1)
  (table funcref (elem $by_table))
  (global $unused (mut i32) (i32.const 7))
  (global $base i32 (i32.const 1))
  (export "__heap_base" (global $base))
  (func $by_table (result i32) (i32.const 40))
  (func $helper (result i32) (i32.add (call $answer) (call_indirect (type $count) (i32.const 0))))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_grpc_close")
    (global.set $unused (i32.const 1)) (call $dead (i64.const 1) (i64.const 2) (i64.const 3)))
  (func (export "proxy_on_done") (result i32) (i32.const 1))
  (func (export "proxy_on_log") (result i32) (call $helper))
  (@custom "producers" "\00")
  (@custom "target_features" "\00"))
"#;

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn keep(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn imports(bytes: &[u8]) -> Vec<String> {
    let module = walrus::Module::from_buffer(bytes).unwrap();
    module.imports.iter().map(|import| import.name.clone()).collect()
}

/// Read from the bytes: walrus adds types of its own to what it has parsed.
fn types(bytes: &[u8]) -> u32 {
    let sections = wasmparser::Parser::new(0).parse_all(bytes);
    let count = |section| match section {
        Ok(wasmparser::Payload::TypeSection(types)) => Some(types.count()),
        _ => None,
    };
    sections.filter_map(count).sum()
}

#[test]
fn an_unused_export_goes_with_everything_that_only_it_reached() {
    let packed = pack(&wasm(FILTER), &[]).unwrap();
    let module = walrus::Module::from_buffer(&packed.module).unwrap();

    assert_eq!(packed.kept, ["memory", "proxy_abi_version_0_2_1", "proxy_on_log"]);
    assert_eq!(packed.dropped, ["__heap_base", "proxy_on_grpc_close", "proxy_on_done"]);
    assert_eq!(imports(&packed.module), ["proxy_answer"]);
    assert_eq!(
        module.funcs.iter().count(),
        5,
        "proxy_answer, by_table, helper, proxy_abi_version, proxy_on_log"
    );
    assert_eq!(types(&packed.module), 2, "the wide type has gone");
    assert_eq!(module.globals.iter().count(), 0);
    assert_eq!(module.customs.iter().count(), 0);
}

#[test]
fn what_is_kept_still_runs() {
    let packed = pack(&wasm(FILTER), &[]).unwrap();
    let engine = Engine::default();
    let module = Module::new(&engine, &packed.module[..]).unwrap();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("env", "proxy_answer", |_: Caller<'_, ()>| 2_i32).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();

    let log = instance.get_typed_func::<(), i32>(&store, "proxy_on_log").unwrap();
    assert_eq!(
        log.call(&mut store, ()).unwrap(),
        42,
        "an import and a table entry, both renumbered"
    );
}

#[test]
fn keep_names_one_more_export() {
    let packed = pack(&wasm(FILTER), &keep(&["proxy_on_grpc_close"])).unwrap();

    assert!(packed.kept.contains(&"proxy_on_grpc_close".to_owned()));
    assert_eq!(packed.dropped, ["__heap_base", "proxy_on_done"]);
    assert_eq!(imports(&packed.module), ["proxy_log_unused", "proxy_answer"]);
}

#[test]
fn packing_twice_changes_nothing() {
    let once = pack(&wasm(FILTER), &[]).unwrap();
    let twice = pack(&once.module, &[]).unwrap();

    assert_eq!(once.module, twice.module);
    assert!(twice.dropped.is_empty());
}

#[test]
fn a_misspelt_keep_names_what_there_is() {
    let error = pack(&wasm(FILTER), &keep(&["proxy_on_doen"])).unwrap_err();

    assert!(error.to_string().contains("--keep proxy_on_doen"), "{error}");
    assert!(error.to_string().contains("proxy_on_done"), "{error}");
}

#[test]
fn what_is_no_module_is_refused() {
    for bytes in [&b""[..], b"#!/bin/sh", b"\0asm", b"\0asm\x01\0\0\0\xff"] {
        assert!(matches!(pack(bytes, &[]), Err(PackError::NotWasm { .. })), "{bytes:?}");
    }
}

#[test]
fn a_component_is_refused() {
    assert!(matches!(pack(b"\0asm\x0d\0\x01\0", &[]), Err(PackError::NotWasm { .. })));
}

#[test]
fn a_module_that_is_no_filter_is_refused() {
    let no_memory = wasm(r#"(module (func (export "proxy_abi_version_0_2_1")))"#);
    assert_eq!(pack(&no_memory, &[]).unwrap_err(), PackError::NotAFilter { missing: "memory" });

    let no_version = wasm(r#"(module (memory (export "memory") 1))"#);
    assert_eq!(
        pack(&no_version, &[]).unwrap_err(),
        PackError::NotAFilter { missing: "proxy_abi_version_*" }
    );
}

#[test]
fn an_invalid_module_is_refused() {
    let unbalanced = wasm(
        r#"(module (memory (export "memory") 1) (func (export "proxy_abi_version_0_2_1") i32.add))"#,
    );
    assert!(matches!(pack(&unbalanced, &[]), Err(PackError::NotWasm { .. })));
}
