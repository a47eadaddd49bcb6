//! Counts requests in shared data by compare-and-swap, and shows what the calls answer.

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, LogLevel, Status};

const KEY: &str = "guest.requests";

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_http_context(|_, _| Box::new(Counter { count: 0 }));
}}

struct Counter {
    count: u64,
}

impl Counter {
    fn increment(&self) -> u64 {
        loop {
            let (value, cas) = self.get_shared_data(KEY);
            let old = value.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
            match self.set_shared_data(KEY, Some(&(old + 1).to_le_bytes()), cas) {
                Ok(()) => return old + 1,
                Err(Status::CasMismatch) => log::info!("somebody was faster"),
                Err(status) => log::error!("not counted: {status:?}"),
            }
        }
    }
}

impl Context for Counter {}

impl HttpContext for Counter {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        self.count = self.increment();
        let stale = self.set_shared_data(KEY, Some(b"stale"), Some(u32::MAX));
        let absent = self.get_shared_data("guest.absent");
        log::info!("stale cas: {stale:?}, absent: {absent:?}");
        self.set_shared_data(
            "guest.path",
            self.get_http_request_header(":path").as_deref().map(str::as_bytes),
            None,
        )
        .unwrap_or_else(|status| log::error!("{status:?}"));
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _: usize, _: bool) -> Action {
        self.set_http_response_header("x-count", Some(&self.count.to_string()));
        Action::Continue
    }
}
