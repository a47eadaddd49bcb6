//! A real Envoy as what a scenario runs on: what the embedded host does in virtual time happens here in real time.
//!
//! Envoy does not say which stream a line of its log or an entry of its access log is about. Steps come one after the
//! other, so what appears between the beginning of a request and its end is its own; where there is traffic too,
//! requests carry a number, and only what the upstream and the client see of them is told.

mod told;

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::Result;
use serinus_lab::scenario::cluster::Phase;
use serinus_lab::scenario::observation::{LogLine, Snapshot};
use serinus_lab::scenario::request::{Connection, Request};
use serinus_lab::scenario::route::RouteTarget;
use serinus_lab::scenario::run::target::{EventSink, Prepared, Target, Until};
use serinus_lab::scenario::step::Action;
use serinus_lab::scenario::{Protocol, Scenario};
use serinus_rig::{Envoy, LogTail};
use tokio::runtime::Handle;

use crate::echo::Echo;
use crate::entries::Entries;
use crate::logs::{self, Said};
use crate::upstream::{NUMBER, Upstream};
use crate::{client, proxy};
use told::{Before, Done};

/// How long Envoy may take to write down what has happened.
const SETTLE: Duration = Duration::from_millis(700);

/// How often the access log is looked at.
const GLANCE: Duration = Duration::from_millis(50);

/// As long as one wait may be.
const LONGEST: Duration = Duration::from_secs(60);

/// A running Envoy with its clusters.
pub struct Real {
    handle: Handle,
    envoy: Envoy,
    upstreams: BTreeMap<String, Upstream>,
    echoes: BTreeMap<String, Echo>,
    began: Instant,
    log: LogTail,
    prepared: Vec<Request>,
    done: Receiver<Done>,
    sender: Sender<Done>,
    /// What is over, and not told yet.
    over: Vec<Done>,
    open: usize,
    /// When something was last over.
    last: Instant,
    numbers: u64,
    /// Whether requests are told apart by a number.
    numbered: bool,
    http2: bool,
    /// What the access log says by number, as far as it has been read.
    entries: Entries,
    /// The only plugin: root contexts do not say which they are of.
    only: Option<String>,
    /// Whether something is over that has not been looked at.
    fresh: bool,
    /// Clusters that only plugins ask, with how many requests of each have been told.
    asked: HashMap<String, usize>,
}

impl Real {
    /// Starts the clusters, and the Envoy.
    pub async fn start(scenario: &Scenario) -> Result<Self> {
        let (mut upstreams, mut echoes) = (BTreeMap::new(), BTreeMap::new());
        let mut addrs: BTreeMap<String, SocketAddr> = BTreeMap::new();
        for (name, behaviour) in &scenario.clusters {
            if scenario.protocol == Protocol::Tcp {
                let server = Echo::start().await?;
                addrs.insert(name.clone(), server.addr);
                echoes.insert(name.clone(), server);
            } else if let Some(first) = behaviour.phases.first() {
                let upstream = Upstream::start(first, scenario.seed).await?;
                addrs.insert(name.clone(), upstream.addr);
                upstreams.insert(name.clone(), upstream);
            }
        }
        let entries = Entries::new()?;
        let envoy = proxy::start(scenario, &addrs, entries.path()).await?;
        let (sender, done) = channel();
        let log = envoy.log_tail();
        Ok(Self {
            handle: Handle::current(),
            log,
            upstreams,
            echoes,
            began: Instant::now(),
            prepared: Vec::new(),
            done,
            sender,
            over: Vec::new(),
            open: 0,
            last: Instant::now(),
            numbers: 0,
            numbered: !scenario.traffic.is_empty(),
            http2: trailers(scenario),
            asked: only_called_out(scenario),
            only: match scenario.plugins.as_slice() {
                [only] => Some(only.name.clone()),
                _ => None,
            },
            fresh: false,
            entries,
            envoy,
        })
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn before(&self, whole: bool) -> Before {
        if !whole || self.numbered {
            return Before::default();
        }
        Before {
            hits: self
                .upstreams
                .iter()
                .map(|(name, all)| (name.clone(), all.hits().len()))
                .collect(),
            lines: self.envoy.log_lines().len(),
            entries: self.envoy.access_log().len(),
        }
    }

    fn take(&mut self, done: Done) {
        self.open = self.open.saturating_sub(1);
        self.last = Instant::now();
        self.fresh = true;
        self.over.push(done);
    }

    /// Waits until what is under way is over and written down: only then can what comes next be told from it.
    fn settle(&mut self) {
        if self.numbered {
            return;
        }
        while self.open > 0 {
            match self.done.recv_timeout(LONGEST) {
                Ok(done) => self.take(done),
                Err(_) => return,
            }
        }
        let begun = usize::try_from(self.numbers).unwrap_or(usize::MAX);
        let _ = self.handle.block_on(self.envoy.wait_for_access_log(begun));
    }
}

/// Whether trailers are sent or expected, which HTTP/1 clients rarely know.
fn trailers(scenario: &Scenario) -> bool {
    scenario.steps.iter().any(|step| match &step.action {
        Action::Request { request, expect } => {
            !request.trailers.0.is_empty() || !expect.trailers.is_empty()
        }
        _ => false,
    })
}

/// Clusters to which no route leads.
fn only_called_out(scenario: &Scenario) -> HashMap<String, usize> {
    let routed = |name: &&String| {
        scenario.routes.iter().any(|route| route.target == RouteTarget::Cluster((*name).clone()))
    };
    let names = scenario.clusters.keys().filter(|name| !routed(name));
    names.map(|name| (name.clone(), 0)).collect()
}

impl Snapshot for Real {
    fn metrics(&self, visit: &mut dyn FnMut(&str, u64)) {
        // Under traffic a moment is a moment; else Envoy is given time to flush.
        if !self.numbered {
            std::thread::sleep(SETTLE);
        }
        let stats = self.handle.block_on(self.envoy.stats()).unwrap_or_default();
        let custom = stats.iter().filter(|(name, _)| name.starts_with("wasmcustom."));
        custom.for_each(|(name, value)| visit(name, *value));
        if let Ok(metrics) = self.handle.block_on(self.envoy.metrics()) {
            for sample in &metrics.samples {
                if let Some(histogram) = sample.name.strip_suffix("_count") {
                    visit(histogram, sample.value as u64);
                }
            }
        }
    }

