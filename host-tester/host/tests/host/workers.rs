//! Workers, configurations, and what they share.

use super::*;
use serinus_host::proxy::{ConfigureError, Request};
use std::time::Duration;

/// Logs its configuration when it gets one, and refuses one that begins with `n`.
const CONFIGURED: &str = r#"
    (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
    (import "env" "proxy_get_buffer_bytes"
        (func $get (param i32 i32 i32 i32 i32) (result i32)))
    (func (export "proxy_on_configure") (param i32) (param $size i32) (result i32)
        (drop (call $get (i32.const 7) (i32.const 0) (local.get $size) (i32.const 0) (i32.const 4)))
        (drop (call $log (i32.const 2) (i32.load (i32.const 0)) (i32.load (i32.const 4))))
        (i32.ne (i32.load8_u (i32.load (i32.const 0))) (i32.const 110)))
    (func (export "proxy_on_delete") (param i32)
        (drop (call $log (i32.const 2) (i32.const 8) (i32.const 4))))
    (data (i32.const 8) "gone")"#;

fn configured(config: &'static str) -> Result<Proxy, serinus_host::proxy::StartError> {
    let filter = compile(&module(CONFIGURED)).unwrap();
    let plugin = Plugin::new(&filter).name("guest").config(config);
    Proxy::builder().workers(2).plugin(plugin).start()
}

#[test]
fn a_throw_away_vm_the_main_thread_and_every_worker_are_configured() {
    let proxy = configured("one").unwrap();
    let seen: Vec<_> = proxy.logs().into_iter().map(|line| (line.worker, line.text)).collect();
    assert_eq!(seen, [0, 0, 1, 2].map(|worker| (worker, "one".to_owned())));
}

#[test]
fn a_refused_configuration_changes_nothing_and_at_start_ends_it() {
    let mut proxy = configured("one").unwrap();
    proxy.take_logs();
    assert_eq!(proxy.configure("guest", b"no"), Err(ConfigureError::Configuration));
    assert_eq!(lines(&proxy), ["no"]);
    let unknown = proxy.configure("other", b"two");
    assert_eq!(unknown, Err(ConfigureError::NoPlugin("other".to_owned())));
    let error = configured("no").err().unwrap();
    let said =
        "plugin \"guest\": the plugin refused its configuration; its log says why\n    [info] no";
    assert_eq!(error.to_string(), said);
    assert_eq!((error.plugin.as_str(), error.refused), ("guest", ConfigureError::Configuration));
}

#[test]
fn an_old_configuration_goes_when_its_last_stream_is_over() {
    let mut proxy = configured("one").unwrap();
    let mut request = Request::get("/");
    request.worker = Some(1);
    proxy.take_logs();
    proxy.behave("up", Behaviour::status(200));
    let id = proxy.begin(request);
    assert_eq!(id, 1);
    proxy.configure("guest", b"two").unwrap();
    let gone = |proxy: &Proxy| lines(proxy).iter().filter(|line| *line == "gone").count();
    // There is no route here: the stream is over at once, and its context gone too.
    proxy.advance(Duration::from_secs(1));
    assert_eq!(gone(&proxy), 4, "{:?}", lines(&proxy));
}

#[test]
fn the_same_configuration_again_is_no_change() {
    let mut proxy = configured("one").unwrap();
    proxy.take_logs();
    proxy.configure("guest", b"one").unwrap();
    assert!(lines(&proxy).is_empty());
}
