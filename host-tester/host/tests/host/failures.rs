//! Modules that die.

use super::*;
use serinus_host::process::Limits;
use serinus_host::proxy::{FailurePolicy, Request};
use serinus_host::vm::FailureKind;
use std::time::Duration;

/// Does this to every request.
fn on_request(body: &str) -> String {
    format!(
        r#"(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
            {body} (i32.const 0))"#
    )
}

/// The first failure that one request causes.
fn failure(body: &str) -> (FailureKind, &'static str) {
    let limits = Limits::default().fuel(1_000_000).memory(4 << 20);
    let mut proxy = with_filter(body).limits(limits).start().unwrap();
    let exchange = proxy.send(Request::get("/")).unwrap();
    assert_eq!(exchange.status(), Some(503));
    assert_eq!(exchange.details.as_deref(), Some("wasm_fail_stream"));
    let failures = proxy.failures();
    let first = failures.first().unwrap();
    (first.kind.clone(), first.callback)
}

#[test]
fn a_loop_is_reported_with_its_callback_and_its_fuel() {
    let (kind, callback) = failure(&on_request("(loop $for_ever (br $for_ever))"));
    assert_eq!(kind, FailureKind::OutOfFuel { fuel: 1_000_000 });
    assert_eq!(callback, "proxy_on_request_headers");
}

#[test]
fn a_deadline_ends_what_fuel_would_not() {
    let options = EngineOptions::default().deadline(Duration::from_millis(50));
    let engine = Engine::new(&options).unwrap();
    let text = module(&on_request("(loop $for_ever (br $for_ever))"));
    let filter = Filter::compile(&engine, &wat::parse_str(text).unwrap()).unwrap();
    let limits = Limits::default().fuel(u64::MAX);
    let proxy = Proxy::builder().plugin(Plugin::new(&filter)).limits(limits);
    let mut proxy = proxy.start().unwrap();
    proxy.send(Request::get("/")).unwrap();
    assert_eq!(proxy.failures().first().unwrap().kind, FailureKind::Deadline { ms: 50 });
}

#[test]
fn recursion_without_end_is_told_from_a_loop() {
    let body = format!("(func $again (call $again)) {}", on_request("(call $again)"));
    // Fuel may be used up before the stack is: with plenty of fuel it is the stack.
    let limits = Limits::default().fuel(u64::MAX);
    let mut proxy = with_filter(&body).limits(limits).start().unwrap();
    proxy.send(Request::get("/")).unwrap();
    assert_eq!(proxy.failures().first().unwrap().kind, FailureKind::StackOverflow);
}

#[test]
fn memory_is_refused_beyond_the_limit_and_a_death_after_it_says_so() {
    let grow = "(if (i32.eq (memory.grow (i32.const 100)) (i32.const -1)) (then unreachable))";
    let limits = Limits::default().memory(4 << 20);
    let mut proxy = with_filter(&on_request(grow)).limits(limits).start().unwrap();
    proxy.send(Request::get("/")).unwrap();
    let failures = proxy.failures();
    assert_eq!(failures.first().unwrap().memory_refused, Some(4 << 20));
    assert!(failures.first().unwrap().to_string().contains("refused memory beyond 4 MiB"));
}

/// Traps at a request for `/trap`, whose path is as long as that of no other.
fn fragile() -> String {
    let import = r#"(import "env" "proxy_get_header_map_size"
        (func $size (param i32 i32) (result i32)))"#;
    let body = on_request(
        r#"(drop (call $size (i32.const 0) (i32.const 0)))
           (if (i32.gt_u (i32.load (i32.const 0)) (i32.const 300)) (then unreachable))"#,
    );
    format!("{import} {body}")
}

fn statuses(policy: FailurePolicy, pause: Duration) -> Vec<Option<u16>> {
    let filter = compile(&module(&fragile())).unwrap();
    let mut proxy = Proxy::builder()
        .plugin(Plugin::new(&filter).name("guest").fail(policy))
        .route(Route::to("up"))
        .cluster("up", Cluster::new(Behaviour::status(200)))
        .start()
        .unwrap();
    proxy.advance(Duration::from_secs(5));
    let long = format!("/{}", "x".repeat(300));
    ["/", &long, "/", "/"]
        .map(|path| {
            let status = proxy.send(Request::get(path)).unwrap().status();
            proxy.advance(pause);
            status
        })
        .to_vec()
}

#[test]
fn after_a_trap_the_policy_decides() {
    let second = Duration::from_secs(1);
    let (ok, failed) = (Some(200), Some(503));
    assert_eq!(statuses(FailurePolicy::Closed, second), [ok, failed, failed, failed]);
    assert_eq!(statuses(FailurePolicy::Open, second), [ok, failed, ok, ok]);
    assert_eq!(statuses(FailurePolicy::Reload, second), [ok, failed, ok, ok]);
}

#[test]
fn a_vm_is_not_reloaded_again_at_once() {
    let filter = compile(&module(&fragile())).unwrap();
    let plugin = Plugin::new(&filter).fail(FailurePolicy::Reload);
    let mut proxy = Proxy::builder()
        .plugin(plugin)
        .route(Route::to("up"))
        .cluster("up", Cluster::new(Behaviour::status(200)))
        .start()
        .unwrap();
    proxy.advance(Duration::from_secs(5));
    let long = format!("/{}", "x".repeat(300));
    let mut status = |path: &str| proxy.send(Request::get(path)).unwrap().status();
    // The first reload is free: the VM was loaded long ago. The second has to wait.
    assert_eq!([&long, "/", &long, "/"].map(&mut status), [503, 200, 503, 503].map(Some));
    proxy.advance(Duration::from_millis(1600));
    assert_eq!(proxy.send(Request::get("/")).unwrap().status(), Some(200));
}

#[test]
fn what_envoy_denies_at_the_start_is_named() {
    let body = r#"
        (import "env" "proxy_set_tick_period_milliseconds" (func $every (param i32) (result i32)))
        (func (export "_initialize") (drop (call $every (i32.const 1))))"#;
    let error = with_filter(body).start().err().unwrap().to_string();
    assert!(error.contains("proxy_set_tick_period_milliseconds"), "{error}");
    assert!(error.contains("starting"), "{error}");
}
