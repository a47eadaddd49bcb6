//! Waits for whole bodies and rewrites them: the request's is replaced, the response's gets something before and after.

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_http_context(|_, _| Box::new(Body));
}}

struct Body;

impl Context for Body {}

impl HttpContext for Body {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        self.set_http_request_header("content-length", None);
        Action::Continue
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        if !end_of_stream {
            return Action::Pause;
        }
        let body = self.get_http_request_body(0, size).unwrap_or_default();
        let upper = String::from_utf8_lossy(&body).to_uppercase();
        self.set_http_request_body(0, size, upper.as_bytes());
        log::info!("request of {size} bytes: {upper}");
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _: usize, _: bool) -> Action {
        self.set_http_response_header("content-length", None);
        Action::Continue
    }

    fn on_http_response_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        if !end_of_stream {
            return Action::Pause;
        }
        let start = self.get_http_response_body(0, 4).unwrap_or_default();
        let beyond = self.get_http_response_body(size, 10).map_or(0, |bytes| bytes.len());
        log::info!("response of {size} bytes begins with {start:?}, {beyond} beyond");
        // At `size` it appends, and with a length of 0 at the beginning it prepends.
        self.set_http_response_body(size, 0, b"]");
        self.set_http_response_body(0, 0, b"[");
        Action::Continue
    }
}
