//! The configuration that an Envoy starts with.

use std::path::Path;

use serde_json::{Value, json};

use super::access_log;
use super::builder::Builder;
use crate::COHORT_HEADER;

const HCM_TYPE: &str = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/// The name of the listener.
pub(super) const LISTENER: &str = "ingress";

/// The labels in names of Istio's inline style, `rollout=.=checkout;.;serinus_requests_total`.
pub(super) const TAGS: [&str; 6] = ["rollout", "cohort", "outcome", "event", "verdict", "kind"];

/// The routes by cohort: the canary's header to `canary`, everything else to `baseline`;
/// `options` go into both actions.
pub(super) fn cohort_routes(options: &Value) -> Vec<Value> {
    let action = |cluster: &str| {
        let mut action = json!({ "cluster": cluster });
        merge(&mut action, options);
        action
    };
    let canary = json!([{ "name": COHORT_HEADER, "string_match": { "exact": "canary" } }]);
    vec![
        json!({ "name": "canary", "match": { "prefix": "/", "headers": canary }, "route": action("canary") }),
        json!({ "name": "baseline", "match": { "prefix": "/" }, "route": action("baseline") }),
    ]
}

/// The whole configuration; `filters` are the entries of the chain before the router.
pub(super) fn bootstrap(
    builder: &Builder,
    filters: Vec<Value>,
    access_log: Option<&Path>,
) -> Value {
    let mut bootstrap = json!({
        "node": { "id": "rig", "cluster": "rig" },
        "admin": { "address": any_port() },
        "stats_flush_interval": "0.5s",
        "stats_config": { "stats_tags": builder.stats_tags },
        "static_resources": {
            "listeners": [listener(builder, filters, access_log)],
            "clusters": builder.clusters,
        },
    });
    for patch in &builder.patches {
        patch(&mut bootstrap);
    }
    bootstrap
}

pub(super) fn default_tags() -> Vec<Value> {
    TAGS.iter()
        .map(|tag| json!({ "tag_name": tag, "regex": format!(r"({tag}=\.=(.*?);\.;)") }))
        .collect()
}

/// A cluster of fixed addresses; HTTP/2 by prior knowledge if `h2c`.
pub(super) fn cluster(name: &str, endpoints: &[std::net::SocketAddr], h2c: bool) -> Value {
    let endpoints: Vec<Value> = endpoints
        .iter()
        .map(|addr| json!({ "endpoint": { "address": socket(&addr.ip().to_string(), addr.port()) } }))
        .collect();
    let mut cluster = json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": { "cluster_name": name, "endpoints": [{ "lb_endpoints": endpoints }] },
    });
    if h2c {
        cluster["typed_extension_protocol_options"] = json!({
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": { "http2_protocol_options": {} },
            },
        });
    }
    cluster
}

fn listener(builder: &Builder, mut filters: Vec<Value>, access_log: Option<&Path>) -> Value {
    filters.push(json!({
        "name": "envoy.filters.http.router",
        "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
    }));
    let mut hcm = json!({
        "@type": HCM_TYPE,
        "stat_prefix": LISTENER,
        "http_filters": filters,
        "route_config": {
            "name": "routes",
            "internal_only_headers": builder.internal_only_headers,
            "virtual_hosts": [{ "name": "all", "domains": ["*"], "routes": builder.all_routes() }],
        },
        // Generous, so that hostile headers reach the filter under test.
        "max_request_headers_kb": 256,
        "common_http_protocol_options": { "max_headers_count": 2000 },
        "access_log": access_log.map(access_log::config).into_iter().collect::<Vec<_>>(),
    });
    merge(&mut hcm, &builder.hcm);
    let network_filter =
        json!({ "name": "envoy.filters.network.http_connection_manager", "typed_config": hcm });
    let mut listener = json!({
        "name": LISTENER,
        "address": any_port(),
        "filter_chains": [{ "filters": [network_filter] }],
    });
    if builder.exact_balance {
        listener["connection_balance_config"] = json!({ "exact_balance": {} });
    }
    listener
}

fn any_port() -> Value {
    socket("127.0.0.1", 0)
}

fn socket(address: &str, port: u16) -> Value {
    json!({ "socket_address": { "address": address, "port_value": port } })
}

/// Puts the entries of one object into another.
pub(super) fn merge(into: &mut Value, from: &Value) {
    for (key, value) in from.as_object().into_iter().flatten() {
        into[key] = value.clone();
    }
}
