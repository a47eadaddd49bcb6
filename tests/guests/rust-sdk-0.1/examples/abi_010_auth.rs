//! Pauses for a callout under ABI 0.1.0: resuming is `proxy_continue_request` there.

use std::time::Duration;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, LogLevel};

#[unsafe(no_mangle)]
pub extern "C" fn _start() {
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_http_context(|_, _| Box::new(Auth));
}

struct Auth;

impl Context for Auth {
    fn on_http_call_response(&mut self, _: u32, _: usize, size: usize, _: usize) {
        let body = self.get_http_call_response_body(0, size).unwrap_or_default();
        if body.starts_with(b"yes") {
            return self.resume_http_request();
        }
        self.send_http_response(403, vec![("x-denied-by", "old")], Some(b"denied\n"));
    }
}

impl HttpContext for Auth {
    fn on_http_request_headers(&mut self, _: usize) -> Action {
        let headers = vec![(":method", "GET"), (":path", "/check"), (":authority", "authz")];
        let call = self.dispatch_http_call("authz", headers, None, vec![], Duration::from_secs(1));
        if let Err(status) = call {
            log::error!("not called: {status:?}");
            return Action::Continue;
        }
        Action::Pause
    }

    fn on_http_response_headers(&mut self, _: usize) -> Action {
        self.set_http_response_header("x-seen-by", Some("old"));
        Action::Continue
    }
}
