//! gRPC callouts: what comes, in which order, and what it says.

use super::*;
use serinus_host::proxy::{Plugin, Request};
use serinus_host::upstream::{Answer, Behaviour, Cluster, Kind, Latency, Route};
use std::time::Duration;

/// A filter that makes a callout for each request, and notes what it hears.
fn filter(callout: &str) -> Filter {
    let text = module(&format!(
        r#"
        (import "env" "proxy_grpc_call" (func $grpc_call
            (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_grpc_stream" (func $grpc_stream
            (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_grpc_send" (func $grpc_send (param i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_grpc_close" (func $grpc_close (param i32) (result i32)))
        (import "env" "proxy_grpc_cancel" (func $grpc_cancel (param i32) (result i32)))
        (import "env" "proxy_get_status" (func $get_status (param i32 i32 i32) (result i32)))
        {NOTE}
        (data (i32.const 64) "peer") (data (i32.const 72) "\0a\06\0a\04gone")
        (data (i32.const 80) "s.S") (data (i32.const 84) "M")
        (data (i32.const 90) "hello") (data (i32.const 96) "world")
        (data (i32.const 200) "call send close cancel initial message trailing end ")
        (func $token (result i32) (i32.load (i32.const 4)))
        (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
            {callout}
            (i32.const 0))
        (func (export "proxy_on_grpc_receive_initial_metadata") (param i32 i32 i32)
            (call $note (i32.const 223) (i32.const 8) (local.get 2)))
        (func (export "proxy_on_grpc_receive") (param i32 i32 i32)
            (call $note (i32.const 231) (i32.const 8) (local.get 2)))
        (func (export "proxy_on_grpc_receive_trailing_metadata") (param i32 i32 i32)
            (call $note (i32.const 239) (i32.const 9) (local.get 2)))
        (func (export "proxy_on_grpc_close") (param i32 i32 i32)
            (call $note (i32.const 248) (i32.const 4) (local.get 2))
            (drop (call $get_status (i32.const 8) (i32.const 12) (i32.const 16)))
            (drop (call $log (i32.const 2) (i32.load (i32.const 12)) (i32.load (i32.const 16)))))"#
    ));
    compile(&text).unwrap()
}

fn proxy(filter: &Filter, peer: Behaviour) -> Proxy {
    let web = Cluster::new(Behaviour::body("hello"));
    let proxy = Proxy::builder().cluster("web", web).cluster("peer", Cluster::new(peer));
    proxy.route(Route::to("web")).plugin(Plugin::new(filter)).start().unwrap()
}

fn hears(callout: &str, peer: Behaviour) -> Vec<String> {
    let mut proxy = proxy(&filter(callout), peer);
    proxy.send(Request::get("/")).unwrap();
    proxy.advance(Duration::from_secs(5));
    assert_eq!(proxy.failures(), []);
    said(&mut proxy)
}

/// Notes what beginning a call answered.
const CALL: &str = r#"(call $note (i32.const 200) (i32.const 5) (call $grpc_call
    (i32.const 64) (i32.const 4) (i32.const 80) (i32.const 3) (i32.const 84) (i32.const 1)
    (i32.const 0) (i32.const 0) (i32.const 90) (i32.const 5) (i32.const 1000) (i32.const 4)))"#;
const STREAM: &str = r#"(call $note (i32.const 200) (i32.const 5) (call $grpc_stream
    (i32.const 64) (i32.const 4) (i32.const 80) (i32.const 3) (i32.const 84) (i32.const 1)
    (i32.const 0) (i32.const 0) (i32.const 4)))"#;

fn send(at: u32, end: u32) -> String {
    format!(
        "(call $note (i32.const 205) (i32.const 5) (call $grpc_send (call $token) (i32.const {at}) (i32.const 5) (i32.const {end})))"
    )
}

fn grpc(status: u32, body: &'static str) -> Answer {
    let trailers = vec![("grpc-status".into(), status.to_string().into())];
    let headers = vec![("content-type".into(), "application/grpc".into())];
    let mut answer = Answer::status(200).body(body);
    (answer.headers, answer.trailers) = (headers, trailers);
    answer
}

fn answers(answer: Answer) -> Behaviour {
    Behaviour::of(Kind::Answer(answer))
}

#[test]
fn a_call_hears_its_message_and_nothing_else() {
    assert_eq!(hears(CALL, answers(grpc(0, "yes"))), ["call 00", "message 03"]);
    assert_eq!(hears(CALL, answers(grpc(0, ""))), ["call 00", "message 00"]);
    let echo = Answer::status(200).echo();
    assert_eq!(hears(CALL, answers(echo)), ["call 00", "message 05"]);
}

#[test]
fn a_call_that_fails_hears_its_status_and_nothing_else() {
    assert_eq!(hears(CALL, answers(grpc(5, "no"))), ["call 00", "end 05", "via_upstream"]);
    let nothing = grpc(0, "").chunks(0, Duration::ZERO);
    assert_eq!(hears(CALL, answers(nothing)), ["call 00", "end 13", ""]);
    let mut only = Answer::status(200);
    only.headers = grpc(7, "").trailers;
    assert_eq!(hears(CALL, answers(only)), ["call 00", "end 07", "via_upstream"]);
    assert_eq!(hears(CALL, Behaviour::status(503)), ["call 00", "end 14", "via_upstream"]);
    assert_eq!(hears(CALL, Behaviour::status(200)), ["call 00", "end 02", "via_upstream"]);
    let refused = "upstream connect error or disconnect/reset before headers. reset reason: remote connection \
                   failure{upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_\
                   Connection_refused}}";
    assert_eq!(hears(CALL, Behaviour::of(Kind::ConnectFail)), ["call 00", "end 14", refused]);
}

