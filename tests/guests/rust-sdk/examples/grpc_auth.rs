//! Asks an authorization service over gRPC; 403 unless the status is OK.

use std::time::Duration;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_http_context(|_, _| Box::new(GrpcAuth));
}}

struct GrpcAuth;

impl GrpcAuth {
    fn deny(&self, why: &str) {
        self.send_http_response(403, vec![("x-grpc", why)], Some(b"denied over gRPC"));
    }
}

impl Context for GrpcAuth {
    fn on_grpc_call_response(&mut self, _: u32, status: u32, size: usize) {
        log::info!("gRPC status {status}, {size} bytes");
        if status == 0 {
            self.set_http_request_header("x-grpc", Some("ok"));
            self.resume_http_request();
        } else {
            self.deny(&status.to_string());
        }
    }
}

impl HttpContext for GrpcAuth {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        let user = self.get_http_request_header("x-user").unwrap_or_default();
        let called = self.dispatch_grpc_call(
            "grpc-authz",
            "test.Authorization",
            "Check",
            vec![("x-user", user.as_bytes())],
            Some(&[]),
            Duration::from_secs(1),
        );
        if let Err(status) = called {
            self.deny(&format!("{status:?}"));
        }
        Action::Pause
    }
}
