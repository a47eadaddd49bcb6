//! A scenario's parts as the host knows them.

use crate::scenario::cluster::{self, AnswerBody, Conduct, Ending, Phase};
use crate::scenario::expectation::{Check, Level};
use crate::scenario::http::Headers;
use crate::scenario::matcher::Matcher;
use crate::scenario::plugin::{FailurePolicy, PluginSpec};
use crate::scenario::properties::Properties;
use crate::scenario::request::Request;
use crate::scenario::route::{Retry, RetryOn, RouteSpec, RouteTarget};
use crate::scenario::{Protocol, Scenario};
use bytes::Bytes;
use serinus_host::filter::Filter;
use serinus_host::process::Limits;
use serinus_host::process::LogLevel;
use serinus_host::proxy::{self, Builder, Plugin, Proxy};
use serinus_host::upstream::{self, Answer, Behaviour, Cluster, Direct, Kind, Latency, Route};
use std::net::{IpAddr, Ipv4Addr};
use std::time::SystemTime;

/// The proxy of a scenario, to be started.
pub(super) fn builder(scenario: &Scenario, filters: &[Filter], seed: u64) -> Builder {
    let start = scenario.start.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut builder = Proxy::builder()
        .workers(scenario.workers)
        .seed(seed)
        .start_at(u64::try_from(start.as_nanos()).unwrap_or(u64::MAX))
        .races(scenario.races.get())
        .log_level(log_level(scenario))
        .limits(limits(scenario));
    for (path, value) in properties(&scenario.properties) {
        builder = builder.property(&path, value);
    }
    for (spec, filter) in scenario.plugins.iter().zip(filters) {
        builder = builder.plugin(plugin(spec, filter));
    }
    if scenario.protocol == Protocol::Tcp {
        builder = scenario.tcp_cluster().into_iter().fold(builder, Builder::tcp);
    } else {
        builder = scenario.routes.iter().map(route).fold(builder, Builder::route);
    }
    for (name, behaviour) in &scenario.clusters {
        let phases = behaviour.phases.iter();
        let cluster = phases.fold(Cluster::default(), |cluster, phase| {
            cluster.from(phase.from, self::behaviour(phase))
        });
        builder = builder.cluster(name, cluster);
    }
    builder
}

/// Envoy's own level, unless finer lines are asked for.
fn log_level(scenario: &Scenario) -> LogLevel {
    let asked = scenario.expect.iter().filter_map(|expectation| match expectation.check {
        Check::Log { level, .. } => level,
        _ => None,
    });
    match asked.min() {
        Some(Level::Trace) => LogLevel::Trace,
        Some(Level::Debug) => LogLevel::Debug,
        _ => LogLevel::Info,
    }
}

/// The tightest of what the plugins say: the host's limits are of the whole proxy.
fn limits(scenario: &Scenario) -> Limits {
    let vms = || scenario.plugins.iter().map(|plugin| &plugin.vm);
    let memory = vms().filter_map(|vm| vm.memory).min();
    let fuel = vms().filter_map(|vm| vm.fuel).min();
    let default = Limits::default();
    let bytes = memory.map(|size| usize::try_from(size.0).unwrap_or(usize::MAX));
    default.memory(bytes.unwrap_or(default.memory)).fuel(fuel.unwrap_or(default.fuel))
}

fn plugin(spec: &PluginSpec, filter: &Filter) -> Plugin {
    let fail = match spec.fail {
        FailurePolicy::Closed => proxy::FailurePolicy::Closed,
        FailurePolicy::Open => proxy::FailurePolicy::Open,
        FailurePolicy::Reload => proxy::FailurePolicy::Reload,
    };
    let plugin = Plugin::new(filter)
        .name(&spec.name)
        .root_id(&spec.root_id)
        .config(spec.config.bytes())
        .vm_id(&spec.vm.id)
        .vm_config(spec.vm.config.0.clone())
        .fail(fail)
        .allow_stop_iteration(spec.stop_iteration);
    spec.vm.env.iter().fold(plugin, |plugin, (key, value)| plugin.env(key, value))
}

