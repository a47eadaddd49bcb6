//! The testbed of a scenario: upstreams and an Envoy.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use serinus_rig::{Builder, Envoy, FailurePolicy, Filter, Upstream, Wasm};

use super::scenario::{Behaviour, Fail, Plugin, Protocol, Retry, Route, Scenario};
use super::tcp::{self, Server};

/// What runs.
pub struct Testbed {
    pub envoy: Envoy,
    pub upstreams: BTreeMap<String, Upstream>,
    servers: BTreeMap<String, Server>,
}

impl Testbed {
    /// Starts all that the scenario names, with this module as the filter.
    pub async fn start(scenario: &Scenario, module: &Path) -> Result<Self> {
        if scenario.protocol == Protocol::Tcp {
            return Self::start_tcp(scenario, module).await;
        }
        let mut upstreams = BTreeMap::new();
        let mut builder = Envoy::builder().workers(scenario.workers);
        for (name, behaviour) in &scenario.clusters {
            let upstream = Upstream::start(name.as_str()).await?;
            upstream.keep_headers();
            behave(&upstream, behaviour).await?;
            builder = cluster(builder, name, behaviour, &upstream);
            upstreams.insert(name.clone(), upstream);
        }
        for plugin in &scenario.plugins {
            builder = builder.filter(wasm(plugin, module));
        }
        builder = builder.routes(routes(scenario)?);
        Ok(Self { envoy: builder.start().await?, upstreams, servers: BTreeMap::new() })
    }

    async fn start_tcp(scenario: &Scenario, module: &Path) -> Result<Self> {
        let mut builder = Envoy::builder().workers(scenario.workers).routes([]);
        let mut servers = BTreeMap::new();
        for (name, behaviour) in &scenario.clusters {
            let server = Server::start(behaviour.clone()).await?;
            let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
            let addr = if behaviour.connect_fail { nobody } else { server.addr };
            builder = builder.cluster(name, addr);
            servers.insert(name.clone(), server);
        }
        let cluster = scenario.clusters.keys().next().context("no cluster")?;
        let filters = tcp::filters(&scenario.plugins, module, cluster);
        let builder = builder.patch(move |bootstrap| {
            let chain = &mut bootstrap["static_resources"]["listeners"][0]["filter_chains"][0];
            chain["filters"] = filters.clone();
        });
        Ok(Self { envoy: builder.start().await?, upstreams: BTreeMap::new(), servers })
    }

    /// The names of addresses.
    pub fn names(&self) -> Vec<(String, String)> {
        let upstreams =
            self.upstreams.iter().map(|(name, up)| (up.addr().to_string(), format!("<{name}>")));
        let servers = self
            .servers
            .iter()
            .map(|(name, server)| (server.addr.to_string(), format!("<{name}>")));
        upstreams
            .chain(servers)
            .chain([(self.envoy.addr().to_string(), "<envoy>".into())])
            .collect()
    }
}

fn cluster(builder: Builder, name: &str, behaviour: &Behaviour, upstream: &Upstream) -> Builder {
    match behaviour {
        Behaviour { no_host: true, .. } => builder.cluster(name, ()),
        _ if speaks_http2(behaviour) => builder.h2c_cluster(name, upstream),
        _ => builder.cluster(name, upstream),
    }
}

/// Whether a cluster speaks HTTP/2: trailers need it.
pub fn speaks_http2(behaviour: &Behaviour) -> bool {
    let grpc = behaviour.grpc.is_some() || behaviour.grpc_trailers_only.is_some();
    grpc || !behaviour.trailers.is_empty()
}

/// Lets an upstream behave so from now on.
pub async fn behave(upstream: &Upstream, behaviour: &Behaviour) -> Result<()> {
    if behaviour.connect_fail {
        return Ok(upstream.stop().await?);
    }
    upstream.restart().await?;
    upstream.behave(rig_behaviour(behaviour));
    Ok(())
}

fn rig_behaviour(behaviour: &Behaviour) -> serinus_rig::Behaviour {
    type Rig = serinus_rig::Behaviour;
    let mut rig = match behaviour {
        Behaviour { timeout: true, .. } => Rig::hang(),
        Behaviour { reset: true, .. } => Rig::reset(),
        Behaviour { reset_after_headers: true, .. } => Rig::reset_after_headers(),
        _ => answer(behaviour),
    };
    for (name, value) in &behaviour.headers {
        rig = rig.header(name, value);
    }
    rig.latency(behaviour.latency)
}

