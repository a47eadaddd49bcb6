//! A scenario as an Envoy's configuration.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use serde_json::{Value, json};
use serinus_lab::scenario::matcher::Matcher;
use serinus_lab::scenario::plugin::{FailurePolicy, PluginSpec};
use serinus_lab::scenario::route::{Retry, RetryOn, RouteSpec, RouteTarget};
use serinus_lab::scenario::step::Action;
use serinus_lab::scenario::{Protocol, Scenario};
use serinus_rig::{Builder, Envoy, Filter};

use crate::entries;

const HTTP_FILTER: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
const TCP_FILTER: &str = "type.googleapis.com/envoy.extensions.filters.network.wasm.v3.Wasm";
const TCP_PROXY: &str =
    "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
const TEXT: &str = "type.googleapis.com/google.protobuf.StringValue";

/// The Envoy of a scenario, in front of servers at these addresses.
pub async fn start(
    scenario: &Scenario,
    clusters: &BTreeMap<String, SocketAddr>,
    access_log: &Path,
) -> Result<Envoy> {
    ensure!(scenario.properties.0.is_empty(), "a real Envoy takes no properties");
    let mut builder =
        Envoy::builder().workers(usize::try_from(scenario.workers)?).wasm_log_level("info");
    for (name, addr) in clusters {
        builder = match scenario.protocol {
            Protocol::Tcp => builder.cluster(name, *addr),
            Protocol::Http => builder.h2c_cluster(name, *addr),
        };
    }
    let builder = match scenario.protocol {
        Protocol::Tcp => tcp(builder, scenario)?,
        Protocol::Http => http(builder, scenario)?.patch(entries::log_to(access_log)),
    };
    Ok(builder.start().await?)
}

fn http(mut builder: Builder, scenario: &Scenario) -> Result<Builder> {
    let updated = scenario.steps.iter().any(|step| matches!(step.action, Action::Configure(_)));
    for spec in &scenario.plugins {
        let config = json!({ "@type": HTTP_FILTER, "config": plugin(spec)? });
        let filter = Filter::raw(&spec.name, config);
        builder = builder.filter(if updated { filter.ecds() } else { filter });
    }
    let routes = scenario.routes.iter().map(route);
    Ok(builder.routes(routes.collect::<Result<Vec<_>>>()?))
}

/// Network filters in front of a TCP proxy, in place of the rig's HTTP connection manager.
fn tcp(builder: Builder, scenario: &Scenario) -> Result<Builder> {
    let mut filters = Vec::new();
    for spec in &scenario.plugins {
        let config = json!({ "@type": TCP_FILTER, "config": plugin(spec)? });
        filters.push(json!({ "name": spec.name, "typed_config": config }));
    }
    filters.push(json!({
        "name": "tcp",
        "typed_config": { "@type": TCP_PROXY, "stat_prefix": "tcp", "cluster": scenario.tcp_cluster() },
    }));
    Ok(builder.patch(move |bootstrap| {
        bootstrap["static_resources"]["listeners"][0]["filter_chains"] =
            json!([{ "filters": filters }]);
    }))
}

fn plugin(spec: &PluginSpec) -> Result<Value> {
    let policy = match spec.fail {
        FailurePolicy::Closed => "FAIL_CLOSED",
        FailurePolicy::Open => "FAIL_OPEN",
        FailurePolicy::Reload => "FAIL_RELOAD",
    };
    Ok(json!({
        "name": spec.name,
        "root_id": spec.root_id,
        "failure_policy": policy,
        "allow_on_headers_stop_iteration": spec.stop_iteration,
        "configuration": text(spec.config.bytes())?,
        "vm_config": {
            "runtime": "envoy.wasm.runtime.v8",
            "code": { "local": { "filename": spec.wasm } },
            "vm_id": spec.vm.id,
            "configuration": text(spec.vm.config.0.clone())?,
            "environment_variables": { "key_values": spec.vm.env },
        },
    }))
}

fn text(bytes: Vec<u8>) -> Result<Value> {
    Ok(json!({ "@type": TEXT, "value": String::from_utf8(bytes)? }))
}

fn route(spec: &RouteSpec) -> Result<Value> {
    let matches = &spec.matches;
    let mut headers = matches.headers.iter().map(header).collect::<Result<Vec<_>>>()?;
    headers.extend(matches.host.iter().map(|host| exact(":authority", host)));
    let mut route = json!({ "match": { "headers": headers } });
    match (&matches.path, &matches.prefix) {
        (Some(path), _) => route["match"]["path"] = json!(path),
        (None, prefix) => route["match"]["prefix"] = json!(prefix.as_deref().unwrap_or("/")),
    }
    if let Some(name) = &spec.name {
        route["name"] = json!(name);
    }
    match &spec.target {
        RouteTarget::Cluster(cluster) => {
            let seconds = |time: std::time::Duration| format!("{}s", time.as_secs_f64());
            route["route"] = json!({ "cluster": cluster, "timeout": seconds(spec.timeout) });
            if let Some(idle) = spec.idle_timeout {
                route["route"]["idle_timeout"] = json!(seconds(idle));
            }
            if let Some(spec) = &spec.retry {
                route["route"]["retry_policy"] = retry(spec);
            }
        }
        RouteTarget::Direct(direct) => {
            let body = String::from_utf8(direct.body.bytes())?;
            route["direct_response"] =
                json!({ "status": direct.status, "body": { "inline_string": body } });
            let set = direct.headers.0.iter();
            let set = set.map(|(key, value)| json!({ "header": { "key": key, "value": value } }));
            route["response_headers_to_add"] = set.collect();
        }
    }
    Ok(route)
}

fn header((name, matcher): (&String, &Matcher)) -> Result<Value> {
    let string = |kind: &str, value: &str| json!({ "name": name, "string_match": { kind: value } });
    Ok(match matcher {
        Matcher::Exact(value) => string("exact", value),
        Matcher::Contains(value) => string("contains", value),
        Matcher::Prefix(value) => string("prefix", value),
        Matcher::Suffix(value) => string("suffix", value),
        Matcher::Present => json!({ "name": name, "present_match": true }),
        Matcher::Absent => json!({ "name": name, "present_match": false }),
        other => bail!("no route on Envoy for {name}: {other:?}"),
    })
}

fn exact(name: &str, value: &str) -> Value {
    json!({ "name": name, "string_match": { "exact": value } })
}

fn retry(spec: &Retry) -> Value {
    let on = spec.on.iter().map(|on| match on {
        RetryOn::FiveXx => "5xx",
        RetryOn::GatewayError => "gateway-error",
        RetryOn::Reset => "reset",
        RetryOn::ConnectFailure => "connect-failure",
        RetryOn::RefusedStream => "refused-stream",
        RetryOn::Retriable4xx => "retriable-4xx",
    });
    let on: Vec<&str> = on.collect();
    let mut policy = json!({ "retry_on": on.join(","), "num_retries": spec.attempts });
    if let Some(each) = spec.per_try_timeout {
        policy["per_try_timeout"] = json!(format!("{}s", each.as_secs_f64()));
    }
    policy
}
