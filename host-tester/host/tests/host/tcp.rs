//! Network filters: callbacks and their order as Envoy was seen to make them.

use super::*;
use serinus_host::proxy::{FailurePolicy, Plugin, TcpEnd};
use serinus_host::upstream::{Answer, Behaviour, Cluster, Kind};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A filter that notes its callbacks; `new` and `down` run in those for a new connection and for the client's bytes.
fn filter(new: &str, down: &str) -> Filter {
    let text = module(&format!(
        r#"
        (import "env" "proxy_set_buffer_bytes" (func $set (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_close_stream" (func $close (param i32) (result i32)))
        (import "env" "proxy_continue_stream" (func $continue (param i32) (result i32)))
        (import "env" "proxy_set_effective_context" (func $effective (param i32) (result i32)))
        (import "env" "proxy_set_tick_period_milliseconds" (func $tick (param i32) (result i32)))
        {NOTE}
        (data (i32.const 64) "create new down up down-close up-close done log delete end ")
        (data (i32.const 200) "pre-")
        (global $stream (mut i32) (i32.const 0))
        (func (export "proxy_on_vm_start") (param i32 i32) (result i32)
            (drop (call $tick (i32.const 100))) (i32.const 1))
        (func (export "proxy_on_tick") (param i32)
            (drop (call $effective (global.get $stream)))
            (if (global.get $stream) (then (drop (call $continue (i32.const 2))))))
        (func (export "proxy_on_context_create") (param i32 i32)
            (if (local.get 1) (then (call $note (i32.const 64) (i32.const 7) (i32.const 0)))))
        (func (export "proxy_on_new_connection") (param i32) (result i32)
            (call $note (i32.const 71) (i32.const 4) (i32.const 0))
            {new})
        (func (export "proxy_on_downstream_data") (param i32 i32 i32) (result i32)
            (call $note (i32.const 75) (i32.const 5) (local.get 1))
            (if (local.get 2) (then (call $note (i32.const 119) (i32.const 4) (i32.const 0))))
            {down})
        (func (export "proxy_on_upstream_data") (param i32 i32 i32) (result i32)
            (call $note (i32.const 80) (i32.const 3) (local.get 1))
            (i32.const 0))
        (func (export "proxy_on_downstream_connection_close") (param i32 i32)
            (call $note (i32.const 83) (i32.const 11) (local.get 1)))
        (func (export "proxy_on_upstream_connection_close") (param i32 i32)
            (call $note (i32.const 94) (i32.const 9) (local.get 1)))
        (func (export "proxy_on_done") (param i32) (result i32)
            (call $note (i32.const 103) (i32.const 5) (i32.const 0)) (i32.const 1))
        (func (export "proxy_on_log") (param i32) (call $note (i32.const 108) (i32.const 4) (i32.const 0)))
        (func (export "proxy_on_delete") (param i32)
            (call $note (i32.const 112) (i32.const 7) (i32.const 0)))"#
    ));
    compile(&text).unwrap()
}

fn plain() -> Filter {
    filter("(i32.const 0)", "(i32.const 0)")
}

fn proxy(plugins: impl IntoIterator<Item = Plugin>, far: Behaviour) -> Proxy {
    let proxy = Proxy::builder().cluster("far", Cluster::new(far)).tcp("far");
    plugins.into_iter().fold(proxy, |proxy, plugin| proxy.plugin(plugin)).start().unwrap()
}

fn echo() -> Behaviour {
    Behaviour::of(Kind::Answer(Answer::status(200).echo()))
}

/// What was noted, each line with its plugin's name.
fn noted(proxy: &mut Proxy) -> Vec<String> {
    let lines = proxy.take_logs().into_iter();
    lines.map(|line| format!("{} {}", line.plugin, line.text)).collect()
}

fn wait(proxy: &mut Proxy, ms: u64) {
    proxy.advance(Duration::from_millis(ms));
}

#[test]
fn bytes_pass_a_chain_there_and_back_and_it_ends_filter_by_filter() {
    let down =
        "(call $set (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 200) (i32.const 4))";
    let plugins =
        [Plugin::new(&filter("(i32.const 0)", down)).name("a"), Plugin::new(&plain()).name("b")];
    let mut proxy = proxy(plugins, echo());
    let id = proxy.connect(HOME, None);
    assert!(proxy.write(id, b"hello"));
    wait(&mut proxy, 5);
    assert!(proxy.end(id));
    wait(&mut proxy, 5);
    let over = proxy.disconnected().remove(0);
    assert_eq!(
        (over.received.as_slice(), over.sent.as_slice()),
        (&b"pre-hellopre-"[..], &b"pre-hellopre-"[..])
    );
    assert_eq!(
        (over.id, over.end, over.sent_end, over.received_end),
        (id, TcpEnd::Proxy, true, true)
    );
    assert!(!proxy.write(id, b"more"));
    let expected = [
        "a create 00",
        "a new 00",
        "b create 00",
        "b new 00",
        "a down 05",
        "b down 09",
        "b up 09",
        "a up 09",
        "a down 00",
        "a end 00",
        "b down 04",
        "b end 00",
        "b up 04",
        "b up-close 00",
        "a up 04",
        "a up-close 00",
        "a down-close 01",
        "a done 00",
        "a log 00",
        "a delete 00",
        "b down-close 01",
        "b done 00",
        "b log 00",
        "b delete 00",
    ];
    assert_eq!(noted(&mut proxy), expected);
}

#[test]
fn who_closes_last_is_told() {
    let bye = Behaviour::body("bye");
    let mut proxy = proxy([Plugin::new(&plain())], bye);
    let id = proxy.connect(HOME, None);
    proxy.write(id, b"hello");
    wait(&mut proxy, 5);
    assert!(proxy.connection(id).unwrap().received_end);
    proxy.end(id);
    let over = proxy.disconnected().remove(0);
    assert_eq!((over.received.as_slice(), over.end), (&b"bye"[..], TcpEnd::Client));
    let heard = said(&mut proxy);
    assert_eq!(
        heard[2..],
        [
            "down 05",
            "up 03",
            "up-close 00",
            "down 00",
            "end 00",
            "down-close 02",
            "done 00",
            "log 00",
            "delete 00"
        ]
    );
}

#[test]
fn a_paused_connection_waits_and_what_was_sent_meanwhile_comes_at_once() {
    let waits = "(global.set $stream (local.get 0)) (i32.const 1)";
    let mut proxy = proxy(
        [Plugin::new(&filter(waits, "(i32.const 0)")).name("a"), Plugin::new(&plain()).name("b")],
        echo(),
    );
    let id = proxy.connect(HOME, None);
    proxy.write(id, b"one");
    proxy.write(id, b"two");
    assert_eq!(noted(&mut proxy), ["a create 00", "a new 00"]);
    wait(&mut proxy, 105);
    let expected = ["b create 00", "b new 00", "a down 06", "b down 06", "b up 06", "a up 06"];
    assert_eq!(noted(&mut proxy), expected);
}

#[test]
fn paused_bytes_pile_up_and_go_on_without_another_callback() {
    let waits = "(global.set $stream (local.get 0)) (i32.const 1)";
    let mut proxy = proxy([Plugin::new(&filter("(i32.const 0)", waits))], echo());
    let id = proxy.connect(HOME, None);
    proxy.write(id, b"one");
    proxy.write(id, b"two");
    assert!(proxy.connection(id).unwrap().sent.is_empty());
    wait(&mut proxy, 105);
    assert_eq!(said(&mut proxy)[2..], ["down 03", "down 06", "up 06"]);
    assert_eq!(proxy.connection(id).unwrap().received, b"onetwo");
}

#[test]
fn a_filter_closes_a_connection_and_nothing_more_is_sent() {
    for stream in [2, 3] {
        let closes = format!("(drop (call $close (i32.const {stream}))) (i32.const 0)");
        let mut proxy = proxy([Plugin::new(&filter("(i32.const 0)", &closes))], echo());
        let id = proxy.connect(HOME, None);
        proxy.write(id, b"one");
        let over = proxy.disconnected().remove(0);
        assert_eq!((over.sent.len(), over.end), (0, TcpEnd::Proxy));
        assert_eq!(
            said(&mut proxy)[2..],
            ["down 03", "down-close 01", "done 00", "log 00", "delete 00"]
        );
    }
}

#[test]
fn a_server_that_refuses_or_resets_ends_it() {
    let ends = ["down-close 01", "done 00", "log 00", "delete 00"];
    for (far, before) in [(Kind::ConnectFail, 2), (Kind::NoHost, 2), (Kind::Reset, 3)] {
        let mut proxy = proxy([Plugin::new(&plain())], Behaviour::of(far));
        let id = proxy.connect(HOME, None);
        proxy.write(id, b"hello");
        wait(&mut proxy, 5);
        assert_eq!(proxy.disconnected().remove(0).end, TcpEnd::Server);
        assert_eq!(said(&mut proxy)[before..], ends);
    }
}

#[test]
fn a_trap_closes_its_connection_and_the_policy_decides_about_the_next() {
    for (policy, second) in [(FailurePolicy::Closed, &b""[..]), (FailurePolicy::Open, &b"two"[..])]
    {
        let traps = Plugin::new(&filter("(i32.const 0)", "unreachable")).fail(policy);
        let mut proxy = proxy([traps], echo());
        let id = proxy.connect(HOME, None);
        proxy.write(id, b"one");
        let over = proxy.disconnected().remove(0);
        assert_eq!((over.received.len(), over.end), (0, TcpEnd::Proxy));
        assert_eq!(proxy.failures().len(), 1);
        let id = proxy.connect(HOME, None);
        proxy.write(id, b"two");
        wait(&mut proxy, 5);
        let received = proxy.connection(id).map(|open| open.received).unwrap_or_default();
        assert_eq!(received, second);
        let lines = said(&mut proxy);
        assert!(!lines.iter().any(|line| line.starts_with("done")), "{lines:?}");
    }
}

#[test]
fn a_proxy_that_stops_closes_its_connections_before_its_plugins_end() {
    let mut proxy = proxy([Plugin::new(&plain())], echo());
    proxy.connect(HOME, None);
    said(&mut proxy);
    proxy.stop();
    let connection = ["down-close 01", "done 00", "log 00", "delete 00"];
    let worker_and_main = ["done 00", "delete 00", "done 00", "delete 00"];
    assert_eq!(said(&mut proxy), [connection, worker_and_main].concat());
    assert_eq!(proxy.disconnected().remove(0).end, TcpEnd::Proxy);
}

#[test]
fn a_replaced_configuration_goes_when_its_last_connection_is_over() {
    let mut proxy = proxy([Plugin::new(&plain()).name("a")], echo());
    let id = proxy.connect(HOME, None);
    said(&mut proxy);
    proxy.configure("a", b"other").unwrap();
    assert_eq!(said(&mut proxy), ["done 00", "delete 00"], "that of the main thread only");
    proxy.disconnect(id);
    let expected = ["down-close 02", "done 00", "log 00", "delete 00", "done 00", "delete 00"];
    assert_eq!(said(&mut proxy), expected);
}

/// In the call for a new connection, before anything else: `second` as the cluster.
const CHOOSES: &str = r#"
    (import "env" "proxy_call_foreign_function" (func $foreign (param i32 i32 i32 i32 i32 i32) (result i32)))
    (data (i32.const 300) "set_envoy_filter_state\0a\17envoy.tcp_proxy.cluster\12\06second")
    (func (export "proxy_on_new_connection") (param i32) (result i32)
        (call $foreign (i32.const 300) (i32.const 22) (i32.const 322) (i32.const 33) (i32.const 0) (i32.const 0)))"#;

#[test]
fn a_filter_chooses_the_cluster_even_one_that_there_is_not() {
    let chooses = compile(&module(CHOOSES)).unwrap();
    let proxy =
        || Proxy::builder().plugin(Plugin::new(&chooses)).cluster("first", Cluster::new(echo()));
    let mut chosen = proxy().cluster("second", Cluster::new(echo())).tcp("first").start().unwrap();
    let id = chosen.connect(HOME, None);
    assert!(chosen.write(id, b"hi") && chosen.end(id));
    wait(&mut chosen, 100);
    let over = chosen.disconnected().remove(0);
    assert_eq!(
        (over.cluster.as_deref(), over.received.as_slice()),
        (Some("second"), b"hi".as_slice())
    );

    let mut nowhere = proxy().tcp("first").start().unwrap();
    nowhere.connect(HOME, None);
    wait(&mut nowhere, 100);
    let over = nowhere.disconnected().remove(0);
    assert_eq!((over.cluster, over.end), (None, TcpEnd::Server));
    assert_eq!(over.flags.to_string(), "NC");
}
