//! Foreign functions, called by a filter.

use super::*;
use serinus_host::proxy::{Plugin, Request};
use serinus_host::upstream::{Behaviour, Cluster, Route};

/// Calls the functions one after the other in a request's headers; each answers a status, and what it gave as text.
fn call(calls: &[(&str, &[u8])]) -> Vec<String> {
    let escaped =
        |bytes: &[u8]| bytes.iter().map(|byte| format!("\\{byte:02x}")).collect::<String>();
    let (mut data, mut code, mut at) = (String::new(), String::new(), 1024);
    for (name, arguments) in calls {
        let (name, arguments) = (name.as_bytes(), *arguments);
        let arguments_at = at + name.len();
        data += &format!("(data (i32.const {at}) \"{}{}\")", escaped(name), escaped(arguments));
        code += &format!(
            "(i32.store (i32.const 12) (i32.const 0)) (call $note (i32.const 64) (i32.const 0) (call $foreign
                (i32.const {at}) (i32.const {}) (i32.const {arguments_at}) (i32.const {}) (i32.const 8) (i32.const 12)))
            (drop (call $log (i32.const 2) (i32.load (i32.const 8)) (i32.load (i32.const 12))))",
            name.len(),
            arguments.len()
        );
        at = arguments_at + arguments.len();
    }
    let text = module(&format!(
        r#"(import "env" "proxy_call_foreign_function" (func $foreign (param i32 i32 i32 i32 i32 i32) (result i32)))
        {NOTE} {data}
        (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) {code} (i32.const 0))"#
    ));
    let filter = compile(&text).unwrap();
    let web = Cluster::new(Behaviour::status(200));
    let proxy = Proxy::builder().cluster("web", web).route(Route::to("web"));
    let mut proxy = proxy.plugin(Plugin::new(&filter).name("f")).start().unwrap();
    proxy.send(Request::get("/shop?x=1").header("x-user", "alice")).unwrap();
    assert_eq!(proxy.failures(), []);
    let own = proxy.take_logs().into_iter().filter(|line| &*line.plugin == "f");
    let lines: Vec<_> = own.map(|line| line.text).collect();
    lines.chunks(2).map(|pair| pair.join(" ")).collect()
}

/// Compiles an expression and evaluates it.
fn expression(text: &str) -> String {
    call(&[("expr_create", text.as_bytes()), ("expr_evaluate", &[0; 4])]).remove(1)
}

#[test]
fn statuses_are_those_of_envoy() {
    let calls: [(&str, &[u8]); 12] = [
        ("nope", b"x"),
        ("clear_route_cache", b""),
        ("uncompress", b"xx"),
        ("uncompress", b"x\x9cKL$\x0c\x00\xfc~\r\xa5"),
        ("expr_create", b"1+"),
        ("expr_evaluate", b"\x01\0\0\0"),
        ("expr_delete", b"\x01\0\0\0"),
        ("set_envoy_filter_state", b"\x0a\x01k\x12\x01v"),
        ("set_envoy_filter_state", b"x"),
        ("declare_property", b"\x0a\x03own"),
        ("verify_signature", b"x"),
        ("sign", b"x"),
    ];
    let unpacked = format!("00 {}", "a".repeat(36));
    let expected =
        ["01 ", "00 ", "03 ", &unpacked, "02 ", "01 ", "00 ", "01 ", "02 ", "00 ", "02 ", "02 "];
    assert_eq!(call(&calls), expected);
}

#[test]
fn a_property_is_declared_once_and_known_state_is_set() {
    let own: (&str, &[u8]) = ("declare_property", b"\x0a\x03own");
    assert_eq!(call(&[own, own]), ["00 ", "02 "]);
    let mut state = b"\x0a\x0cenvoy.string\x12\x05hello".to_vec();
    let set = call(&[
        ("set_envoy_filter_state", &state),
        ("expr_create", b"filter_state['envoy.string']"),
        ("expr_evaluate", &[0; 4]),
    ]);
    assert_eq!(set[2], "00 hello");
    state.truncate(9);
    assert_eq!(call(&[("set_envoy_filter_state", &state)]), ["02 "]);
}

#[test]
fn a_signature_with_a_key_is_refused_aloud() {
    let key: &[u8] = b"\x0a\x06sha256\x12\x03key";
    assert_eq!(call(&[("verify_signature", key), ("sign", key)]), ["02 ", "02 "]);
}

#[test]
fn expressions_are_evaluated_about_the_request() {
    assert_eq!(expression("request.path"), "00 /shop?x=1");
    assert_eq!(expression("request.headers['x-user'] == 'alice' ? 'yes' : 'no'"), "00 yes");
    for truth in [
        "request.method == 'GET' && request.path.startsWith('/shop')",
        "request.headers['no'] == 'x' || request.host == 'example.com'",
        "!(request.method in ['POST', 'PUT'])",
        "has(request.headers.host) == false && has(request.path)",
        "request.size + 2 * 3 == 6 && -1 < 0 && 7 % 4 >= 3",
        "request.path.matches('^/sh.p') && size(request.method) == 3",
        "nope == 1 || true",
        "!(nope == 1 && false)",
        "string(int('12') / 5) + 'a' == '2a'",
    ] {
        assert_eq!(expression(truth), "00 \u{1}", "{truth}");
    }
}

#[test]
fn an_error_in_an_expression_is_internal() {
    for wrong in [
        "request.headers['no']",
        "1 + 'a'",
        "1 / 0",
        "1 < 'a'",
        "nope.at.all",
        "nope && true",
        "nope || false",
        "!1",
        "[1][5]",
    ] {
        assert_eq!(expression(wrong), "10 ", "{wrong}");
    }
    assert_eq!(expression("[1]"), "03 ");
}
