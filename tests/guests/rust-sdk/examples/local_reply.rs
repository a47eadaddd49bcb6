//! Answers by itself, from each phase, as the path says.

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, GrpcStatusCode, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_http_context(|_, _| Box::new(Replies { path: String::new() }));
}}

struct Replies {
    path: String,
}

impl Context for Replies {}

impl HttpContext for Replies {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        self.path = self.get_http_request_header(":path").unwrap_or_default();
        match self.path.as_str() {
            "/teapot" => {
                let headers = vec![("x-kind", "teapot"), ("content-type", "text/x-tea")];
                self.send_http_response(418, headers, Some(b"short and stout"));
            }
            "/empty" => self.send_http_response(204, vec![], None),
            "/grpc" => self.send_grpc_response(
                GrpcStatusCode::PermissionDenied,
                Some("not you"),
                vec![("x-kind", b"grpc".as_slice())],
            ),
            _ => return Action::Continue,
        }
        Action::Pause
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        if self.path == "/too-large" && size > 10 {
            self.send_http_response(413, vec![], Some(b"too large"));
            return Action::Pause;
        }
        if self.path == "/too-large" && !end_of_stream { Action::Pause } else { Action::Continue }
    }

    fn on_http_response_headers(&mut self, _: usize, _: bool) -> Action {
        self.set_http_response_header("x-passed", Some("response headers"));
        if self.path == "/replaced" {
            self.send_http_response(502, vec![("x-kind", "replaced")], Some(b"instead"));
            return Action::Pause;
        }
        Action::Continue
    }

    fn on_log(&mut self) {
        let details = self.get_property(vec!["response", "code_details"]).unwrap_or_default();
        log::info!("{}: {}", self.path, String::from_utf8_lossy(&details));
    }
}
