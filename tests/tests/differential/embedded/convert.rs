//! A scenario as the embedded host takes it.

use anyhow::{Context, Result};
use bytes::Bytes;
use serinus_host::filter::Filter;
use serinus_host::proxy::{self, FailurePolicy, Proxy};
use serinus_host::upstream::{self, Answer, Behaviour, Cluster, Direct, Kind, Latency};
use std::time::Duration;

use crate::scenario::{self, Fail, Plugin, Protocol, Request, Scenario};

/// How long a local connection takes.
const AT_ONCE: Duration = Duration::from_millis(1);

/// Starts all that the scenario names, with this filter.
pub fn proxy(scenario: &Scenario, filter: &Filter) -> Result<Proxy> {
    let mut builder = Proxy::builder().workers(u32::try_from(scenario.workers)?);
    for each in &scenario.plugins {
        builder = builder.plugin(plugin(each, filter));
    }
    for (name, behaves) in &scenario.clusters {
        builder = builder.cluster(name, Cluster::new(behaviour(name, behaves)));
    }
    for each in &scenario.routes {
        builder = builder.route(route(each)?);
    }
    let only = || scenario.clusters.keys().next().context("no cluster");
    if scenario.protocol == Protocol::Tcp {
        builder = builder.tcp(only()?);
    } else if scenario.routes.is_empty() {
        builder = builder.route(upstream::Route::to(only()?).named("default"));
    }
    Ok(builder.start()?)
}

fn plugin(plugin: &Plugin, filter: &Filter) -> proxy::Plugin {
    let policy = match plugin.fail {
        Fail::Closed => FailurePolicy::Closed,
        Fail::Open => FailurePolicy::Open,
        Fail::Reload => FailurePolicy::Reload,
    };
    let to = proxy::Plugin::new(filter)
        .name(&plugin.name)
        .root_id(&plugin.root_id)
        .vm_id(&plugin.vm.id)
        .config(Plugin::text(&plugin.config))
        .fail(policy)
        .allow_stop_iteration(plugin.stop_iteration);
    plugin.vm.env.iter().fold(to, |to, (key, value)| to.env(key, value))
}

fn route(route: &scenario::Route) -> Result<upstream::Route> {
    let mut to = match (&route.direct, &route.redirect, &route.cluster) {
        (Some(direct), ..) => {
            upstream::Route::answers(Direct::status(direct.status).body(direct.body.clone()))
        }
        (_, Some(path), _) => upstream::Route::redirects(path),
        (_, _, cluster) => upstream::Route::to(cluster.as_ref().context("a route to nowhere")?),
    };
    to = to.named(route.name.as_deref().unwrap_or_default());
    if let Some(path) = &route.matches.path {
        let path = path.clone().into_bytes();
        to = to.when(":path", move |seen| seen.split(|byte| *byte == b'?').next() == Some(&path));
    } else if let Some(prefix) = &route.matches.prefix {
        to = to.prefix(prefix);
    }
    for (name, value) in &route.matches.headers {
        to = to.header(name, value);
    }
    if let Some(timeout) = route.timeout {
        to = to.timeout(timeout);
    }
    to.idle_timeout = route.idle_timeout;
    to.retry = route.retry.as_ref().map(retry);
    Ok(to)
}

fn retry(retry: &scenario::Retry) -> upstream::Retry {
    let on = |name: &str| retry.on.iter().any(|on| on == name);
    let mut again = upstream::Retry::default();
    again.on_5xx = on("5xx");
    again.on_gateway_error = on("gateway-error");
    again.on_connect_failure = on("connect-failure");
    again.on_reset = on("reset");
    again.on_retriable_4xx = on("retriable-4xx");
    again.attempts = retry.attempts;
    again.per_try_timeout = retry.per_try_timeout;
    again
}

/// How a cluster behaves. The rig's server marks what it breaks off with its name.
pub fn behaviour(name: &str, behaviour: &scenario::Behaviour) -> Behaviour {
    let kind = match behaviour {
        scenario::Behaviour { no_host: true, .. } => Kind::NoHost,
        scenario::Behaviour { connect_fail: true, .. } => Kind::ConnectFail,
        scenario::Behaviour { timeout: true, .. } => Kind::Hang,
        scenario::Behaviour { reset: true, .. } => Kind::Reset,
        scenario::Behaviour { reset_after_headers: true, .. } => {
            let mut half = answer(behaviour).body("halfhalf");
            half.headers = vec![pair("x-upstream", name)];
            half.chunks = 2;
            Kind::ResetAfterHeaders(half)
        }
        _ => Kind::Answer(answer(behaviour)),
    };
    Behaviour::of(kind).latency(Latency::Fixed(behaviour.latency.max(AT_ONCE)))
}

fn answer(behaviour: &scenario::Behaviour) -> Answer {
    let headers = behaviour.headers.iter().map(|(name, value)| pair(name, value));
    let trailers = behaviour.trailers.iter().map(|(name, value)| pair(name, value));
    let (mut headers, mut trailers): (Vec<_>, Vec<_>) = (headers.collect(), trailers.collect());
    let mut body = behaviour.body.bytes();
    if let Some(code) = behaviour.grpc_trailers_only {
        headers.push(pair("content-type", "application/grpc"));
        headers.push(pair("grpc-status", &code.to_string()));
        body = Vec::new();
    }
    if let Some(code) = behaviour.grpc {
        headers.push(pair("content-type", "application/grpc"));
        trailers.insert(0, pair("grpc-status", &code.to_string()));
        body = if body.is_empty() { vec![0; 5] } else { body };
    }
    let chunks = behaviour.chunks.and_then(|chunks| u32::try_from(chunks).ok()).unwrap_or(1);
    let answer = Answer::status(behaviour.status.unwrap_or(200)).body(body);
    let mut answer = answer.chunks(chunks, behaviour.every);
    (answer.headers, answer.trailers) = (headers, trailers);
    answer.echo = behaviour.echo;
    answer.http2 = crate::testbed::speaks_http2(behaviour);
    answer
}

fn pair(name: &str, value: &str) -> (Bytes, Bytes) {
    (Bytes::copy_from_slice(name.as_bytes()), Bytes::copy_from_slice(value.as_bytes()))
}

/// A request. All go to one worker, as the kernel had it where the traces were recorded.
pub fn request(request: &Request) -> proxy::Request {
    let method = request.method.as_deref().unwrap_or("GET");
    let mut to = proxy::Request::new(method, request.path.as_deref().unwrap_or("/")).worker(1);
    if let Some(host) = &request.host {
        to.host = host.clone().into();
    }
    for (name, value) in &request.headers {
        let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        for value in values {
            to = to.header(name, value.as_str().unwrap_or_default());
        }
    }
    let body = Some(request.body.bytes()).filter(|body| !body.is_empty());
    let chunks = request.chunks.iter().map(|chunk| chunk.clone().into_bytes());
    to = to.chunks(body.into_iter().chain(chunks).map(Bytes::from), request.every);
    for (name, value) in &request.trailers {
        to = to.trailer(name, value);
    }
    to.hang_up = request.hang_up;
    to.http2 = request.needs_http2();
    to
}
