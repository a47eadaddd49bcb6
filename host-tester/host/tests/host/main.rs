//! The host, on small modules written as text.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

mod abi;
mod clock;
mod dangers;
mod examples;
mod failures;
mod foreign;
mod grpc;
mod races;
mod rooms;
mod tcp;
mod workers;

use serinus_host::engine::{Engine, EngineOptions};
use serinus_host::filter::{Filter, LoadError};
use serinus_host::proxy::{Builder, Plugin, Proxy};
use serinus_host::upstream::{Behaviour, Cluster, Route};
use std::sync::OnceLock;

/// One runtime for all tests of the process.
fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(&EngineOptions::default()).unwrap())
}

/// A module of ABI 0.2.1 with two pages, an allocator from 64 KiB on, and this body.
fn module(body: &str) -> String {
    format!(
        r#"(module {body}
            (memory (export "memory") 2)
            (global $next (mut i32) (i32.const 65536))
            (func (export "proxy_abi_version_0_2_1"))
            (func (export "proxy_on_memory_allocate") (param i32) (result i32)
                (local $here i32)
                (local.set $here (global.get $next))
                (global.set $next (i32.add (global.get $next) (local.get 0)))
                (if (i32.gt_u (global.get $next) (i32.const 130000))
                    (then (global.set $next (i32.const 65536))))
                (local.get $here)))"#
    )
}

/// A function that logs a text and behind it a number of two digits.
const NOTE: &str = r#"
    (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
    (func $note (param $at i32) (param $len i32) (param $n i32)
        (memory.copy (i32.const 8192) (local.get $at) (local.get $len))
        (i32.store8 (i32.add (i32.const 8192) (local.get $len))
            (i32.add (i32.const 48) (i32.div_u (local.get $n) (i32.const 10))))
        (i32.store8 (i32.add (i32.const 8193) (local.get $len))
            (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10))))
        (drop (call $log (i32.const 2) (i32.const 8192) (i32.add (local.get $len) (i32.const 2)))))"#;

/// The lines that the guests have logged.
fn said(proxy: &mut Proxy) -> Vec<String> {
    proxy.take_logs().into_iter().map(|line| line.text).collect()
}

fn compile(text: &str) -> Result<Filter, LoadError> {
    Filter::compile(engine(), &wat::parse_str(text).unwrap())
}

/// A proxy with one cluster behind one filter.
fn with_filter(body: &str) -> Builder {
    let filter = compile(&module(body)).unwrap();
    Proxy::builder()
        .plugin(Plugin::new(&filter).name("guest"))
        .route(Route::to("up"))
        .cluster("up", Cluster::new(Behaviour::body("hello")))
}

/// The log, line by line.
fn lines(proxy: &Proxy) -> Vec<String> {
    proxy.logs().into_iter().map(|line| line.text).collect()
}
