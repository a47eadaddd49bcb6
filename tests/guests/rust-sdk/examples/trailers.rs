//! Reads and changes trailers in both directions.

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_http_context(|_, _| Box::new(Trailers));
}}

struct Trailers;

impl Context for Trailers {}

impl HttpContext for Trailers {
    fn on_http_request_trailers(&mut self, count: usize) -> Action {
        let sum = self.get_http_request_trailer("x-sum").unwrap_or_default();
        log::info!("{count} request trailers, x-sum {sum}");
        self.set_http_request_trailer("x-sum", Some("checked"));
        self.add_http_request_trailer("x-more", "request");
        Action::Continue
    }

    fn on_http_response_trailers(&mut self, count: usize) -> Action {
        let names: Vec<String> =
            self.get_http_response_trailers().into_iter().map(|(name, _)| name).collect();
        log::info!("{count} response trailers: {}", names.join(" "));
        self.remove_http_response_trailer("x-internal");
        self.add_http_response_trailer("x-more", "response");
        Action::Continue
    }
}
