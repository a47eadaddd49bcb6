//! `SOUND` has no findings. Every case changes one thing in it and gives exactly one finding, so each finding is there
//! for its cause and gone without it.

mod hostile;

use super::*;
use crate::abi::envoy::Version;
use crate::abi::table;

const SOUND: &str = r#"(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_property" (func $property (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "_initialize"))
  (func (export "proxy_on_context_create") (param i32 i32)
    (drop (call $log (i32.const 2) (i32.const 0) (i32.const 0))))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (drop (call $property (i32.const 0) (i32.const 4) (i32.const 8) (i32.const 12)))
    (i32.const 0))
)"#;

const ABI: &str = "(func (export \"proxy_abi_version_0_2_1\"))";
const MALLOC: &str = "(func (export \"malloc\") (param i32) (result i32) (i32.const 1024))";
const START: &str = "(func (export \"_initialize\"))";
const MEMORY: &str = "(memory (export \"memory\") 1)";
const CREATE: &str = "(func (export \"proxy_on_context_create\") (param i32 i32)";

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn codes(bytes: &[u8], envoy: &str) -> Vec<&'static str> {
    let envoy = envoy.parse().unwrap();
    lint(bytes, envoy).findings.iter().map(|finding| finding.code).collect()
}

/// `SOUND` with one thing changed.
fn changed(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(SOUND.matches(from).count(), 1, "{from}");
    wasm(&SOUND.replace(from, to))
}

/// `SOUND` with an import more.
fn importing(import: &str) -> Vec<u8> {
    changed(MEMORY, &format!("(import {import}) {MEMORY}"))
}

/// `SOUND` with something else more.
fn with(more: &str) -> Vec<u8> {
    changed(ABI, &format!("{ABI} {more}"))
}

fn only(bytes: &[u8]) -> Finding {
    let findings = lint(bytes, Versions::KNOWN).findings;
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.into_iter().next().unwrap()
}

#[test]
fn a_sound_module_has_no_findings_on_any_version() {
    assert_eq!(lint(&wasm(SOUND), Versions::KNOWN).findings, []);
    let facts = lint(&wasm(SOUND), Versions::KNOWN).facts.unwrap();
    assert_eq!((facts.abi.as_deref(), facts.memory_bytes), (Some("0.2.1"), 65_536));
    assert_eq!((facts.bytes, facts.data_bytes), (wasm(SOUND).len(), 0));
}

