//! What an Envoy is started with.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::bootstrap::{bootstrap, cluster, cohort_routes, default_tags};
use super::ecds::Discovery;
use super::filter::Filter;
use super::process::Process;
use super::{Envoy, Files};
use crate::{Error, Result, Upstream, envoy_binary};

type Patch = Box<dyn Fn(&mut Value) + Send + Sync>;

/// An Envoy in the making: one listener, its filters, routes and clusters.
#[must_use = "a builder does nothing until it is started"]
pub struct Builder {
    pub(super) clusters: Vec<Value>,
    pub(super) stats_tags: Vec<Value>,
    pub(super) internal_only_headers: Vec<String>,
    pub(super) exact_balance: bool,
    pub(super) hcm: Value,
    pub(super) patches: Vec<Patch>,
    workers: usize,
    filters: Vec<Filter>,
    first_routes: Vec<Value>,
    routes: Option<Vec<Value>>,
    route_options: Value,
    access_log: bool,
    log_level: String,
    wasm_log_level: String,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            clusters: Vec::new(),
            stats_tags: default_tags(),
            internal_only_headers: Vec::new(),
            exact_balance: true,
            hcm: json!({}),
            patches: Vec::new(),
            workers: 2,
            filters: Vec::new(),
            first_routes: Vec::new(),
            routes: None,
            route_options: json!({}),
            access_log: true,
            log_level: "info".into(),
            wasm_log_level: "info".into(),
        }
    }

    /// How many worker threads; 2 by default.
    pub fn workers(mut self, count: usize) -> Self {
        self.workers = count;
        self
    }

    /// A cluster of upstreams, over HTTP/1.1. The default routes know `baseline` and `canary`.
    pub fn cluster(self, name: &str, endpoints: impl Endpoints) -> Self {
        let cluster = cluster(name, &endpoints.addresses(), false);
        self.raw_cluster(cluster)
    }

    /// A cluster of upstreams, over HTTP/2 by prior knowledge, as gRPC needs.
    pub fn h2c_cluster(self, name: &str, endpoints: impl Endpoints) -> Self {
        let cluster = cluster(name, &endpoints.addresses(), true);
        self.raw_cluster(cluster)
    }

    /// Any cluster.
    pub fn raw_cluster(mut self, cluster: Value) -> Self {
        self.clusters.push(cluster);
        self
    }

    /// The next filter of the chain; the router comes after the last.
    pub fn filter(mut self, filter: impl Into<Filter>) -> Self {
        self.filters.push(filter.into());
        self
    }

    /// A route before the others.
    pub fn route(mut self, route: Value) -> Self {
        self.first_routes.push(route);
        self
    }

    /// These routes instead of the two by cohort.
    pub fn routes(mut self, routes: impl IntoIterator<Item = Value>) -> Self {
        self.routes = Some(routes.into_iter().collect());
        self
    }

    /// More for the actions of the two routes by cohort: `json!({ "timeout": "0.2s", "retry_policy": {...} })`.
    pub fn route_options(mut self, options: Value) -> Self {
        self.route_options = options;
        self
    }

    /// A header that no client may send.
    pub fn internal_only_header(mut self, name: &str) -> Self {
        self.internal_only_headers.push(name.into());
        self
    }

    /// Settings of the HTTP connection manager, over the rig's own.
    pub fn hcm(mut self, settings: Value) -> Self {
        self.hcm = settings;
        self
    }

    /// Other tags than those that turn Serinus' metric names into labels: pairs of a tag's name and its regex.
    pub fn stats_tags(mut self, tags: &[(&str, &str)]) -> Self {
        self.stats_tags =
            tags.iter().map(|(name, regex)| json!({ "tag_name": name, "regex": regex })).collect();
        self
    }

    /// Lets the kernel choose the worker for a connection; by default Envoy spreads them exactly.
    pub fn kernel_balance(mut self) -> Self {
        self.exact_balance = false;
        self
    }

    /// No access log, for measurements.
    pub fn without_access_log(mut self) -> Self {
        self.access_log = false;
        self
    }

    /// The log level of Envoy, `info` by default.
    pub fn log_level(mut self, level: &str) -> Self {
        self.log_level = level.into();
        self
    }

    /// The log level of plugins, `info` by default.
    pub fn wasm_log_level(mut self, level: &str) -> Self {
        self.wasm_log_level = level.into();
        self
    }

    /// A last word on the whole bootstrap configuration.
    pub fn patch(mut self, patch: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.patches.push(Box::new(patch));
        self
    }

    /// Starts it, and waits until it serves.
    ///
    /// # Errors
    /// [`Error::EnvoyEnded`] with the end of its log if it does not come up.
    pub async fn start(mut self) -> Result<Envoy> {
        let files = Files::create()?;
        let (entries, discoveries) = self.place_filters(&files.dir)?;
        let access_log = self.access_log.then(|| files.access_log());
        let bootstrap = bootstrap(&self, entries, access_log.as_deref());
        let config = files.path("bootstrap.json");
        let text = serde_json::to_string_pretty(&bootstrap)?;
        fs::write(&config, text).map_err(Error::file(&config))?;
        let process = Process::spawn(self.command(&files)?, &files.log())?;
        Envoy::connect(files, process, discoveries).await
    }

    pub(super) fn all_routes(&self) -> Vec<Value> {
        let rest = self.routes.clone().unwrap_or_else(|| cohort_routes(&self.route_options));
        self.first_routes.iter().cloned().chain(rest).collect()
    }

    /// The entries of the chain; filters under discovery are written to their files.
    fn place_filters(&mut self, dir: &TempDir) -> Result<(Vec<Value>, Vec<Discovery>)> {
        let (mut entries, mut discoveries) = (Vec::new(), Vec::new());
        for filter in std::mem::take(&mut self.filters) {
            if filter.ecds {
                let discovery = Discovery::publish(filter, dir.path())?;
                entries.push(discovery.reference());
                discoveries.push(discovery);
            } else {
                entries.push(json!({ "name": filter.name, "typed_config": filter.typed_config }));
            }
        }
        Ok((entries, discoveries))
    }

    fn command(&self, files: &Files) -> Result<Command> {
        let mut command = Command::new(envoy_binary()?);
        command
            .arg("--config-path")
            .arg(files.path("bootstrap.json"))
            .arg("--admin-address-path")
            .arg(files.admin_address())
            .args(["--concurrency", &self.workers.to_string()])
            .args(["--log-level", &self.log_level])
            .args(["--component-log-level", &format!("wasm:{}", self.wasm_log_level)])
            .args(["--file-flush-interval-msec", "50"])
            .arg("--disable-hot-restart");
        Ok(command)
    }
}

/// What a cluster consists of: an upstream, several, addresses, or nothing: `()`.
pub trait Endpoints {
    /// The addresses.
    fn addresses(&self) -> Vec<SocketAddr>;
}

impl Endpoints for &Upstream {
    fn addresses(&self) -> Vec<SocketAddr> {
        vec![self.addr()]
    }
}

impl Endpoints for SocketAddr {
    fn addresses(&self) -> Vec<SocketAddr> {
        vec![*self]
    }
}

impl<T: Endpoints> Endpoints for Vec<T> {
    fn addresses(&self) -> Vec<SocketAddr> {
        self.iter().flat_map(Endpoints::addresses).collect()
    }
}

impl<T: Endpoints, const N: usize> Endpoints for [T; N] {
    fn addresses(&self) -> Vec<SocketAddr> {
        self.iter().flat_map(Endpoints::addresses).collect()
    }
}

/// A cluster without a host.
impl Endpoints for () {
    fn addresses(&self) -> Vec<SocketAddr> {
        Vec::new()
    }
}