fn answer(behaviour: &Behaviour) -> serinus_rig::Behaviour {
    type Rig = serinus_rig::Behaviour;
    const GRPC: (&str, &str) = ("content-type", "application/grpc");
    let status = behaviour.status.unwrap_or(200);
    if let Some(code) = behaviour.grpc_trailers_only {
        let code = code.to_string();
        let none: [Vec<u8>; 0] = [];
        return Rig::sends(200, none, Duration::ZERO)
            .header(GRPC.0, GRPC.1)
            .header("grpc-status", &code);
    }
    let mut body = behaviour.body.bytes();
    if behaviour.grpc.is_some() && body.is_empty() {
        body = vec![0; 5];
    }
    let count = behaviour.chunks.unwrap_or(1).max(1);
    let size = body.len().div_ceil(count).max(1);
    let pieces: Vec<Vec<u8>> = body.chunks(size).map(<[u8]>::to_vec).collect();
    let mut rig = Rig::sends(status, pieces, behaviour.every);
    if let Some(code) = behaviour.grpc {
        rig = rig.header(GRPC.0, GRPC.1).trailer("grpc-status", &code.to_string());
    }
    for (name, value) in &behaviour.trailers {
        rig = rig.trailer(name, value);
    }
    rig
}

fn wasm(plugin: &Plugin, module: &Path) -> Wasm {
    let mut wasm = Filter::wasm(&plugin.name)
        .module(module)
        .root_id(&plugin.root_id)
        .vm_id(&plugin.vm.id)
        .config_text(&Plugin::text(&plugin.config))
        .failure_policy(match plugin.fail {
            Fail::Closed => FailurePolicy::Closed,
            Fail::Open => FailurePolicy::Open,
            Fail::Reload => FailurePolicy::Reload,
        })
        .ecds();
    for (key, value) in &plugin.vm.env {
        wasm = wasm.env(key, value);
    }
    if plugin.stop_iteration {
        wasm = wasm.options(json!({ "allow_on_headers_stop_iteration": true }));
    }
    wasm
}

fn routes(scenario: &Scenario) -> Result<Vec<Value>> {
    if scenario.routes.is_empty() {
        let only = scenario.clusters.keys().next().context("no cluster")?;
        return Ok(vec![
            json!({ "name": "default", "match": { "prefix": "/" }, "route": { "cluster": only } }),
        ]);
    }
    Ok(scenario.routes.iter().map(route).collect())
}

fn route(route: &Route) -> Value {
    let headers = route.matches.headers.iter();
    let headers: Vec<Value> = headers
        .map(|(name, value)| json!({ "name": name, "string_match": { "exact": value } }))
        .collect();
    let mut matches = match &route.matches.path {
        Some(path) => json!({ "path": path }),
        None => json!({ "prefix": route.matches.prefix.as_deref().unwrap_or("/") }),
    };
    matches["headers"] = headers.into();
    let mut json = json!({ "name": route.name.clone().unwrap_or_default(), "match": matches });
    if let Some(direct) = &route.direct {
        json["direct_response"] =
            json!({ "status": direct.status, "body": { "inline_string": direct.body } });
    } else if let Some(path) = &route.redirect {
        json["redirect"] = json!({ "path_redirect": path });
    } else {
        json["route"] = action(route);
    }
    json
}

fn action(route: &Route) -> Value {
    let mut action = json!({ "cluster": route.cluster });
    if let Some(timeout) = route.timeout {
        action["timeout"] = seconds(timeout);
    }
    if let Some(timeout) = route.idle_timeout {
        action["idle_timeout"] = seconds(timeout);
    }
    if let Some(retry) = &route.retry {
        action["retry_policy"] = retry_policy(retry);
    }
    action
}

fn retry_policy(retry: &Retry) -> Value {
    let mut policy = json!({ "retry_on": retry.on.join(","), "num_retries": retry.attempts });
    if let Some(timeout) = retry.per_try_timeout {
        policy["per_try_timeout"] = seconds(timeout);
    }
    policy
}

fn seconds(duration: Duration) -> Value {
    format!("{}s", duration.as_secs_f64()).into()
}
