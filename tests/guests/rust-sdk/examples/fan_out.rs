//! Asks several services at once, and lets the request go on when all have answered.

use std::time::Duration;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, LogLevel};

const SERVICES: [&str; 3] = ["one", "two", "three"];

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_http_context(|_, _| Box::new(FanOut::default()));
}}

#[derive(Default)]
struct FanOut {
    pending: Vec<(u32, &'static str)>,
    answers: Vec<String>,
}

impl FanOut {
    fn ask(&mut self, service: &'static str) {
        let path = format!("/{service}");
        let headers = vec![(":method", "GET"), (":path", &*path), (":authority", service)];
        match self.dispatch_http_call(service, headers, None, vec![], Duration::from_secs(1)) {
            Ok(token) => self.pending.push((token, service)),
            Err(status) => self.answers.push(format!("{service}={status:?}")),
        }
    }
}

impl Context for FanOut {
    fn on_http_call_response(&mut self, token: u32, _: usize, _: usize, trailers: usize) {
        let Some(at) = self.pending.iter().position(|(pending, _)| *pending == token) else {
            return log::error!("unknown token {token}");
        };
        let (_, service) = self.pending.remove(at);
        let status = self.get_http_call_response_header(":status").unwrap_or_else(|| "none".into());
        log::info!("{service} answered {status} with {trailers} trailers");
        self.answers.push(format!("{service}={status}"));
        if self.pending.is_empty() {
            self.answers.sort();
            self.set_http_request_header("x-answers", Some(&self.answers.join(",")));
            self.resume_http_request();
        }
    }
}

impl HttpContext for FanOut {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        SERVICES.into_iter().for_each(|service| self.ask(service));
        if self.pending.is_empty() { Action::Continue } else { Action::Pause }
    }
}
