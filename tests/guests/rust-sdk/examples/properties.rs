//! Reads properties in every phase, and sets one.

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, Bytes, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_http_context(|_, _| Box::new(Properties));
}}

struct Properties;

impl Properties {
    fn text(&self, path: Vec<&str>) -> String {
        self.get_property(path).map_or("none".into(), |v| String::from_utf8_lossy(&v).into_owned())
    }

    fn number(&self, path: Vec<&str>) -> String {
        let eight = |bytes: Bytes| Some(i64::from_le_bytes(bytes.try_into().ok()?));
        self.get_property(path).and_then(eight).map_or("none".into(), |n| n.to_string())
    }
}

impl Context for Properties {}

impl HttpContext for Properties {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        for (header, path) in [
            ("x-p-path", vec!["request", "path"]),
            ("x-p-url-path", vec!["request", "url_path"]),
            ("x-p-method", vec!["request", "method"]),
            ("x-p-host", vec!["request", "host"]),
            ("x-p-scheme", vec!["request", "scheme"]),
            ("x-p-protocol", vec!["request", "protocol"]),
            ("x-p-query", vec!["request", "query"]),
            ("x-p-agent", vec!["request", "useragent"]),
            ("x-p-header", vec!["request", "headers", "x-user"]),
            ("x-p-plugin", vec!["plugin_name"]),
            ("x-p-root", vec!["plugin_root_id"]),
            ("x-p-vm", vec!["plugin_vm_id"]),
            ("x-p-absent", vec!["no", "such"]),
        ] {
            self.set_http_request_header(header, Some(&self.text(path)));
        }
        self.set_property(vec!["guest_mark"], Some(b"was here"));
        self.set_property(vec!["guest", "nested"], Some(b"was here too"));
        let direction = self.number(vec!["xds", "listener_direction"]);
        self.set_http_request_header("x-p-direction", Some(&direction));
        let bare = self.number(vec!["listener_direction"]);
        self.set_http_request_header("x-p-bare-direction", Some(&bare));
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _: usize, _: bool) -> Action {
        self.set_http_response_header("x-p-code", Some(&self.number(vec!["response", "code"])));
        self.set_http_response_header("x-p-route", Some(&self.text(vec!["xds", "route_name"])));
        self.set_http_response_header("x-p-cluster", Some(&self.text(vec!["xds", "cluster_name"])));
        self.set_http_response_header("x-p-mark", Some(&self.text(vec!["guest_mark"])));
        self.set_http_response_header("x-p-nested", Some(&self.text(vec!["guest", "nested"])));
        Action::Continue
    }

    fn on_log(&mut self) {
        let code = self.number(vec!["response", "code"]);
        let details = self.text(vec!["response", "code_details"]);
        let attempts = self.number(vec!["upstream", "request_attempt_count"]);
        let flags = self.number(vec!["response", "flags"]);
        let took = self.get_property(vec!["request", "duration"]).is_some();
        log::info!("code {code}, {details}, attempts {attempts}, flags {flags}, duration {took}");
    }
}
