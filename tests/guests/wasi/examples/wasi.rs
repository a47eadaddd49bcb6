//! Uses what the standard library takes from WASI: output, environment, arguments, clocks and random numbers.
//! Built for wasm32-wasip1.

use std::collections::HashMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    println!("started");
    proxy_wasm::set_http_context(|_, _| Box::new(Wasi));
}}

struct Wasi;

/// The standard library seeds its maps with random numbers.
fn map_works() -> bool {
    let map: HashMap<&str, u32> = [("one", 1), ("two", 2)].into();
    map["one"] + map["two"] == 3
}

fn clocks_work() -> bool {
    let began = Instant::now();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_secs() > 1_600_000_000 && began.elapsed().as_secs() < 60
}

impl Context for Wasi {}

impl HttpContext for Wasi {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        println!("to stdout");
        eprintln!("to stderr");
        let variable = std::env::var("GUEST").unwrap_or_else(|_| "unset".into());
        self.set_http_request_header("x-env", Some(&variable));
        self.set_http_request_header("x-args", Some(&std::env::args().count().to_string()));
        self.set_http_request_header("x-map", Some(&map_works().to_string()));
        self.set_http_request_header("x-clocks", Some(&clocks_work().to_string()));
        let file = std::fs::read("/etc/hostname").is_err();
        self.set_http_request_header("x-no-files", Some(&file.to_string()));
        std::thread::yield_now();
        Action::Continue
    }
}