#[test]
fn each_import_that_no_envoy_serves_names_its_origin() {
    for (import, word) in [
        (r#""__wbindgen_placeholder__" "__wbindgen_throw" (func (param i32 i32))"#, "wasm-bindgen"),
        (r#""env" "__wbg_now_1" (func (result f64))"#, "wasm-bindgen"),
        (r#""gojs" "runtime.wasmExit" (func (param i32))"#, "JavaScript runtime of Go"),
        (r#""env" "abort" (func (param i32 i32 i32 i32))"#, "AssemblyScript"),
        (r#""env" "emscripten_get_now" (func (result f64))"#, "Emscripten"),
        (r#""env" "invoke_vi" (func (param i32 i32))"#, "Emscripten"),
        (r#""env" "__memory_base" (global i32)"#, "dynamic linking"),
        (r#""env" "memcpy" (func (param i32 i32 i32) (result i32))"#, "left undefined"),
        (r#""env" "proxy_redis_call" (func (result i32))"#, "proxy functions"),
        (
            r#""wasi_snapshot_preview1" "proc_raise" (func (param i32) (result i32))"#,
            "WASI functions",
        ),
        (r#""wasi:io/poll@0.2.0" "poll" (func)"#, "WASI other than"),
        (r#""http_handler" "log" (func (param i32))"#, "http-wasm"),
        (r#""mine" "f" (func)"#, "no proxy-wasm host"),
    ] {
        let finding = only(&importing(import));
        assert_eq!((finding.severity, finding.code), (Severity::Error, "missing-import"));
        assert!(finding.problem.contains(word), "{import}: {}", finding.problem);
    }
}

#[test]
fn a_misspelt_import_is_recognised() {
    let finding = only(&importing(r#""env" "proxy_get_propertys" (func)"#));
    assert_eq!(finding.remedy.unwrap(), "did you mean `proxy_get_property`?");
}

#[test]
fn imports_of_one_origin_are_one_finding() {
    let imports: String =
        (0..50).map(|n| format!("(import \"wbg\" \"__wbg_f{n}\" (func)) ")).collect();
    let finding = only(&changed(MEMORY, &format!("{imports}{MEMORY}")));
    assert_eq!((finding.names.len(), finding.count), (12, 50));
}

#[test]
fn wasi_depends_on_the_version() {
    let yields = importing(r#""wasi_snapshot_preview1" "sched_yield" (func (result i32))"#);
    let stats =
        importing(r#""wasi_unstable" "fd_filestat_get" (func (param i32 i32) (result i32))"#);
    assert_eq!(only(&yields).envoy.to_string(), "1.32");
    assert_eq!(only(&stats).envoy.to_string(), "1.32..1.38");
    assert_eq!(codes(&stats, "1.36..1.40"), ["newer-import"]);
    assert!(codes(&stats, "1.39..1.40").is_empty() && codes(&yields, "1.33").is_empty());
}

#[test]
fn every_row_of_the_tables_may_be_imported_and_exported() {
    for abi in AbiVersion::ALL {
        let of = |functions: &[table::HostFunction], module: &str| -> String {
            let functions = functions.iter().filter(|function| function.abis.contains(abi));
            functions
                .map(|f| {
                    format!("(import {module:?} {:?} (func {}))", f.name, ty(f.params, f.results))
                })
                .collect()
        };
        let callbacks = table::CALLBACKS.iter().filter(|callback| callback.abis.contains(abi));
        let callbacks: String = callbacks
            .map(|c| {
                format!("(func (export {:?}) {} unreachable)", c.name, ty(c.params, c.results))
            })
            .collect();
        let module = wasm(&format!(
            "(module {} {} {} {MEMORY} (func (export {:?})) {MALLOC} {START} {callbacks})",
            of(table::ENV, "env"),
            of(table::WASI, "wasi_snapshot_preview1"),
            of(table::WASI, "wasi_unstable"),
            abi.export(),
        ));
        assert_eq!(codes(&module, "1.39..1.40"), ["every-callback"], "{abi}");
    }
}

fn ty(params: &[table::Ty], results: &[table::Ty]) -> String {
    let params: String = params.iter().map(|ty| format!("(param {ty}) ")).collect();
    params + &results.iter().map(|ty| format!("(result {ty}) ")).collect::<String>()
}

#[test]
fn one_change_gives_one_finding() {
    let configure = |returns| {
        with(&format!(
            "(func (export \"proxy_on_configure\") (param i32 i32) (result i32) (i32.const {returns}))"
        ))
    };
    let cases = [
        ("import-signature", importing(r#""env" "proxy_done" (func (param i64) (result i32))"#)),
        ("import-signature", importing(r#""wasi_unstable" "fd_write" (func)"#)),
        ("other-abi-import", importing(r#""env" "proxy_get_configuration" (func (param i32 i32) (result i32))"#)),
        ("imported-tag", importing(r#""env" "tag" (tag (param i32))"#)),
        ("imported-table", importing(r#""env" "table" (table 1 funcref)"#)),
        ("no-abi-version", changed(ABI, "")),
        ("unknown-abi-version", changed("_0_2_1\"", "_0_3_0\"")),
        ("unknown-abi-version", changed(ABI, "(global (export \"proxy_abi_version_0_2_1\") i32 (i32.const 0))")),
        ("several-abi-versions", with("(func (export \"proxy_abi_version_0_2_0\"))")),
        ("no-allocator", changed(MALLOC, "")),
        ("export-signature", changed(MALLOC, "(func (export \"malloc\") (result i32) (i32.const 0))")),
        ("no-memory", changed(MEMORY, "(memory 1)")),
        ("several-memories", changed(MEMORY, &format!("{MEMORY} (export \"second\" (memory 0))"))),
        ("no-context-create", changed(CREATE, "(func (param i32 i32)")),
        ("export-signature", with("(func (export \"proxy_on_log\") (param i32) (result i32) unreachable)")),
        ("unknown-callback", with("(func (export \"proxy_on_start\") unreachable)")),
        ("unknown-callback", with("(func (export \"proxy_on_logs\") unreachable)")),
        ("uncalled-callback", with("(func (export \"proxy_on_grpc_create_initial_metadata\") unreachable)")),
        ("no-start", changed(START, "")),
        ("start-ignored", with("(func (export \"_start\") unreachable)")),
        ("start-ignored", changed("\"_initialize\"", "\"main\"")),
        ("export-signature", changed(START, "(func (export \"_start\") (param i32))")),
        ("traps-at-start", changed(START, "(func (export \"_initialize\") (call $dies)) (func $dies unreachable)")),
        ("traps-at-start", with("(func $dies unreachable) (start $dies)")),
        ("denied-at-start", changed(START, "(func (export \"_initialize\") (call $early)) (func $early
            (drop (call $property (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))")),
        ("host-call-in-start-section", with("(func $early (drop (call $log (i32.const 0) (i32.const 0) (i32.const 0)))) (start $early)")),
        ("always-refuses", configure(0)),
        ("idle-callback", with("(func (export \"proxy_on_log\") (param i32))")),
        ("idle-callback", with("(func (export \"proxy_on_done\") (param i32) (result i32) (call $yes (local.get 0)))
            (func $yes (param i32) (result i32) (drop (i32.const 7)) (i32.const 1))")),
        ("unread-sections", with(&format!("(@custom \".debug_info\" \"{}\")", "x".repeat(5000)))),
        ("unsupported-feature", with("(func (param i64 i64 i64 i64) (result i64 i64)
            (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))")),
        ("unsupported-feature", changed(MEMORY, "(memory (export \"memory\") 1 1 (pagesize 1))")),
        ("newer-feature", with("(func $f (return_call $f))")),
        ("newer-feature", with("(memory 1)")),
        ("component", wasm("(component)")),
        ("not-wasm", Vec::new()),
        ("not-wasm", SOUND.as_bytes().to_vec()),
        ("invalid-module", wasm(SOUND)[..100].to_vec()),
        ("invalid-module", changed("(i32.const 1024)", "(i64.const 1024)")),
    ];
    for (code, module) in cases {
        assert_eq!(codes(&module, "1.32..1.40"), [code]);
    }
    assert!(codes(&configure(1), "1.32..1.40").is_empty());
    assert!(codes(&with("(func $f (return_call $f))"), "1.35..1.40").is_empty());
}

#[test]
fn a_module_without_callbacks_is_never_called() {
    let module = wasm(&format!("(module {MEMORY} {ABI} {MALLOC} {START})"));
    assert_eq!(only(&module).code, "no-callbacks");
}

#[test]
fn the_other_abi_of_a_signature_is_named() {
    let finding = only(&changed(
        "(param i32 i32 i32) (result i32)\n    (drop (call $property",
        "(param i32 i32) (result i32)\n    (drop (call $property",
    ));
    assert_eq!(
        finding.remedy.unwrap(),
        "this is its signature in ABI 0.1.0: export `proxy_abi_version_0_1_0` instead"
    );
}

#[test]
fn only_calls_that_can_happen_count() {
    let tick =
        r#""env" "proxy_set_tick_period_milliseconds" (func $tick (param i32) (result i32))"#;
    let with = |more: &str| changed(MEMORY, &format!("(import {tick}) {MEMORY} {more}"));
    let call = "(drop (call $tick (i32.const 1000)))";
    // The import alone proves nothing, nor does a function that nobody calls.
    assert!(codes(&with(""), "1.40").is_empty());
    assert!(codes(&with(&format!("(func $dead {call})")), "1.40").is_empty());
    // Through an export, a table or a reference it may be called.
    let exported = format!("(func (export \"x\") (call $f)) (func $f {call})");
    let in_table = format!("(func $f {call}) (table 1 funcref) (elem (i32.const 0) func $f)");
    let referred = format!("(func $f {call}) (global funcref (ref.func $f))");
    for module in [exported, in_table, referred] {
        assert_eq!(codes(&with(&module), "1.40"), ["no-answer"], "{module}");
        let answered =
            format!("{module} (func (export \"proxy_on_tick\") (param i32) unreachable)");
        assert!(codes(&with(&answered), "1.40").is_empty(), "{module}");
    }
}

#[test]
fn what_follows_a_branch_is_not_certain() {
    for body in [
        "(if (global.get $g) (then unreachable))",
        "(block (br_if 0 (global.get $g)) unreachable)",
        "(call $maybe) unreachable",
    ] {
        let module = changed(
            START,
            &format!(
                "(global $g (mut i32) (i32.const 0)) (func (export \"_initialize\") {body})
                 (func $maybe (if (global.get $g) (then (loop (br 0)))))"
            ),
        );
        assert!(codes(&module, "1.40").is_empty(), "{body}");
    }
}

#[test]
fn a_callback_that_may_do_something_is_not_idle() {
    for body in [
        "(i32.const 1)",
        "(local.get 0)",
        "(global.set $g (i32.const 1)) (i32.const 0)",
        "(i32.store (i32.const 0) (i32.const 0)) (i32.const 0)",
        "(call $log (i32.const 0) (i32.const 0) (i32.const 0))",
        "(call $deep (local.get 0))",
    ] {
        let module = with(&format!(
            "(global $g (mut i32) (i32.const 0))
             (func $deep (param i32) (result i32) (call $deep (local.get 0)))
             (func (export \"proxy_on_request_trailers\") (param i32 i32) (result i32) {body})"
        ));
        assert!(codes(&module, "1.40").is_empty(), "{body}");
    }
}

fn naming(data: &str) -> Vec<&'static str> {
    codes(&with(data), "1.32..1.40")
}

#[test]
fn a_removed_property_is_found_in_every_way_of_writing_literals() {
    for data in [
        // C: ended by NUL.
        r#"(data (i32.const 64) "a\00cluster_name\00b")"#,
        r#"(data (i32.const 64) "node\00id\00")"#,
        // AssemblyScript: UTF-16, the length before it.
        r#"(data (i32.const 64) "\08\00\00\00n\00o\00d\00e\00")"#,
        // Rust: pointer and length in the data,
        r#"(data (i32.const 64) "xnodey") (data (i32.const 128) "\41\00\00\00\04\00\00\00")"#,
        // or in the code, apart or at once.
        r#"(data (i32.const 64) "xnodey") (func (export "f") (drop (i32.const 65)) (drop (i32.const 4)))"#,
        r#"(data (i32.const 64) "xnodey") (func (export "f") (drop (i64.const 0x400000041)))"#,
    ] {
        assert_eq!(naming(data), ["removed-property"], "{data}");
        assert!(codes(&with(data), "1.32").is_empty(), "{data}");
    }
}

#[test]
fn the_bytes_of_a_word_alone_are_no_literal() {
    for data in [
        r#"(data (i32.const 64) "x-cluster_names")"#,
        r#"(data (i32.const 64) "a\00the cluster_name is wrong\00")"#,
        // Another length, another address, another function.
        r#"(data (i32.const 64) "xnodey") (data (i32.const 128) "\41\00\00\00\05\00\00\00")"#,
        r#"(data (i32.const 64) "xnodey") (data (i32.const 128) "\40\00\00\00\04\00\00\00")"#,
        r#"(data (i32.const 64) "xnodey") (func (drop (i32.const 65))) (func (drop (i32.const 4)))"#,
        // UTF-16 of another length.
        r#"(data (i32.const 64) "\0a\00\00\00n\00o\00d\00e\00")"#,
        // Below `xds`, or as a fallback for it.
        r#"(data (i32.const 64) "xds\00cluster_name\00")"#,
        r#"(data (i32.const 64) "\00xds\00node\00")"#,
        r#"(data (i32.const 64) "a\00cluster_name\00xds\00cluster_name\00")"#,
    ] {
        assert!(naming(data).is_empty(), "{data}");
    }
    // Who cannot read a property has other uses for the word.
    let unread = SOUND.replace("(drop (call $property", "(drop (call $other").replace(
        ABI,
        &format!(r#"{ABI} (data (i32.const 64) "a\00node\00") (func $other (param i32 i32 i32 i32) (result i32) unreachable)"#),
    );
    assert!(codes(&wasm(&unread), "1.40").is_empty());
}

#[test]
fn the_worst_comes_first() {
    let module = changed(START, "(func (export \"proxy_on_logs\"))");
    let module = wasm(&wasm_text(&module).replace("\"malloc\"", "\"mallok\""));
    let severities: Vec<Severity> =
        lint(&module, Versions::KNOWN).findings.iter().map(|f| f.severity).collect();
    assert_eq!(severities, [Severity::Error, Severity::Warning, Severity::Note]);
}

/// The text that `changed` made the module from.
fn wasm_text(module: &[u8]) -> String {
    let text = SOUND.replace(START, "(func (export \"proxy_on_logs\"))");
    assert_eq!(wasm(&text), module);
    text
}

#[test]
fn versions_are_those_that_were_asked_for() {
    let envoy = Versions { first: Version::minor(36), last: Version::minor(37) };
    let findings = lint(&changed(MALLOC, ""), envoy).findings;
    assert_eq!(findings.first().unwrap().envoy, envoy);
}
