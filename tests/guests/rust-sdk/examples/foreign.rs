//! Foreign functions: there and back through `compress`, and one that no host has.

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, LogLevel, Status};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_http_context(|_, _| Box::new(Foreign));
}}

struct Foreign;

impl Foreign {
    fn there_and_back(&self, bytes: &[u8]) -> Result<Vec<u8>, Status> {
        let packed = self.call_foreign_function("compress", Some(bytes))?.unwrap_or_default();
        log::info!("{} bytes are fewer packed: {}", bytes.len(), packed.len() < bytes.len());
        Ok(self.call_foreign_function("uncompress", Some(&packed))?.unwrap_or_default())
    }
}

impl Context for Foreign {}

impl HttpContext for Foreign {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        let bytes = b"again and again and again and again and again and again and again";
        let same = self.there_and_back(bytes).is_ok_and(|back| back == bytes);
        self.set_http_request_header("x-same", Some(&same.to_string()));
        let unknown = self.call_foreign_function("no_such_function", None);
        self.set_http_request_header("x-foreign", Some(&format!("{unknown:?}")));
        let cleared = self.call_foreign_function("clear_route_cache", None).is_ok();
        self.set_http_request_header("x-cleared", Some(&cleared.to_string()));
        Action::Continue
    }
}
