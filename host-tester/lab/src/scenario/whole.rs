//! The outermost mapping of a scenario's file, and what follows from it where it says nothing.

use super::Scenario;
use super::cluster::Behaviour;
use super::expectation::{Check, Expectation};
use super::extension::CONFIG;
use super::plugin::{Config, PluginSpec, SourcedConfig};
use super::properties::Properties;
use super::read::Share;
use super::read::declare::{choice, shape};
use super::read::decode::{Mistakes, Node};
use super::route::RouteSpec;
use super::sense;
use super::step::{Action, Step};
use super::traffic::Traffic;
use crate::rollout_file::{Places, Source};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

choice! {
    /// What kind of traffic a scenario is about.
    ///
    /// ```
    /// use serinus_lab::scenario::{Protocol, Scenario, Source};
    ///
    /// let text = "{ scenario: bytes, protocol: tcp, plugins: [{ name: mine, wasm: mine.wasm }] }";
    /// let scenario = Scenario::parse(Source::new("mine.yaml", text))?;
    /// assert_eq!(scenario.protocol, Protocol::Tcp);
    /// # Ok::<(), serinus_lab::scenario::ScenarioError>(())
    /// ```
    pub Protocol {
        /// Requests and answers: plugins are HTTP filters.
        Http = "http",
        /// Bytes: plugins are network filters in front of a cluster.
        Tcp = "tcp",
    }
}

/// A Monday morning, as most rollouts begin on: 2026-01-05T09:00:00Z.
fn monday() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_603_600)
}

shape! {
    /// A scenario: what runs, what the world around it does, and what should come of it.
    pub(super) Whole {
        /// What it shows; the name under which its result is reported.
        scenario: String,
        /// More about it.
        description: Option<String>,
        /// Why it cannot run on a real Envoy.
        only_host: Option<String>,
        /// The only plugin runs with this configuration from elsewhere.
        sourced("{config}"): Option<SourcedConfig>,
        /// These plugins run, in this order.
        plugins: Option<Vec<PluginSpec>>,
        /// What kind of traffic it is about; `http` by default.
        protocol: Protocol = Protocol::Http,
        /// How many workers, from 1 to 64; 1 by default.
        workers: u32 = 1,
        /// Of everything that is drawn; 1 by default. `--seed` wins.
        seed: u64 = 1,
        /// The virtual clock at the start; 2026-01-05T09:00:00Z, a Monday, by default.
        start: SystemTime = monday(),
        /// The chance that a call on shared state is interrupted by another worker's work; 0% by default.
        races: Share = Share::NONE,
        /// Properties that filters find under these paths, in place of the host's own: what it does not simulate, such as
        /// `connection.tls_version` and `metadata.filter_metadata...`. A number is handed over in 64 bits, a truth as a
        /// byte, a path above several as a map. Not for a real Envoy: say `only_host`.
        properties: Properties,
        /// The route table; the first route that matches is taken. By default the rollout's route header chooses between
        /// the clusters `baseline` and `canary`, or everything goes to the only cluster. With TCP one, which says only its
        /// cluster.
        routes: Option<Vec<RouteSpec>>,
        /// The upstream clusters, and how they behave over time. By default `upstream`, which answers 200.
        clusters: Option<BTreeMap<String, Behaviour>>,
        /// Open load.
        traffic: Vec<Traffic>,
        /// What is done one after the other.
        steps: Vec<Step>,
        /// How long it lasts; by default until the last step and all traffic are over and every stream has ended.
        lasts("for"): Option<Duration>,
        /// The plugin that refuses to start, so that nothing else can be expected: Envoy would not start either.
        refused: Option<String>,
        /// What should hold of the whole.
        expect: Vec<Expectation>,
    }
}

