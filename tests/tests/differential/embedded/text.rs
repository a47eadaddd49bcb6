//! What the host did, written as the traces of Envoy are.

use std::collections::BTreeMap;
use std::time::Duration;

use serinus_host::http::HeaderMap;
use serinus_host::process::LogLine;
use serinus_host::process::{Metric, Value};
use serinus_host::proxy::{Exchange, Proxy, Received, Sent};

use super::drive::{Outcome, RunResult};
use crate::normal::normalised;
use crate::scenario::{Behaviour, Plugin, Protocol, Scenario};
use crate::testbed::speaks_http2;
use crate::trace::{by_busiest, section, without_idle_ticks};

/// The host's own addresses.
const NAMES: [(&str, &str); 2] = [("127.0.0.1:20000", "<up>"), ("127.0.0.1:10000", "<envoy>")];

/// All of it. Ends the proxy, whose end belongs to the trace.
pub fn trace(scenario: &Scenario, proxy: &mut Proxy, ran: &RunResult) -> String {
    let mut trace = format!("# {}\n", scenario.scenario);
    section(&mut trace, "client", clients(ran));
    section(&mut trace, "access log", ran.exchanges.iter().map(access));
    // A server of bytes keeps no record.
    let recorded = scenario.clusters.keys().filter(|_| scenario.protocol == Protocol::Http);
    for name in recorded {
        section(&mut trace, &format!("upstream {name}"), hits(scenario, name, proxy, ran));
    }
    let metrics = metrics(proxy);
    proxy.stop();
    for (thread, lines) in threads(&scenario.plugins, &proxy.take_logs()) {
        section(&mut trace, &thread, without_idle_ticks(lines));
    }
    section(&mut trace, "metrics", metrics);
    normalised(&trace, &NAMES.map(|(address, name)| (address.into(), name.into())))
}

fn clients(ran: &RunResult) -> Vec<String> {
    let of = |stream: u64| ran.exchanges.iter().find(|exchange| exchange.id == stream);
    let said = |outcome: &Outcome| match outcome {
        Outcome::Said(said) => said.clone(),
        Outcome::Stream { hung_up: true, .. } => "hung up".into(),
        Outcome::Stream { id, .. } => of(*id).map_or_else(|| "no answer".into(), client),
    };
    (1..).zip(&ran.outcomes).map(|(nth, outcome)| format!("{nth}: {}", said(outcome))).collect()
}

fn client(exchange: &Exchange) -> String {
    let response = exchange.response.as_ref().filter(|response| is_http(response));
    let Some(Received { status, headers, body, trailers, complete, .. }) = response else {
        return "no answer".into();
    };
    let head = format!("{status} {}", written(headers));
    if !complete {
        return format!("{head} cut off");
    }
    let body = format!("{} \"{}\"", body.len(), body[..body.len().min(300)].escape_ascii());
    if trailers.is_empty() {
        format!("{head} {body}")
    } else {
        format!("{head} {body} trailers {}", written(trailers))
    }
}

/// Whether the rig's client takes it for a final answer.
fn is_http(response: &Received) -> bool {
    let clean = |bytes: &[u8]| !bytes.contains(&b'\n');
    let mut headers = response.headers.iter();
    (200..1000).contains(&response.status)
        && headers.all(|header| clean(&header.name) && clean(&header.value))
}

/// Headers as the rig's client and server see them: those of one name together, and none of the pseudo-headers.
fn written(headers: &HeaderMap) -> String {
    let seen = headers.iter().filter(|header| !header.name.starts_with(b":"));
    let mut names: Vec<&[u8]> = Vec::new();
    seen.for_each(|header| {
        if !names.contains(&header.name.as_ref()) {
            names.push(&header.name);
        }
    });
    let pairs = names.iter().flat_map(|name| headers.all(name).map(move |value| (name, value)));
    let pairs = pairs.map(|(n, value)| format!("{}: {}", n.escape_ascii(), value.escape_ascii()));
    format!("[{}]", pairs.collect::<Vec<_>>().join(" | "))
}

fn access(exchange: &Exchange) -> String {
    let header = |name| exchange.request.text(name).unwrap_or("-");
    let flags: Vec<_> = exchange.flags.names().collect();
    format!(
        "{} {} -> {} flags {:?} details {} cluster {} upstream {} attempts {}",
        header(":method"),
        header(":path"),
        exchange.code.unwrap_or(0),
        flags.join(","),
        exchange.details.as_deref().unwrap_or_default(),
        exchange.cluster.as_deref().unwrap_or("-"),
        exchange.upstream.and(exchange.cluster.as_ref()).map_or("-".into(), |up| format!("<{up}>")),
        exchange.attempts,
    )
}

/// What an upstream received, streams and callouts, in the order in which it came.
fn hits(scenario: &Scenario, cluster: &str, proxy: &Proxy, ran: &RunResult) -> Vec<String> {
    let to = |exchange: &&Exchange| exchange.cluster.as_deref() == Some(cluster);
    let of_streams = ran.exchanges.iter().filter(to);
    let of_streams = of_streams.flat_map(|exchange| exchange.earlier.iter().chain(&exchange.sent));
    let callouts = proxy.callouts();
    let of_callouts = callouts.iter().filter(|call| call.cluster == cluster);
    let of_callouts = of_callouts.map(|call| (call.at, &call.sent));
    let of_streams = of_streams.filter(|sent| !sent.unreached).map(|sent| (sent.at, sent));
    let mut sent: Vec<(u64, &Sent)> = of_streams.chain(of_callouts).collect();
    sent.sort_by_key(|(at, _)| *at);
    let behaviour = scenario.clusters.get(cluster).filter(|behaviour| !behaviour.connect_fail);
    sent.into_iter().filter_map(|(_, sent)| Some(hit(sent, behaviour?))).collect()
}

