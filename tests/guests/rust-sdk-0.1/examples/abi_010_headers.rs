//! Headers, bodies and configuration under ABI 0.1.0, where header callbacks do not learn of the end of the stream.

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};

#[unsafe(no_mangle)]
pub extern "C" fn _start() {
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root { value: String::new() }));
}

struct Root {
    value: String,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        self.value = self
            .get_configuration()
            .map_or_else(String::new, |v| String::from_utf8_lossy(&v).into_owned());
        log::info!("configured with {size} bytes: {}", self.value);
        true
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Http { value: self.value.clone() }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Http {
    value: String,
}

impl Context for Http {}

impl HttpContext for Http {
    fn on_http_request_headers(&mut self, count: usize) -> Action {
        log::info!("{count} request headers");
        self.set_http_request_header("x-config", Some(&self.value));
        self.set_http_request_header("content-length", None);
        Action::Continue
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        if !end_of_stream {
            return Action::Pause;
        }
        let mut body = self.get_http_request_body(0, size).unwrap_or_default();
        body.reverse();
        self.set_http_request_body(0, size, &body);
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _: usize) -> Action {
        self.set_http_response_header("x-abi", Some("0.1.0"));
        Action::Continue
    }
}
