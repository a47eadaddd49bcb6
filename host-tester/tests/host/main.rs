//! The host, on small modules written as text.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

mod abi;

use serinus_host::engine::{Engine, EngineOptions};
use serinus_host::filter::{Filter, LoadError};
use std::sync::OnceLock;

/// One runtime for all tests of the process.
fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(&EngineOptions::default()).unwrap())
}

/// A module of ABI 0.2.1 with an allocator and this body.
fn module(body: &str) -> String {
    format!(
        r#"(module {body}
            (memory (export "memory") 2)
            (global $next (mut i32) (i32.const 65536))
            (func (export "proxy_abi_version_0_2_1"))
            (func (export "proxy_on_memory_allocate") (param i32) (result i32)
                global.get $next
                global.get $next local.get 0 i32.add global.set $next))"#
    )
}

fn compile(text: &str) -> Result<Filter, LoadError> {
    Filter::compile(engine(), &wat::parse_str(text).unwrap())
}
