//! Logs at every level, and asks which level the host shows.

use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Trace);
    proxy_wasm::set_http_context(|_, _| Box::new(Levels));
}}

struct Levels;

impl Context for Levels {}

impl HttpContext for Levels {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        log::trace!("at trace");
        log::debug!("at debug");
        log::info!("at info");
        log::warn!("at warn");
        log::error!("at error");
        // The `log` crate has no such level.
        let critical = hostcalls::log(LogLevel::Critical, "at critical, über alles");
        let level = hostcalls::get_log_level();
        self.set_http_request_header("x-level", Some(&format!("{level:?}")));
        self.set_http_request_header("x-critical", Some(&format!("{critical:?}")));
        Action::Continue
    }
}
