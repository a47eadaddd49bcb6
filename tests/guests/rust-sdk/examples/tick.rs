//! Calls a service at every tick, and lets requests see its last answer. The
//! configuration is the period in milliseconds.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Poller::default()));
}}

#[derive(Default)]
struct Poller {
    ticks: u32,
    last: Rc<RefCell<String>>,
}

impl Context for Poller {
    fn on_http_call_response(&mut self, _: u32, _: usize, body_size: usize, _: usize) {
        let status = self.get_http_call_response_header(":status").unwrap_or_default();
        let body = self.get_http_call_response_body(0, body_size).unwrap_or_default();
        *self.last.borrow_mut() = format!("{status} {}", String::from_utf8_lossy(&body));
        log::info!("polled {}", self.last.borrow());
    }
}

impl RootContext for Poller {
    fn on_configure(&mut self, _: usize) -> bool {
        let config = self.get_plugin_configuration().unwrap_or_default();
        let Ok(period) = String::from_utf8_lossy(&config).trim().parse() else {
            log::error!("the configuration is no number of milliseconds");
            return false;
        };
        self.set_tick_period(Duration::from_millis(period));
        true
    }

    fn on_tick(&mut self) {
        self.ticks += 1;
        let headers = vec![(":method", "GET"), (":path", "/state"), (":authority", "poll")];
        let call = self.dispatch_http_call("poll", headers, None, vec![], Duration::from_secs(1));
        if let Err(status) = call {
            log::error!("tick {}: {status:?}", self.ticks);
        }
        if self.ticks == 3 {
            log::info!("three ticks are enough");
            self.set_tick_period(Duration::ZERO);
        }
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Reader { last: Rc::clone(&self.last) }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Reader {
    last: Rc<RefCell<String>>,
}

impl Context for Reader {}

impl HttpContext for Reader {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        self.set_http_request_header("x-polled", Some(&self.last.borrow()));
        Action::Continue
    }
}
