//! Configuration, headers, metrics, shared data and stream information through Tetrate's SDK, under ABI 0.2.0.

use std::rc::Rc;

use envoy_sdk::extension::factory::ConfigureOps;
use envoy_sdk::extension::filter::http::{
    FilterHeadersStatus, RequestHeadersOps, ResponseHeadersOps,
};
use envoy_sdk::extension::{
    ConfigStatus, ExtensionFactory, HttpFilter, InstanceId, Module, Result, entrypoint,
};
use envoy_sdk::host::stats::{Counter, Gauge, Histogram};
use envoy_sdk::host::{ByteString, SharedData, Stats, log};

entrypoint! { initialize }

fn initialize() -> Result<Module> {
    Module::new().add_http_filter(|_| {
        let stats = <dyn Stats>::default();
        Ok(Factory {
            config: String::new(),
            meters: Rc::new(Meters {
                requests: stats.counter("guest_sdk_requests")?,
                active: stats.gauge("guest_sdk_active")?,
                sizes: stats.histogram("guest_sdk_sizes")?,
            }),
        })
    })
}

struct Meters {
    requests: Box<dyn Counter>,
    active: Box<dyn Gauge>,
    sizes: Box<dyn Histogram>,
}

struct Factory {
    config: String,
    meters: Rc<Meters>,
}

impl ExtensionFactory for Factory {
    type Extension = Filter;

    fn name() -> &'static str {
        "guest.stats"
    }

    fn on_configure(&mut self, config: ByteString, _: &dyn ConfigureOps) -> Result<ConfigStatus> {
        self.config = String::from_utf8(config.into_bytes())?;
        log::info!("configured: {}", self.config);
        Ok(ConfigStatus::Accepted)
    }

    fn new_extension(&mut self, _: InstanceId) -> Result<Filter> {
        Ok(Filter { config: self.config.clone(), meters: Rc::clone(&self.meters) })
    }
}

struct Filter {
    config: String,
    meters: Rc<Meters>,
}

impl HttpFilter for Filter {
    fn on_request_headers(
        &mut self,
        count: usize,
        _: bool,
        headers: &dyn RequestHeadersOps,
    ) -> Result<FilterHeadersStatus> {
        self.meters.requests.inc()?;
        self.meters.active.set(4)?;
        self.meters.active.dec()?;
        self.meters.sizes.record(count as u64)?;
        let shared = <dyn SharedData>::default();
        shared.set("guest.sdk", b"kept", None)?;
        let kept = shared.get("guest.sdk")?.0.map(|v| v.to_string()).unwrap_or_default();
        headers.set_request_header("x-kept", &kept)?;
        headers.set_request_header("x-config", &self.config)?;
        headers.remove_request_header("x-secret")?;
        Ok(FilterHeadersStatus::Continue)
    }

    fn on_response_headers(
        &mut self,
        _: usize,
        _: bool,
        headers: &dyn ResponseHeadersOps,
    ) -> Result<FilterHeadersStatus> {
        let requests = self.meters.requests.value()?.to_string();
        headers.set_response_header("x-requests", &requests)?;
        headers.set_response_header("x-active", &self.meters.active.value()?.to_string())?;
        Ok(FilterHeadersStatus::Continue)
    }
}
