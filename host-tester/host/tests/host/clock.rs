//! Virtual time.

use super::*;
use serinus_host::proxy::Request;
use std::time::{Duration, Instant};

/// Ticks every 250 ms, and counts them.
const TICKING: &str = r#"
    (import "env" "proxy_set_tick_period_milliseconds" (func $every (param i32) (result i32)))
    (import "env" "proxy_define_metric" (func $define (param i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_increment_metric" (func $increment (param i32 i64) (result i32)))
    (data (i32.const 0) "ticks")
    (func (export "proxy_on_configure") (param i32 i32) (result i32)
        (drop (call $define (i32.const 0) (i32.const 0) (i32.const 5) (i32.const 16)))
        (drop (call $every (i32.const 250)))
        (i32.const 1))
    (func (export "proxy_on_tick") (param i32)
        (drop (call $increment (i32.load (i32.const 16)) (i64.const 1))))"#;

#[test]
fn a_day_of_ticks_on_main_and_two_workers_takes_no_day() {
    let mut proxy = with_filter(TICKING).workers(2).start().unwrap();
    let began = Instant::now();
    proxy.advance(Duration::from_secs(24 * 3600));
    assert_eq!(proxy.metric("ticks"), Some(3 * 4 * 24 * 3600));
    assert_eq!(proxy.elapsed(), Duration::from_secs(24 * 3600));
    assert!(began.elapsed() < Duration::from_secs(600));
}

#[test]
fn the_same_seed_gives_the_same_exchanges_and_another_gives_others() {
    let play = |seed| {
        let mut proxy = with_filter("").workers(4).seed(seed).start().unwrap();
        let exchanges: Vec<_> = (0..50).map(|_| proxy.send(Request::get("/"))).collect();
        format!("{exchanges:?}")
    };
    assert_eq!(play(1), play(1));
    assert_ne!(play(1), play(2));
}

#[test]
fn a_stream_on_which_nothing_moves_is_ended_after_five_minutes() {
    let pauses = r#"
        (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 1))"#;
    let mut proxy = with_filter(pauses).start().unwrap();
    let exchange = proxy.send(Request::get("/")).unwrap();
    assert_eq!(exchange.status(), Some(504));
    assert_eq!(exchange.details.as_deref(), Some("stream_idle_timeout"));
    assert_eq!(exchange.flags.to_string(), "SI");
    assert_eq!(exchange.ended - exchange.began, 300_000_000_000);
}
