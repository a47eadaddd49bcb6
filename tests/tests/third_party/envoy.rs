//! A scenario's world as a real Envoy.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use serinus_rig::{Builder, Envoy, Filter};
use serinus_tests::guest_or_skip;

use crate::keys;
use crate::upstream::Upstream;

const PLUGIN: &[&str] = &["name", "wasm", "root_id", "config", "vm", "fail"];
const HTTP_FILTER: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
const TCP_FILTER: &str = "type.googleapis.com/envoy.extensions.filters.network.wasm.v3.Wasm";
const TCP_PROXY: &str =
    "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
const TEXT: &str = "type.googleapis.com/google.protobuf.StringValue";

/// The Envoy, or nothing where a guest is not to be had here.
pub async fn start(
    scenario: &Value,
    clusters: &BTreeMap<String, Upstream>,
) -> Result<Option<Envoy>> {
    let mut plugins = Vec::new();
    for plugin in keys::list(scenario.get("plugins")) {
        match plugin_config(plugin)? {
            Some(config) => plugins.push((name(plugin), config)),
            None => return Ok(None),
        }
    }
    let workers = scenario.get("workers").and_then(Value::as_u64).unwrap_or(1);
    let mut builder = Envoy::builder().workers(usize::try_from(workers)?).wasm_log_level("info");
    for (name, upstream) in clusters {
        builder = if scenario["protocol"] == "tcp" {
            builder.cluster(name, upstream.addr)
        } else {
            builder.h2c_cluster(name, upstream.addr)
        };
    }
    let builder = if scenario["protocol"] == "tcp" {
        tcp(builder, plugins, clusters.keys().next().cloned().unwrap_or_default())
    } else {
        http(builder, plugins, scenario, clusters)?
    };
    Ok(Some(builder.start().await?))
}

fn http(
    mut builder: Builder,
    plugins: Vec<(String, Value)>,
    scenario: &Value,
    clusters: &BTreeMap<String, Upstream>,
) -> Result<Builder> {
    let updated = keys::list(scenario.get("steps")).any(|step| step.get("configure").is_some());
    for (name, config) in plugins {
        let filter = Filter::raw(&name, json!({ "@type": HTTP_FILTER, "config": config }));
        builder = builder.filter(if updated { filter.ecds() } else { filter });
    }
    let only = clusters.keys().next();
    let mut routes = Vec::new();
    for spec in keys::list(scenario.get("routes")) {
        routes.push(route(spec)?);
    }
    if routes.is_empty() {
        routes.push(json!({ "match": { "prefix": "/" }, "route": { "cluster": only } }));
    }
    Ok(builder.routes(routes))
}

fn route(spec: &Value) -> Result<Value> {
    keys::object(spec, &["name", "match", "cluster"])?;
    keys::object(&spec["match"], &["path", "prefix"])?;
    let mut route = json!({ "match": spec["match"], "route": { "cluster": spec["cluster"] } });
    if let Some(name) = spec.get("name") {
        route["name"] = name.clone();
    }
    Ok(route)
}

/// Network filters in front of a TCP proxy, in place of the rig's HTTP connection manager.
fn tcp(builder: Builder, plugins: Vec<(String, Value)>, cluster: String) -> Builder {
    let mut filters: Vec<Value> = plugins
        .into_iter()
        .map(|(name, config)| {
            json!({ "name": name, "typed_config": { "@type": TCP_FILTER, "config": config } })
        })
        .collect();
    filters.push(json!({
        "name": "tcp",
        "typed_config": { "@type": TCP_PROXY, "stat_prefix": "tcp", "cluster": cluster },
    }));
    builder.patch(move |bootstrap| {
        bootstrap["static_resources"]["listeners"][0]["filter_chains"] =
            json!([{ "filters": filters }]);
    })
}

/// A plugin's name.
pub fn name(plugin: &Value) -> String {
    plugin.get("name").map_or_else(|| "filter".into(), keys::text)
}

fn plugin_config(plugin: &Value) -> Result<Option<Value>> {
    keys::object(plugin, PLUGIN)?;
    let wasm = keys::text(&plugin["wasm"]);
    let Some(guest) = wasm.strip_prefix("guest:") else { bail!("{wasm} is no guest") };
    let Some(module) = guest_or_skip(guest)? else { return Ok(None) };
    let mut vm = json!({
        "runtime": "envoy.wasm.runtime.v8",
        "code": { "local": { "filename": module } },
    });
    if let Some(spec) = plugin.get("vm") {
        keys::object(spec, &["id", "config", "env"])?;
        vm["vm_id"] = spec.get("id").map(keys::text).unwrap_or_default().into();
        vm["configuration"] = text_or_empty(spec.get("config"));
        vm["environment_variables"] = json!({ "key_values": spec.get("env") });
    }
    Ok(Some(json!({
        "name": name(plugin),
        "root_id": plugin.get("root_id").map(keys::text).unwrap_or_default(),
        "failure_policy": policy(plugin.get("fail").map(keys::text).as_deref())?,
        "configuration": text_or_empty(plugin.get("config")),
        "vm_config": vm,
    })))
}

fn policy(fail: Option<&str>) -> Result<&'static str> {
    Ok(match fail {
        None | Some("closed") => "FAIL_CLOSED",
        Some("open") => "FAIL_OPEN",
        Some("reload") => "FAIL_RELOAD",
        Some(other) => bail!("fail: {other}"),
    })
}

fn text_or_empty(config: Option<&Value>) -> Value {
    json!({ "@type": TEXT, "value": config.map(keys::text).unwrap_or_default() })
}
