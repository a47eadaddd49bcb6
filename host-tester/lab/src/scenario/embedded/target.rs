//! The embedded host as what a scenario runs on.

use super::connections::Connections;
use super::convert;
use super::snapshot::tell_log;
use super::trace::{Line, Trace, What};
use crate::scenario::Scenario;
use crate::scenario::cluster::Phase;
use crate::scenario::expectation::Check;
use crate::scenario::http::Headers;
use crate::scenario::observation::{Exchange, Exchanged, Finished, Message, Snapshot};
use crate::scenario::request::{Connection, Request};
use crate::scenario::run::target::{EventSink, Prepared, Target, Until};
use bytes::Bytes;
use serinus_host::http::HeaderMap;
use serinus_host::process;
use serinus_host::process::LogLevel;
use serinus_host::proxy::{self, Proxy, TcpExchange};
use std::collections::HashMap;
use std::io::{self, Write};
use std::time::Duration;

/// How many things may happen before they are told: nobody keeps them meanwhile but the host.
const BATCH: usize = 1024;

/// How many lines of one stream are kept for its step.
const LINES: usize = 1000;

/// A proxy that is running a scenario.
pub(super) struct Embedded {
    proxy: Proxy,
    began: u64,
    prepared: Vec<proxy::Request>,
    /// The lines of each stream of which all should be told.
    whole: HashMap<u64, Vec<String>>,
    finished: Vec<proxy::Exchange>,
    connections: Connections,
    failures: usize,
    /// How many callouts have been told, if anybody wants to know.
    callouts: Option<u64>,
    trace: Trace,
    loud: bool,
}

impl Embedded {
    pub(super) fn new(proxy: Proxy, scenario: &Scenario, loud: bool) -> Self {
        let counted = |check: &Check| matches!(check, Check::Callouts { .. });
        let callouts = scenario.expect.iter().any(|one| counted(&one.check)).then_some(0);
        let began = proxy.now();
        let (prepared, whole, finished) = (Vec::new(), HashMap::new(), Vec::new());
        let (trace, connections) = (Trace::default(), Connections::default());
        Self {
            proxy,
            began,
            prepared,
            whole,
            finished,
            connections,
            failures: 0,
            callouts,
            trace,
            loud,
        }
    }

    fn since(&self, at: u64) -> Duration {
        Duration::from_nanos(at.saturating_sub(self.began))
    }

    fn note(&mut self, at: Duration, what: What) {
        let line = Line { at, what };
        if self.loud {
            // Whoever reads along may stop reading.
            let _ = writeln!(io::stderr(), "{line}");
        }
        self.trace.push(line);
    }

    fn did(&mut self, what: String) {
        self.note(self.proxy.elapsed(), What::Did(what));
    }

    /// Tells the log's lines, and whether a VM died meanwhile: the host says so there.
    fn tell_log(&mut self, sink: &mut dyn EventSink) -> bool {
        let mut died = false;
        for line in self.proxy.take_logs() {
            let at = self.since(line.at);
            died |= line.plugin.is_empty() && line.level == LogLevel::Critical;
            if let Some(line) = tell_log(&line, self.began) {
                sink.logged(line);
            }
            self.keep(&line);
            self.note(at, What::Logged(line));
        }
        died
    }

    fn keep(&mut self, line: &process::LogLine) {
        let lines = line.stream.and_then(|stream| self.whole.get_mut(&stream));
        if let Some(lines) = lines.filter(|lines| lines.len() < LINES) {
            lines.push(line.text.clone());
        }
    }

    fn tell_failures(&mut self, sink: &mut dyn EventSink) {
        let failures = self.proxy.failures();
        for failure in failures.iter().skip(self.failures) {
            sink.died(self.since(failure.at), &failure.to_string());
        }
        self.failures = failures.len();
    }

    fn tell_callouts(&mut self, sink: &mut dyn EventSink) {
        let Some(told) = self.callouts else { return };
        for callout in self.proxy.callouts_since(told) {
            sink.called_out(self.since(callout.at), &callout.cluster);
        }
        self.callouts = Some(self.proxy.next_callout());
    }

    fn tell_over(&mut self, over: proxy::Exchange, sink: &mut dyn EventSink) {
        let (began, ended) = (self.since(over.began), self.since(over.ended));
        let flags: Vec<&str> = over.flags.names().collect();
        let route = over.route.as_deref().filter(|name| !name.is_empty());
        let finished = Finished {
            began,
            ended,
            user: None,
            cluster: over.asked(),
            route,
            status: over.status(),
            flags: &flags.join(","),
            worker: over.worker.checked_sub(1),
        };
        sink.finished(over.tag, finished);
        self.note(ended, What::over(&over, began));
        if let Some(logs) = self.whole.remove(&over.id) {
            sink.exchanged(over.tag, exchange(over, began, ended, logs));
        }
    }
}

