//! Reads properties that depend on how the proxy is set up: metadata, the connection's security, a region.

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, Bytes, ContextType, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root));
}}

struct Root;

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _: usize) -> bool {
        log::info!("at start: {}", text(self.get_property(vec!["request", "client_region"])));
        true
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Given))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Given;

fn text(value: Option<Bytes>) -> String {
    value.map_or("none".to_owned(), |value| String::from_utf8_lossy(&value).into_owned())
}

/// A map as the host hands it over: a count, the sizes, then keys and values with a zero behind each.
fn map(bytes: &[u8]) -> String {
    let count = bytes.first().copied().unwrap_or(0) as usize;
    let parts = bytes.get(4 + 8 * count..).unwrap_or_default();
    let parts: Vec<_> = parts.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    let pairs: Vec<_> = parts.chunks_exact(2).map(|pair| pair.join("=")).collect();
    pairs.join(" ")
}

impl Context for Given {}

impl HttpContext for Given {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        let tenant = vec!["metadata", "filter_metadata", "envoy.filters.http.lua", "tenant"];
        let location = vec!["cluster_metadata", "filter_metadata", "location"];
        let bytes = |path| self.get_property(path).unwrap_or_default();
        let (location, mtls) = (map(&bytes(location)), bytes(vec!["connection", "mtls"]));
        let port = bytes(vec!["upstream", "port"]);
        let region = text(self.get_property(vec!["request", "client_region"]));
        self.set_http_request_header("x-region", Some(&region));
        self.set_http_request_header("x-tenant", Some(&text(self.get_property(tenant))));
        self.set_http_request_header("x-location", Some(&location));
        self.set_http_request_header("x-mtls", Some(&format!("{mtls:?}")));
        self.set_http_request_header("x-port", Some(&format!("{port:?}")));
        Action::Continue
    }
}
