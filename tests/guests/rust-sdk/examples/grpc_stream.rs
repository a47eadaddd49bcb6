//! Opens a gRPC stream, sends one message, and tells the client what came back and in which order.

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_http_context(|_, _| Box::new(Stream::default()));
}}

#[derive(Default)]
struct Stream {
    events: Vec<String>,
}

impl Context for Stream {
    fn on_grpc_stream_initial_metadata(&mut self, _: u32, _: u32) {
        self.events.push("initial".into());
    }

    fn on_grpc_stream_message(&mut self, _: u32, size: usize) {
        let message = self.get_grpc_stream_message(0, size).unwrap_or_default();
        self.events.push(format!("message {}", message.len()));
    }

    fn on_grpc_stream_trailing_metadata(&mut self, _: u32, _: u32) {
        self.events.push("trailing".into());
    }

    fn on_grpc_stream_close(&mut self, _: u32, status: u32) {
        self.events.push(format!("close {status}"));
        log::info!("{}", self.events.join(", "));
        self.set_http_request_header("x-events", Some(&self.events.join(", ")));
        self.resume_http_request();
    }
}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        match self.open_grpc_stream("grpc-authz", "test.Authorization", "Watch", vec![]) {
            Ok(token) => {
                self.send_grpc_stream_message(token, Some(&[]), true);
                Action::Pause
            }
            Err(status) => {
                self.set_http_request_header("x-events", Some(&format!("{status:?}")));
                Action::Continue
            }
        }
    }
}