fn hit(sent: &Sent, behaviour: &Behaviour) -> String {
    let headers = if speaks_http2(behaviour) { sent.headers.clone() } else { over_http1(sent) };
    let mut text = format!("{} {}", headers.text(":path").unwrap_or_default(), written(&headers));
    // The rig's server looks at the body when it answers, if somebody still waits for that.
    let patience = headers.text("x-envoy-expected-rq-timeout-ms").and_then(|ms| ms.parse().ok());
    let waited_for =
        patience.is_none_or(|patience| Duration::from_millis(patience) > behaviour.latency);
    let answers = !behaviour.timeout && !behaviour.reset && waited_for;
    if answers && sent.complete && !sent.body.is_empty() {
        let body = sent.body[..sent.body.len().min(300)].escape_ascii();
        text += &format!(" body \"{body}\"");
    }
    if !sent.trailers.is_empty() {
        text += &format!(" trailers {}", written(&sent.trailers));
    }
    text
}

/// HTTP/1.1 has a header for the authority, and one that says that a body comes in chunks.
fn over_http1(sent: &Sent) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.push("host", sent.headers.get(b":authority").cloned().unwrap_or_default());
    sent.headers.iter().for_each(|header| headers.push(header.name.clone(), header.value.clone()));
    let bodyless = matches!(sent.headers.text(":method"), Some("GET" | "HEAD"));
    if !bodyless && headers.get(b"content-length").is_none() {
        headers.push("transfer-encoding", "chunked");
    }
    headers
}

/// As Envoy's page lists them: counters and gauges by name, where a gauge hides a counter of its name; then histograms.
fn metrics(proxy: &Proxy) -> Vec<String> {
    let (mut plain, mut histograms) = (BTreeMap::new(), BTreeMap::new());
    // Without a name there is only the prefix, by which the others are found.
    for Metric { name, value, .. } in
        proxy.metrics().iter().filter(|metric| !metric.name.is_empty())
    {
        let said = match value {
            Value::Counter(value) | Value::Gauge(value) => value.to_string(),
            Value::Histogram(samples) => format!("{} samples", samples.count),
        };
        let is_histogram = matches!(value, Value::Histogram(_));
        if is_histogram { &mut histograms } else { &mut plain }.insert(name.clone(), said);
    }
    let lines = plain.into_iter().chain(histograms);
    lines.map(|(name, said)| format!("wasmcustom.{name}: {said}")).collect()
}

fn threads(plugins: &[Plugin], log: &[LogLine]) -> Vec<(String, Vec<String>)> {
    let workers = log.iter().map(|line| line.worker).max().unwrap_or(0);
    let lines = |worker| {
        let of_worker = log.iter().filter(move |line| line.worker == worker);
        let mut vm = "";
        of_worker.filter_map(|line| said(plugins, line, &mut vm)).collect::<Vec<_>>()
    };
    let name = |worker| if worker == 0 { "main thread".into() } else { format!("worker {worker}") };
    by_busiest((0..=workers).map(|worker| (name(worker), lines(worker))).collect())
}

/// `plugin: text`, as Envoy's log has it: a root context has no name there, only its ids, and what belongs to no plugin only
/// the id of the VM, which spoke last.
fn said<'a>(plugins: &'a [Plugin], line: &LogLine, vm: &mut &'a str) -> Option<String> {
    let Some(plugin) = plugins.iter().find(|plugin| plugin.name == *line.plugin) else {
        let said = line.text.strip_prefix("probe ").map(|said| format!("{vm}: {said}"));
        return said.or_else(|| failure(&line.text));
    };
    *vm = &plugin.vm.id;
    let name = line.stream.map_or("", |_| &plugin.name);
    let words = [name, &plugin.root_id, &plugin.vm.id];
    let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let words = words.join(" ");
    Some(match line.text.strip_prefix("probe ") {
        Some(said) => format!("{words}: {said}"),
        None => format!("{words}: {}: {}", line.level.as_str(), line.text),
    })
}

/// The host's line about the death of a VM, as Envoy words it.
fn failure(text: &str) -> Option<String> {
    let (_, callback) = text.split_once(" trapped: ")?.1.rsplit_once(" in ")?;
    Some(format!("envoy: {callback} failed: Uncaught RuntimeError: unreachable"))
}

/// A trace without what depends on who runs it: why the client's library gave up, and the node's name.
pub fn comparable(trace: &str) -> String {
    let text = |line: &str| {
        let cut =
            [" cut off", ": no answer"].iter().find_map(|end| Some(line.find(end)? + end.len()));
        let line = line[..cut.unwrap_or(line.len())].to_owned() + "\n";
        if line.contains("xds/node/") { line.replace("\"rig\"", "\"serinus\"") } else { line }
    };
    trace.lines().map(text).collect()
}