impl Whole {
    /// The scenario, or what keeps it from making sense. What its configurations say is known.
    pub(super) fn compile(
        self,
        node: &Node<'_>,
        source: &Source,
        places: &Places,
        mistakes: &mut Mistakes,
    ) -> Option<Scenario> {
        let plugins = plugins(self.plugins, self.sourced, node, mistakes);
        let clusters = self
            .clusters
            .unwrap_or_else(|| BTreeMap::from([("upstream".to_owned(), Behaviour::plain())]));
        let routes = match (self.protocol, self.routes) {
            (Protocol::Http, None) => {
                default_routes(&clusters, plugins.as_deref().unwrap_or_default(), node, mistakes)
            }
            (_, routes) => Some(routes.unwrap_or_default()),
        };
        let mut scenario = Scenario {
            source: source.clone(),
            places: places.clone(),
            extensions: mistakes.extensions,
            name: self.scenario,
            description: self.description,
            only_host: self.only_host,
            plugins: plugins?,
            protocol: self.protocol,
            workers: self.workers,
            seed: self.seed,
            start: self.start,
            races: self.races,
            properties: self.properties,
            routes: routes?,
            clusters,
            traffic: self.traffic,
            steps: self.steps,
            lasts: self.lasts,
            refused: self.refused,
            expect: self.expect,
        };
        complete(&mut scenario);
        sense::check(&scenario, mistakes);
        Some(scenario)
    }
}

fn plugins(
    plugins: Option<Vec<PluginSpec>>,
    sourced: Option<SourcedConfig>,
    node: &Node<'_>,
    mistakes: &mut Mistakes,
) -> Option<Vec<PluginSpec>> {
    let source = mistakes.extensions.configs;
    match (plugins, sourced) {
        (Some(plugins), None) if !plugins.is_empty() => Some(plugins),
        (None, Some(config)) => {
            let name = source.map_or("filter", |source| source.plugin_name());
            Some(vec![PluginSpec::only(name, config)])
        }
        (Some(_), Some(_)) => {
            let key = mistakes.extensions.field(CONFIG);
            node.fail(mistakes, format!("has `{key}` and `plugins`: say one of them"))
        }
        _ => {
            let other = source.map(|source| format!("`{0}: {0}.yaml`, or ", source.key()));
            let other = other.unwrap_or_default();
            let remedy = format!("say {other}`plugins: [{{ wasm: filter.wasm }}]`");
            mistakes.add_with(node.path.as_str(), "nothing runs", remedy);
            None
        }
    }
}

/// What the configurations and the clusters suggest, or the only way to go.
fn default_routes(
    clusters: &BTreeMap<String, Behaviour>,
    plugins: &[PluginSpec],
    node: &Node<'_>,
    mistakes: &mut Mistakes,
) -> Option<Vec<RouteSpec>> {
    let source = mistakes.extensions.configs;
    let configs: Vec<&Value> = plugins.iter().filter_map(sourced).collect();
    if let Some(routes) = source.and_then(|source| source.routes(clusters, &configs)) {
        return Some(routes);
    }
    let mut names = clusters.keys();
    match (names.next(), names.next()) {
        (Some(only), None) => Some(vec![RouteSpec::to(only)]),
        _ => {
            let others = source.map_or("", |source| source.routed_clusters());
            let remedy = format!("say which requests go where, or have one cluster{others}");
            mistakes.add_with(
                node.key("routes"),
                "missing, and required with these clusters",
                remedy,
            );
            None
        }
    }
}

fn sourced(plugin: &PluginSpec) -> Option<&Value> {
    match &plugin.config {
        Config::Sourced(config) => Some(&config.value),
        Config::Bytes(_) => None,
    }
}

/// Fills in what a part leaves to the whole.
fn complete(scenario: &mut Scenario) {
    let users = scenario.traffic.iter().find_map(|traffic| traffic.users.as_ref());
    let header = users.map_or("x-user-id", |users| users.header.as_str()).to_owned();
    for expectation in &mut scenario.expect {
        if let Check::User { header: own, .. } = &mut expectation.check
            && own.is_empty()
        {
            own.clone_from(&header);
        }
    }
    let only = match scenario.plugins.as_slice() {
        [only] => only.name.clone(),
        _ => return,
    };
    for step in &mut scenario.steps {
        if let Action::Configure(configure) = &mut step.action
            && configure.plugin.is_empty()
        {
            configure.plugin.clone_from(&only);
        }
    }
}