#[test]
fn a_call_that_takes_too_long_is_unavailable() {
    let late = "upstream request timeout{response_timeout}";
    assert_eq!(hears(CALL, Behaviour::of(Kind::Hang)), ["call 00", "end 14", late]);
    let slow = answers(grpc(0, "")).latency(Latency::Fixed(Duration::from_millis(1001)));
    assert_eq!(hears(CALL, slow), ["call 00", "end 14", late]);
}

#[test]
fn without_a_host_the_call_fails_and_is_closed_all_the_same() {
    let none = "no healthy upstream{no_healthy_upstream}";
    assert_eq!(hears(CALL, Behaviour::of(Kind::NoHost)), ["call 10", "end 14", none]);
    let unknown = CALL.replace("(i32.const 64) (i32.const 4)", "(i32.const 72) (i32.const 8)");
    let heard = hears(&unknown, Behaviour::status(200));
    assert_eq!(heard, ["call 10", "end 14", "Cluster not available"]);
}

#[test]
fn a_stream_hears_everything_in_order() {
    let once = format!("{STREAM} {}", send(90, 1));
    let three = grpc(0, "onetwosix").chunks(3, Duration::from_millis(10));
    let heard = hears(&once, answers(three));
    let expected = ["call 00", "send 00", "initial 04", "message 03", "message 03", "message 03"];
    assert_eq!(heard[..6], expected);
    assert_eq!(heard[6..], ["trailing 01", "end 00", "via_upstream"]);
    let refused = hears(&once, Behaviour::of(Kind::ConnectFail));
    assert_eq!(refused[..5], ["call 00", "send 00", "initial 00", "trailing 04", "end 14"]);
}

#[test]
fn an_echo_answers_each_message_and_ends_when_the_filter_does() {
    let echo = answers(Answer::status(200).echo());
    let open = format!("{STREAM} {} {}", send(90, 0), send(96, 0));
    let expected = ["call 00", "send 00", "send 00", "initial 04", "message 05", "message 05"];
    assert_eq!(hears(&open, echo.clone()), expected);
    let close = "(call $note (i32.const 210) (i32.const 6) (call $grpc_close (call $token)))";
    let heard = hears(&format!("{STREAM} {} {close}", send(90, 0)), echo);
    assert_eq!(
        heard[2..],
        ["close 00", "initial 04", "message 05", "trailing 01", "end 00", "via_upstream"]
    );
}

#[test]
fn what_is_cancelled_is_heard_of_no_more() {
    let cancel = "(call $note (i32.const 216) (i32.const 7) (call $grpc_cancel (call $token)))";
    let peer = answers(grpc(0, "yes"));
    assert_eq!(
        hears(&format!("{CALL} {cancel} {cancel}"), peer.clone()),
        ["call 00", "cancel 00", "cancel 01"]
    );
    assert_eq!(hears(&format!("{STREAM} {cancel}"), peer), ["call 00", "cancel 00"]);
}

#[test]
fn the_peer_receives_frames_and_envoys_headers() {
    let once = format!("{STREAM} {} {}", send(90, 0), send(96, 1));
    let mut proxy = proxy(&filter(&format!("{once} {CALL}")), answers(grpc(0, "")));
    proxy.send(Request::get("/")).unwrap();
    let [stream, call] = &proxy.callouts()[..] else { unreachable!() };
    assert_eq!(stream.sent.body, b"\0\0\0\0\x05hello\0\0\0\0\x05world");
    assert!(stream.sent.complete && stream.sent.headers.get(b"grpc-timeout").is_none());
    assert_eq!(call.sent.body, b"\0\0\0\0\x05hello");
    for (name, value) in [
        (":method", "POST"),
        (":path", "/s.S/M"),
        ("te", "trailers"),
        ("grpc-timeout", "1000m"),
        ("content-type", "application/grpc"),
        ("x-envoy-internal", "true"),
        ("x-envoy-expected-rq-timeout-ms", "1000"),
    ] {
        assert_eq!(call.sent.headers.text(name), Some(value));
    }
}

#[test]
fn a_token_is_forgotten_once_both_ends_have_closed() {
    // The second request closes what the first began.
    let again = "(if (call $token)
        (then (call $note (i32.const 210) (i32.const 6) (call $grpc_close (call $token))))
        (else ";
    let close = "(drop (call $grpc_close (call $token)))";
    for (begin, expected) in [
        (format!("{again} {CALL}))"), "close 01"),
        (format!("{again} {STREAM} {} {close}))", send(90, 1)), "close 01"),
        (format!("{again} {STREAM} {}))", send(90, 1)), "close 00"),
    ] {
        let mut proxy = proxy(&filter(&begin), answers(grpc(0, "")));
        for _ in 0..2 {
            proxy.send(Request::get("/").worker(1)).unwrap();
            proxy.advance(Duration::from_secs(1));
        }
        let said = said(&mut proxy);
        assert_eq!(said.last().unwrap(), expected, "{said:?}");
    }
}