fn route(spec: &RouteSpec) -> Route {
    let mut route = match &spec.target {
        RouteTarget::Cluster(cluster) => Route::to(cluster),
        RouteTarget::Direct(spec) => {
            let mut direct = Direct::status(spec.status).body(spec.body.bytes());
            direct.headers = pairs(&spec.headers);
            Route::answers(direct)
        }
    };
    route = route.named(spec.name.as_deref().unwrap_or_default()).timeout(spec.timeout);
    route.idle_timeout = spec.idle_timeout;
    if let Some(spec) = &spec.retry {
        route = route.retry(retry(spec));
    }
    if let Some(exact) = spec.matches.path.clone() {
        route = route.when(":path", move |path| {
            path.split(|byte| *byte == b'?').next() == Some(exact.as_bytes())
        });
    }
    if let Some(prefix) = &spec.matches.prefix {
        route = route.prefix(prefix);
    }
    if let Some(host) = &spec.matches.host {
        route = route.header(":authority", host);
    }
    for (name, matcher) in &spec.matches.headers {
        let matcher = matcher.clone();
        route = match matcher {
            Matcher::Absent => route.without(name),
            _ => route.when(name, move |value| matcher.matches(&[String::from_utf8_lossy(value)])),
        };
    }
    route
}

fn retry(spec: &Retry) -> upstream::Retry {
    let on = |kind| spec.on.contains(&kind);
    let mut retry = upstream::Retry::times(spec.attempts);
    retry.on_5xx = on(RetryOn::FiveXx);
    retry.on_gateway_error = on(RetryOn::GatewayError);
    retry.on_connect_failure = on(RetryOn::ConnectFailure);
    retry.on_reset = on(RetryOn::Reset);
    retry.on_retriable_4xx = on(RetryOn::Retriable4xx);
    retry.per_try_timeout = spec.per_try_timeout;
    retry
}

/// A phase without its time.
pub(super) fn behaviour(phase: &Phase) -> Behaviour {
    let sometimes = phase.sometimes.iter();
    sometimes.fold(conduct(&phase.conduct), |all, one| {
        all.sometimes(one.share.get(), conduct(&one.conduct))
    })
}

fn conduct(conduct: &Conduct) -> Behaviour {
    let latency = match conduct.latency {
        cluster::Latency::Fixed(latency) => Latency::Fixed(latency),
        cluster::Latency::Uniform { min, max } => Latency::Uniform { min, max },
        cluster::Latency::LogNormal { median, p99 } => Latency::LogNormal { median, p99 },
    };
    let kind = match &conduct.ending {
        Ending::ConnectFail => Kind::ConnectFail,
        Ending::NoHost => Kind::NoHost,
        Ending::Timeout => Kind::Hang,
        Ending::Reset => Kind::Reset,
        Ending::ResetAfterHeaders(spec) => Kind::ResetAfterHeaders(answer(spec)),
        Ending::Answer(spec) => Kind::Answer(answer(spec)),
    };
    Behaviour::of(kind).latency(latency)
}

fn answer(spec: &cluster::Answer) -> Answer {
    let (body, echo) = match &spec.body {
        AnswerBody::Of(body) => (body.bytes().into(), false),
        AnswerBody::Echo => (Bytes::new(), true),
    };
    let mut answer = Answer::status(spec.status).body(body).chunks(spec.chunks, spec.every);
    answer.headers = pairs(&spec.headers);
    answer.trailers = pairs(&spec.trailers);
    answer.echo = echo;
    // Trailers need it.
    answer.http2 = !spec.trailers.0.is_empty();
    answer
}

/// A request, still without its tag.
pub(super) fn request(spec: &Request) -> proxy::Request {
    let pieces = spec.chunks.iter().map(|chunk| Bytes::copy_from_slice(chunk));
    let mut request = proxy::Request::new(&spec.method, &spec.path)
        .host(&spec.host)
        .chunks(pieces, spec.every)
        .source(spec.source.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)))
        .keep(false);
    request.headers = pairs(&spec.headers);
    request.trailers = pairs(&spec.trailers);
    request.hang_up = spec.hang_up;
    // The host's first worker is 1: its 0 is the main thread.
    request.worker = spec.worker.map(|worker| worker + 1);
    request.http2 = !spec.trailers.0.is_empty();
    request.properties = properties(&spec.properties).collect();
    request
}

fn properties(given: &Properties) -> impl Iterator<Item = (String, Bytes)> {
    given.0.iter().map(|(path, value)| (path.clone(), Bytes::copy_from_slice(value)))
}

fn pairs(headers: &Headers) -> Vec<(Bytes, Bytes)> {
    headers.0.iter().map(|(name, value)| (bytes(name), bytes(value))).collect()
}

fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}
