//! How a proxy is set up.

use super::api::Proxy;
use super::simulation::{Settings, Simulation};
use super::workers::ConfigureError;
use crate::abi::LogLevel;
use crate::filter::Filter;
use crate::process::{Limits, Process};
use crate::state::{PluginInfo, VmInfo};
use crate::stream::GivenProperties;
use crate::upstream::{Cluster, Route};
use bytes::Bytes;
use hashbrown::HashMap;
use std::rc::Rc;
use thiserror::Error;

/// Monday, 5 January 2026, 09:00 UTC: when virtual time begins if nobody says.
const START: u64 = 1_767_603_600_000_000_000;

/// What becomes of streams when a plugin's VM has died: Envoy's `failure_policy`.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let policy = |policy| {
///     let plugin = Plugin::new(&example::filter().unwrap()).name("mine").fail(policy);
///     let mut proxy = Proxy::builder()
///         .plugin(plugin)
///         .route(Route::to("up"))
///         .cluster("up", Cluster::new(Behaviour::body("hello")))
///         .start()
///         .unwrap();
///     proxy.send(Request::get("/").header("x-crash", "now"));
///     proxy.advance(std::time::Duration::from_secs(2));
///     proxy.send(Request::get("/")).and_then(|over| over.status())
/// };
/// assert_eq!(policy(FailurePolicy::Closed), Some(503));
/// assert_eq!(policy(FailurePolicy::Open), Some(200));
/// assert_eq!(policy(FailurePolicy::Reload), Some(200));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailurePolicy {
    /// Streams are answered with 503.
    #[default]
    Closed,
    /// Streams pass without the plugin.
    Open,
    /// The VM is loaded again at the next stream, at the earliest a second after it was loaded.
    Reload,
}

/// A plugin could not be started. Envoy would not start either.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let plugin = Plugin::new(&example::filter()?).name("mine").config("bad");
/// let error: StartError = Proxy::builder().plugin(plugin).start().err().unwrap();
/// assert_eq!((error.plugin.as_str(), error.refused), ("mine", ConfigureError::Configuration));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("plugin {plugin:?}: {refused}{}", said(logs))]
#[non_exhaustive]
pub struct StartError {
    /// The plugin's name.
    pub plugin: String,
    /// What became of its start.
    pub refused: ConfigureError,
    /// What plugins have logged until then, each line with its level.
    pub logs: Box<[String]>,
}

/// The last of it, line by line.
fn said(logs: &[String]) -> String {
    const SHOWN: usize = 10;
    let last = logs.iter().skip(logs.len().saturating_sub(SHOWN));
    last.map(|line| format!("\n    {line}")).collect()
}

/// A filter with its configuration.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let plugin = Plugin::new(&example::filter()?)
///     .name("mine")
///     .root_id("one-of-several-in-the-module")
///     .config(r#"{"share": "5%"}"#)
///     .vm_id("shop")
///     .vm_config("for proxy_on_vm_start")
///     .env("REGION", "eu-west")
///     .fail(FailurePolicy::Reload)
///     .allow_stop_iteration(true);
/// let proxy = Proxy::builder().plugin(plugin).start()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Plugin {
    filter: Filter,
    pub(super) info: PluginParts,
    vm: VmInfo,
    policy: FailurePolicy,
}

#[derive(Clone, Debug)]
pub(super) struct PluginParts {
    pub(super) name: Rc<str>,
    root_id: String,
    configuration: Bytes,
    allow_stop_iteration: bool,
}

impl Plugin {
    /// A filter without a name or a configuration.
    pub fn new(filter: &Filter) -> Self {
        let info = PluginParts {
            name: Rc::from(""),
            root_id: String::new(),
            configuration: Bytes::new(),
            allow_stop_iteration: false,
        };
        let (vm, policy) = (VmInfo::default(), FailurePolicy::default());
        Self { filter: filter.clone(), info, vm, policy }
    }

    /// Envoy's `name`.
    pub fn name(mut self, name: &str) -> Self {
        self.info.name = Rc::from(name);
        self
    }

    /// Envoy's `root_id`.
    pub fn root_id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.info.root_id);
        self
    }

    /// Envoy's `configuration`.
    pub fn config(mut self, configuration: impl Into<Bytes>) -> Self {
        self.info.configuration = configuration.into();
        self
    }

    /// Envoy's `vm_id`.
    pub fn vm_id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.vm.id);
        self
    }

    /// Envoy's `configuration` of the VM.
    pub fn vm_config(mut self, configuration: impl Into<Bytes>) -> Self {
        self.vm.configuration = configuration.into();
        self
    }

    /// One of Envoy's `environment_variables`.
    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.vm.environment.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Envoy's `failure_policy`.
    pub fn fail(mut self, policy: FailurePolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Envoy's `allow_on_headers_stop_iteration`.
    pub fn allow_stop_iteration(mut self, allow: bool) -> Self {
        self.info.allow_stop_iteration = allow;
        self
    }

    pub(super) fn into_parts(self) -> (Filter, Rc<VmInfo>, Rc<PluginInfo>, FailurePolicy) {
        let PluginParts { name, root_id, configuration, allow_stop_iteration } = self.info;
        let info = PluginInfo { name, root_id, configuration, allow_stop_iteration };
        (self.filter, Rc::new(self.vm), Rc::new(info), self.policy)
    }
}

