//! One per worker: the configuration and the metrics.

use crate::check::Check;
use crate::config::Config;
use proxy_wasm::hostcalls::{define_metric, increment_metric};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{ContextType, MetricType};
use std::rc::Rc;

/// The counters that the filter keeps.
#[derive(Clone, Copy, Default)]
pub struct Metrics {
    /// Requests that passed.
    pub passed: u32,
    /// Requests without a token, or with one that the cluster does not know.
    pub denied: u32,
    /// Requests of tokens that had passed too often.
    pub over_quota: u32,
    /// Answers that were remembered, so that the cluster was not asked.
    pub remembered: u32,
}

impl Metrics {
    fn define() -> Self {
        let counter = |name| define_metric(MetricType::Counter, name).unwrap_or_default();
        Self {
            passed: counter("token_check.passed"),
            denied: counter("token_check.denied"),
            over_quota: counter("token_check.over_quota"),
            remembered: counter("token_check.remembered"),
        }
    }
}

/// Adds one to a counter.
pub fn add_one(metric: u32) {
    if let Err(status) = increment_metric(metric, 1) {
        log::error!("a metric was not counted: {status:?}");
    }
}

/// The plugin on one worker.
#[derive(Default)]
pub struct Root {
    config: Option<Rc<Config>>,
    metrics: Metrics,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _: usize) -> bool {
        let bytes = self.get_plugin_configuration().unwrap_or_default();
        match serde_json::from_slice(&bytes) {
            Ok(config) => {
                self.config = Some(Rc::new(config));
                self.metrics = Metrics::define();
                true
            }
            Err(error) => {
                log::error!("the configuration is refused: {error}");
                false
            }
        }
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        let config = Rc::clone(self.config.as_ref()?);
        Some(Box::new(Check::new(config, self.metrics)))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
