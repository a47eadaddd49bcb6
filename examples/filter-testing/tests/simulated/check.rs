//! Who may pass.

use super::*;
use serinus_host::proxy::ConfigureError;
use serinus_host::upstream::Kind;
use std::time::Duration;

const CONFIG: &str = r#"{"authz": "authz", "ttl_seconds": 60, "quota": 100}"#;

/// What the client gets, and which cluster was asked in the end.
fn answered(proxy: &mut Proxy, request: Request) -> (u16, Option<String>) {
    let over = proxy.send(request).unwrap();
    (over.status().unwrap(), over.asked().map(str::to_owned))
}

#[test]
fn who_has_no_token_is_turned_away_and_nobody_is_asked() {
    let mut proxy = proxy(CONFIG).start().unwrap();
    assert_eq!(answered(&mut proxy, Request::get("/")), (401, None));
    assert_eq!((proxy.next_callout(), proxy.metric("token_check.denied")), (0, Some(1)));
}

#[test]
fn an_answer_is_remembered_by_all_workers_until_its_time_is_over() {
    let mut proxy = proxy(CONFIG).workers(2).start().unwrap();
    let shop = (200, Some("shop".to_owned()));
    assert_eq!(answered(&mut proxy, with_token("ann").worker(1)), shop);
    assert_eq!(answered(&mut proxy, with_token("ann").worker(2)), shop);
    assert_eq!(proxy.next_callout(), 1, "the second worker has it from shared data");

    proxy.advance(Duration::from_secs(61));
    assert_eq!(answered(&mut proxy, with_token("ann")), shop);
    assert_eq!(proxy.next_callout(), 2);
    assert_eq!(proxy.callouts()[0].sent.headers.text("authorization"), Some("ann"));
}

#[test]
fn a_service_that_fails_gives_no_permission() {
    for (kind, status) in [
        (Kind::Hang, 503),
        (Kind::Reset, 503),
        (Kind::NoHost, 503),
        (Kind::ConnectFail, 503),
        (Behaviour::status(500).kind, 503),
        (Behaviour::status(403).kind, 403),
    ] {
        let proxy = proxy(CONFIG).cluster("authz", Cluster::new(Behaviour::of(kind.clone())));
        let mut proxy = proxy.start().unwrap();
        assert_eq!(answered(&mut proxy, with_token("ann")), (status, None), "{kind:?}");
    }
}

#[test]
fn a_token_that_is_no_text_does_not_end_the_vm() {
    let mut proxy = proxy(CONFIG).start().unwrap();
    let strange = Request::get("/").header("authorization", [0xff, 0xfe]);
    assert_eq!(answered(&mut proxy, strange), (401, None));
    assert!(proxy.failures().is_empty());
}

#[test]
fn a_configuration_with_a_mistake_leaves_the_old_one_in_place() {
    let mut proxy = proxy(CONFIG).start().unwrap();
    let refused = proxy.configure("token-check", br#"{"authz": "authz", "ttl": 60}"#);
    assert_eq!(refused, Err(ConfigureError::Configuration));
    assert_eq!(answered(&mut proxy, with_token("ann")).0, 200);
}
