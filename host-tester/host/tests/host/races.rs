//! Interleavings of workers, explored by seed.

use super::*;
use serinus_host::proxy::Request;

/// Every request adds one to a number in shared data: read, add, write. With `checked` it writes with the
/// number that it read, and tries again if somebody was faster. Where there is nothing yet it writes with one
/// that cannot be: 0 would overwrite what another worker has just created, in Envoy too.
fn counting(checked: bool) -> String {
    let (cas, again) = if checked {
        ("(i32.load (i32.const 8))", "(br_if $again (i32.eq (local.get $status) (i32.const 8)))")
    } else {
        ("(i32.const 0)", "")
    };
    format!(
        r#"
        (import "env" "proxy_get_shared_data" (func $get (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_set_shared_data" (func $set (param i32 i32 i32 i32 i32) (result i32)))
        (data (i32.const 32) "k")
        (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
            (local $status i32)
            (loop $again
                (i32.store (i32.const 8) (i32.const -1))
                (i32.store (i32.const 16) (i32.const 0))
                (if (i32.eqz (call $get (i32.const 32) (i32.const 1) (i32.const 0) (i32.const 4)
                        (i32.const 8)))
                    (then (i32.store (i32.const 16) (i32.load (i32.load (i32.const 0))))))
                (i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (i32.const 1)))
                (local.set $status (call $set (i32.const 32) (i32.const 1) (i32.const 16)
                    (i32.const 4) {cas}))
                {again})
            (i32.const 0))"#
    )
}

/// What is counted when 200 requests come to two workers, two at a time.
fn counted(checked: bool, seed: u64, races: f64) -> u32 {
    let proxy = with_filter(&counting(checked)).workers(2).seed(seed).races(races);
    let mut proxy = proxy.start().unwrap();
    for _ in 0..100 {
        proxy.begin_later(Request::get("/").worker(1), std::time::Duration::from_millis(1));
        proxy.begin_later(Request::get("/").worker(2), std::time::Duration::from_millis(1));
        proxy.advance(std::time::Duration::from_millis(10));
    }
    let data = proxy.shared_data();
    let value = data.get("", b"k").unwrap();
    u32::from_le_bytes(value.try_into().unwrap())
}

#[test]
fn without_interruptions_nothing_is_lost() {
    assert_eq!(counted(false, 1, 0.0), 200);
}

#[test]
fn a_lost_update_is_found_and_found_again() {
    let lost: Vec<_> = (1..=5).map(|seed| counted(false, seed, 0.5)).collect();
    assert!(lost.iter().any(|counted| *counted < 200), "{lost:?}");
    let again: Vec<_> = (1..=5).map(|seed| counted(false, seed, 0.5)).collect();
    assert_eq!(lost, again);
}

#[test]
fn compare_and_swap_loses_nothing() {
    (1..=5).for_each(|seed| assert_eq!(counted(true, seed, 0.5), 200, "seed {seed}"));
}