    fn shared_data(&self, _: &str, _: &str) -> Option<Vec<u8>> {
        None
    }
}

impl Target for Real {
    fn prepare(&mut self, request: &Request) -> Prepared {
        self.prepared.push(request.clone());
        Prepared(self.prepared.len() - 1)
    }

    fn begin(&mut self, request: Prepared, user: Option<(&str, &str)>, tag: u64, whole: bool) {
        let Some(mut request) = self.prepared.get(request.0).cloned() else { return };
        self.settle();
        let headers = &mut request.headers.0;
        headers.extend(user.map(|(name, value)| (name.to_owned(), value.to_owned())));
        self.numbers += 1;
        let number = self.numbers.to_string();
        if self.numbered {
            headers.push((NUMBER.to_owned(), number.clone()));
        }
        let (to, http2, sender, clock) =
            (self.envoy.addr(), self.http2, self.sender.clone(), self.began);
        let (before, began) = (self.before(whole), self.now());
        self.open += 1;
        self.handle.spawn(async move {
            let received = client::send(to, &request, http2).await;
            let ended = clock.elapsed();
            let bytes = None;
            let _ = sender.send(Done { tag, whole, began, ended, number, received, bytes, before });
        });
    }

    fn connect(&mut self, connection: &Connection, tag: u64) {
        self.settle();
        let (to, sender, clock) = (self.envoy.addr(), self.sender.clone(), self.began);
        let (before, began, connection) = (self.before(true), self.now(), connection.clone());
        self.open += 1;
        self.handle.spawn(async move {
            let bytes = Some(client::connect(to, &connection).await.unwrap_or_default());
            let (ended, number, received) = (clock.elapsed(), String::new(), None);
            let _ = sender.send(Done {
                tag,
                whole: true,
                began,
                ended,
                number,
                received,
                bytes,
                before,
            });
        });
    }

    fn configure(&mut self, plugin: &str, config: &[u8]) -> Result<(), String> {
        self.settle();
        let config = String::from_utf8_lossy(config);
        let updated = self.handle.block_on(self.envoy.update_config_text(plugin, &config));
        updated.map_err(|error| error.to_string())
    }

    fn behave(&mut self, cluster: &str, phase: &Phase) {
        if let Some(upstream) = self.upstreams.get_mut(cluster) {
            let _ = self.handle.block_on(upstream.behave(phase));
        }
    }

    fn advance(&mut self, until: Until) -> Duration {
        let (Until::Time(end) | Until::Over(_, end) | Until::Idle(end)) = until;
        loop {
            let quiet = self.last + SETTLE;
            let over = match until {
                Until::Time(_) => self.fresh,
                Until::Over(tag, _) => self.over.iter().any(|done| done.tag == tag),
                Until::Idle(_) => self.fresh || self.is_idle(),
            };
            let left = end.saturating_sub(self.now()).min(LONGEST);
            if over || left.is_zero() {
                return self.now();
            }
            let settling = matches!(until, Until::Idle(_)) && self.open == 0;
            let wait = if settling { left.min(quiet - Instant::now()) } else { left };
            // Some wait for the access log.
            if !self.over.is_empty() && !self.fresh && wait > GLANCE {
                std::thread::sleep(GLANCE);
                return self.now();
            }
            match self.done.recv_timeout(wait.max(Duration::from_millis(1))) {
                Ok(done) => self.take(done),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.now(),
            }
        }
    }

    /// Idle is what has been quiet for a while: Envoy writes its logs behind.
    fn is_idle(&self) -> bool {
        self.open == 0 && self.over.is_empty() && self.last.elapsed() >= SETTLE
    }

    fn tell(&mut self, sink: &mut dyn EventSink) {
        while let Ok(done) = self.done.try_recv() {
            self.take(done);
        }
        self.fresh = false;
        self.entries.read();
        let late = self.now().saturating_sub(SETTLE * 5);
        for done in std::mem::take(&mut self.over) {
            let waits = self.numbered && !self.entries.has(&done.number) && done.ended > late;
            match waits {
                true => self.over.push(done),
                false => self.tell_over(done, sink),
            }
        }
        let at = self.now();
        for line in self.log.new_lines() {
            match logs::read(&line) {
                Some(Said::Line { level, plugin, text }) => {
                    let plugin = plugin.as_deref().or(self.only.as_deref());
                    let (plugin, text) = (plugin.unwrap_or_default(), text.as_str());
                    sink.logged(LogLine { at, level, plugin, text });
                }
                Some(Said::Died(why)) => sink.died(at, &why),
                None => {}
            }
        }
        self.tell_callouts(sink);
    }

    fn trace(&self, _: Duration, _: Duration) -> Vec<String> {
        let lines = self.envoy.log_lines();
        let wasm = lines.iter().filter(|line| line.contains("[wasm]"));
        let mut last: Vec<String> = wasm.rev().take(30).cloned().collect();
        last.reverse();
        last
    }
}
