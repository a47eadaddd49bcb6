//! Adds, replaces and removes headers in both directions, one by one and all at once.

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_http_context(|_, _| Box::new(Headers));
}}

struct Headers;

impl Context for Headers {}

impl HttpContext for Headers {
    fn on_http_request_headers(&mut self, count: usize, end_of_stream: bool) -> Action {
        log::info!("{count} request headers, end {end_of_stream}");
        self.set_http_request_header("x-secret", None);
        self.set_http_request_header("x-user", Some("rewritten"));
        self.set_http_request_header("x-new", Some("set"));
        self.add_http_request_header("x-tag", "second");
        self.set_http_request_header("x-accept", self.get_http_request_header("accept").as_deref());
        self.set_http_request_header_bytes("x-latin", Some(b"\xe9t\xe9"));
        if let Some(path) = self.get_http_request_header(":path") {
            self.set_http_request_header(":path", Some(&format!("/v2{path}")));
        }
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _: usize, _: bool) -> Action {
        let mut headers = self.get_http_response_headers();
        headers.retain(|(name, _)| name != "server" && name != "x-internal");
        headers.push(("x-count".into(), headers.len().to_string()));
        headers.push(("set-cookie".into(), "a=1".into()));
        headers.push(("set-cookie".into(), "b=2".into()));
        let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        self.set_http_response_headers(pairs.collect());
        self.remove_http_response_header("x-debug");
        self.add_http_response_header(
            "x-status",
            &self.get_http_response_header(":status").unwrap_or_default(),
        );
        Action::Continue
    }

    fn on_log(&mut self) {
        let path = self.get_http_request_header(":path").unwrap_or_default();
        let status = self.get_http_response_header(":status").unwrap_or_default();
        log::info!("finished {path} with {status}");
    }
}