impl Embedded {
    fn exchanged(&mut self, over: TcpExchange) -> Exchanged {
        let (began, ended) = (self.since(over.began), self.since(over.ended));
        self.note(ended, What::Did(format!("connection {} ended: {:?}", over.id, over.end)));
        Exchanged {
            began,
            ended,
            received: over.received,
            sent: over.sent,
            cluster: over.cluster.map(|cluster| cluster.to_string()),
            flags: over.flags.names().map(str::to_owned).collect(),
            logs: self.whole.remove(&over.id).unwrap_or_default(),
        }
    }
}

impl Snapshot for Embedded {
    fn metrics(&self, visit: &mut dyn FnMut(&str, u64)) {
        Snapshot::metrics(&self.proxy, visit);
    }

    fn shared_data(&self, vm_id: &str, key: &str) -> Option<Vec<u8>> {
        Snapshot::shared_data(&self.proxy, vm_id, key)
    }
}

impl Target for Embedded {
    fn prepare(&mut self, request: &Request) -> Prepared {
        self.prepared.push(convert::request(request));
        Prepared(self.prepared.len() - 1)
    }

    fn begin(&mut self, request: Prepared, user: Option<(&str, &str)>, tag: u64, whole: bool) {
        let Some(request) = self.prepared.get(request.0) else { return };
        let mut request = request.clone().tag(tag).keep(whole);
        if let Some((header, user)) = user {
            let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
            request.headers.push((bytes(header), bytes(user)));
        }
        let what = whole.then(|| String::from_utf8_lossy(&request.path).into_owned());
        let stream = self.proxy.begin(request);
        if let Some(path) = what {
            self.whole.insert(stream, Vec::new());
            self.did(format!("stream {stream} began: {path}"));
        }
    }

    fn connect(&mut self, connection: &Connection, tag: u64) {
        let id = self.connections.connect(&mut self.proxy, connection, tag);
        self.whole.insert(id, Vec::new());
        self.did(format!("connection {id} began"));
    }

    fn configure(&mut self, plugin: &str, config: &[u8]) -> Result<(), String> {
        let outcome = self.proxy.configure(plugin, config).map_err(|refused| refused.to_string());
        self.did(format!(
            "{plugin} was given a configuration: {}",
            if outcome.is_ok() { "accepted" } else { "refused" }
        ));
        outcome
    }

    fn behave(&mut self, cluster: &str, phase: &Phase) {
        self.proxy.behave(cluster, convert::behaviour(phase));
        // How they behave at first, the file says.
        if !self.proxy.elapsed().is_zero() {
            self.did(format!("{cluster} behaves otherwise"));
        }
    }

    fn advance(&mut self, until: Until) -> Duration {
        let (Until::Time(end) | Until::Over(_, end) | Until::Idle(end)) = until;
        let end = self.began.saturating_add(u64::try_from(end.as_nanos()).unwrap_or(u64::MAX));
        for _ in 0..BATCH {
            let over = match until {
                Until::Time(_) => false,
                Until::Over(tag, _) => {
                    self.finished.iter().any(|over| over.tag == tag)
                        || self.connections.is_over(tag)
                }
                Until::Idle(_) => self.is_idle(),
            };
            if over || !self.proxy.step(end) {
                break;
            }
            self.finished.extend(self.proxy.finished());
            self.connections.attend(&mut self.proxy);
        }
        self.proxy.elapsed()
    }

    fn is_idle(&self) -> bool {
        self.proxy.in_flight() == 0 && self.connections.is_idle()
    }

    fn tell(&mut self, sink: &mut dyn EventSink) {
        if self.tell_log(sink) {
            self.tell_failures(sink);
        }
        self.tell_callouts(sink);
        self.finished.extend(self.proxy.finished());
        for over in std::mem::take(&mut self.finished) {
            self.tell_over(over, sink);
        }
        for (tag, over) in self.connections.take() {
            let exchanged = self.exchanged(over);
            sink.connected(tag, exchanged);
        }
    }

    fn trace(&self, from: Duration, to: Duration) -> Vec<String> {
        self.trace.between(from, to)
    }
}

fn exchange(
    over: proxy::Exchange,
    began: Duration,
    ended: Duration,
    logs: Vec<String>,
) -> Exchange {
    let cluster = over.asked().map(str::to_owned);
    Exchange {
        began,
        ended,
        cluster,
        route: over.route.filter(|name| !name.is_empty()).map(|name| name.to_string()),
        received: over.response.map(|response| Message {
            status: Some(response.status),
            headers: headers(&response.headers),
            body: response.body,
            trailers: headers(&response.trailers),
        }),
        sent: over.sent.map(|sent| Message {
            status: None,
            headers: headers(&sent.headers),
            body: sent.body,
            trailers: headers(&sent.trailers),
        }),
        flags: over.flags.names().map(str::to_owned).collect(),
        details: over.details,
        attempts: u64::from(over.attempts),
        logs,
    }
}

fn headers(map: &HeaderMap) -> Headers {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Headers(map.iter().map(|header| (text(&header.name), text(&header.value))).collect())
}
