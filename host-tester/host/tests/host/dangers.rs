//! What would kill Envoy is said, and kills nothing here.

use super::*;
use serinus_host::proxy::{Plugin, Request};
use serinus_host::upstream::{Behaviour, Cluster, Route};

fn run(body: &str) -> (Option<u16>, Vec<String>) {
    let text = module(&format!(
        r#"(import "env" "proxy_continue_stream" (func $continue (param i32) (result i32)))
        (import "env" "proxy_close_stream" (func $close (param i32) (result i32)))
        (import "env" "proxy_send_local_response"
            (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (func $say403 (drop (call $reply (i32.const 403) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
            (i32.const 0) (i32.const 0) (i32.const -1))))
        {body}"#
    ));
    let web = Cluster::new(Behaviour::status(200));
    let proxy = Proxy::builder().cluster("web", web).route(Route::to("web"));
    let mut proxy = proxy.plugin(Plugin::new(&compile(&text).unwrap())).start().unwrap();
    let status = proxy.send(Request::get("/")).unwrap().status();
    (status, said(&mut proxy))
}

#[test]
fn an_answer_after_the_end_is_reported_and_does_nothing() {
    for body in [
        r#"(func (export "proxy_on_log") (param i32) (call $say403))"#,
        r#"(func (export "proxy_on_done") (param i32) (result i32) (call $say403) (i32.const 1))"#,
        r#"(func (export "proxy_on_log") (param i32) (drop (call $close (i32.const 0))))"#,
    ] {
        let (status, said) = run(body);
        assert_eq!(status, Some(200));
        assert!(said.len() == 1 && said[0].contains("for a stream that is over"), "{said:?}");
    }
}

#[test]
fn a_response_that_is_continued_before_there_is_one_is_reported() {
    let (status, said) =
        run(r#"(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (drop (call $continue (i32.const 1))) (i32.const 0))"#);
    assert_eq!(status, Some(200));
    assert!(
        said.len() == 1 && said[0].contains("does what crashes Envoy: continue_stream"),
        "{said:?}"
    );
}
