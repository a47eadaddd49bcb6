//! A metric of every kind, and what the host answers to odd uses of them.

use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel, MetricType, Status};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root { ids: None }));
}}

#[derive(Clone, Copy)]
struct Ids {
    requests: u32,
    active: u32,
    sizes: u32,
}

impl Ids {
    fn define() -> Result<Self, Status> {
        Ok(Self {
            requests: hostcalls::define_metric(MetricType::Counter, "guest_requests")?,
            active: hostcalls::define_metric(MetricType::Gauge, "guest_active")?,
            sizes: hostcalls::define_metric(MetricType::Histogram, "guest_sizes")?,
        })
    }
}

struct Root {
    ids: Option<Ids>,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _: usize) -> bool {
        self.ids = Ids::define().ok();
        self.ids.is_some()
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        self.ids.map(|ids| Box::new(Http { ids }) as Box<dyn HttpContext>)
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Http {
    ids: Ids,
}

impl Http {
    /// What the SDK passes on without a panic.
    fn odd_uses(&self) -> String {
        let answers = [
            hostcalls::increment_metric(self.ids.active, 3),
            hostcalls::increment_metric(self.ids.active, -2),
            hostcalls::record_metric(self.ids.requests, 10),
            hostcalls::increment_metric(self.ids.requests, -1),
            hostcalls::increment_metric(self.ids.sizes, 1),
        ];
        answers.map(|answer| answer.map_or_else(|e| format!("{e:?}"), |()| "Ok".into())).join(",")
    }
}

impl Context for Http {}

impl HttpContext for Http {
    fn on_http_request_headers(&mut self, count: usize, _: bool) -> Action {
        let done = hostcalls::increment_metric(self.ids.requests, 1)
            .and_then(|()| hostcalls::record_metric(self.ids.active, 5))
            .and_then(|()| hostcalls::record_metric(self.ids.sizes, count as u64));
        self.set_http_request_header("x-done", Some(&format!("{done:?}")));
        self.set_http_request_header("x-odd", Some(&self.odd_uses()));
        let read = [self.ids.requests, self.ids.active, self.ids.sizes]
            .map(|id| format!("{:?}", hostcalls::get_metric(id)))
            .join(",");
        self.set_http_request_header("x-read", Some(&read));
        Action::Continue
    }
}
