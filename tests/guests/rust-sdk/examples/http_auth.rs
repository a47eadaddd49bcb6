//! Asks an authorization service over HTTP before a request may go on; 403 where it says no or does not answer.

use std::time::Duration;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_http_context(|_, _| Box::new(Auth));
}}

struct Auth;

impl Auth {
    fn deny(&self, why: &str) {
        log::info!("denied: {why}");
        self.send_http_response(403, vec![("x-denied-by", "auth")], Some(why.as_bytes()));
    }
}

impl Context for Auth {
    fn on_http_call_response(&mut self, _: u32, headers: usize, body_size: usize, _: usize) {
        if headers == 0 {
            return self.deny("no answer");
        }
        let body = self.get_http_call_response_body(0, body_size).unwrap_or_default();
        match self.get_http_call_response_header(":status").as_deref() {
            Some("200") => {
                self.set_http_request_header("x-auth-body", Some(&String::from_utf8_lossy(&body)));
                self.resume_http_request();
            }
            status => self.deny(&format!("status {}", status.unwrap_or("missing"))),
        }
    }
}

impl HttpContext for Auth {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        let token = self.get_http_request_header("authorization").unwrap_or_default();
        let called = self.dispatch_http_call(
            "authz",
            vec![
                (":method", "POST"),
                (":path", "/check"),
                (":authority", "authz.example.com"),
                ("authorization", &token),
            ],
            Some(b"may I?"),
            vec![],
            Duration::from_millis(500),
        );
        if let Err(status) = called {
            self.deny(&format!("not called: {status:?}"));
        }
        Action::Pause
    }

    fn on_http_response_headers(&mut self, _: usize, _: bool) -> Action {
        self.set_http_response_header("x-seen-by", Some("auth"));
        Action::Continue
    }
}