/// A proxy to be started.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// use serinus_host::process::{Limits, LogLevel};
///
/// let mut proxy = Proxy::builder()
///     .workers(4)
///     .seed(7)
///     .start_at(1_767_603_600_000_000_000)
///     .races(0.2)
///     .log_level(LogLevel::Debug)
///     .limits(Limits::default())
///     .plugin(Plugin::new(&example::filter()?))
///     .route(Route::to("up"))
///     .cluster("up", Cluster::new(Behaviour::status(204)))
///     .start()
///     .unwrap();
/// assert_eq!(proxy.send(Request::get("/")).unwrap().status(), Some(204));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    workers: u32,
    seed: u64,
    start: u64,
    races: f64,
    log_level: LogLevel,
    limits: Limits,
    plugins: Vec<Plugin>,
    routes: Vec<Route>,
    clusters: HashMap<Rc<str>, Cluster>,
    tcp: Option<Rc<str>>,
    properties: Vec<(String, Bytes)>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            workers: 1,
            seed: 1,
            start: START,
            races: 0.0,
            log_level: LogLevel::Info,
            limits: Limits::default(),
            plugins: Vec::new(),
            routes: Vec::new(),
            clusters: HashMap::new(),
            tcp: None,
            properties: Vec::new(),
        }
    }

    /// Runs so many workers, 1 to 1024; 1 if nobody says. The main thread has a VM besides.
    pub fn workers(mut self, count: u32) -> Self {
        self.workers = count.clamp(1, 1024);
        self
    }

    /// Decides everything that is left to chance: the same seed gives the same run.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Starts virtual time at this moment, nanoseconds since 1970.
    pub fn start_at(mut self, nanoseconds: u64) -> Self {
        self.start = nanoseconds;
        self
    }

    /// The chance that a call on what workers share is interrupted by another worker's work, from 0 to 1.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// // Lost updates of shared data show themselves, and again under the same seed.
    /// let proxy = example::builder()?.workers(2).races(0.5).seed(3).start()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn races(mut self, chance: f64) -> Self {
        self.races = chance.clamp(0.0, 1.0);
        self
    }

    /// Logs no lines below this level.
    pub fn log_level(mut self, level: LogLevel) -> Self {
        self.log_level = level;
        self
    }

    /// Lets filters take so much of the machine.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds a filter behind those that are there.
    pub fn plugin(mut self, plugin: Plugin) -> Self {
        self.plugins.push(plugin);
        self
    }

    /// Adds a route, which is tried after those that are there.
    pub fn route(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }

    /// Adds a cluster, or replaces the one of that name.
    pub fn cluster(mut self, name: &str, cluster: Cluster) -> Self {
        self.clusters.insert(Rc::from(name), cluster);
        self
    }

    /// The plugins are network filters: connections ([`Proxy::connect`]) go through them to this cluster, unless one of
    /// them chooses another with `set_envoy_filter_state`.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = Proxy::builder()
    ///     .plugin(Plugin::new(&example::filter()?))
    ///     .cluster("db", Cluster::new(Behaviour::body("welcome")))
    ///     .tcp("db")
    ///     .start()
    ///     .unwrap();
    /// let id = proxy.connect([10, 0, 0, 1].into(), None);
    /// proxy.write(id, b"hi");
    /// proxy.advance(std::time::Duration::from_secs(1));
    /// assert_eq!(proxy.connection(id).unwrap().received, b"welcome");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tcp(mut self, cluster: &str) -> Self {
        self.tcp = Some(Rc::from(cluster));
        self
    }

    /// What [`Request::property`](super::Request::property) says, for every stream, and for what plugins do without one.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let proxy = example::builder()?.property("xds.node.metadata.NAMESPACE", "shop").start()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn property(mut self, path: &str, value: impl Into<Bytes>) -> Self {
        self.properties.push((path.to_owned(), value.into()));
        self
    }

    /// Starts it: every plugin is configured on every thread.
    ///
    /// # Errors
    /// If a plugin refuses its configuration, or dies of it.
    pub fn start(self) -> Result<Proxy, StartError> {
        let given = GivenProperties::new(&self.properties);
        let process = Process { given, ..Process::new(self.start, self.seed, self.limits) };
        let settings = Settings {
            workers: self.workers,
            seed: self.seed,
            races: self.races,
            log_level: self.log_level,
            routes: self.routes,
            clusters: self.clusters,
            tcp_cluster: self.tcp,
        };
        let simulation = Simulation::new(process, settings);
        for plugin in self.plugins {
            simulation.load(plugin)?;
        }
        Ok(Proxy::new(simulation))
    }
}
