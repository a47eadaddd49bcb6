//! The clients of a TCP scenario, in virtual time, as the rig's client is in real time.

use std::time::Duration;

use serinus_host::proxy::{Proxy, TcpExchange};

use super::drive::{Outcome, RunResult};
use crate::scenario::{Connect, Scenario};
use crate::tcp::QUIET;

/// How often a client looks whether something has come.
const LOOK: Duration = Duration::from_millis(10);

/// Runs all clients to their ends, always the one whose turn is next.
pub fn run(scenario: &Scenario, proxy: &mut Proxy) -> RunResult {
    let scripts = scenario.steps.iter().map(|step| (step.at, step.connect.as_ref().unwrap()));
    let mut clients: Vec<Client<'_>> =
        scripts.map(|(at, script)| Client::new(script, at)).collect();
    let mut over = Vec::new();
    while let Some(next) = clients.iter_mut().filter(|c| c.said.is_none()).min_by_key(|c| c.at) {
        proxy.advance(next.at.saturating_sub(proxy.elapsed()));
        over.extend(proxy.disconnected());
        next.act(proxy, &over);
    }
    // What the last client's end brings about.
    proxy.advance(scenario.lasts.saturating_sub(proxy.elapsed()).max(LOOK));
    let outcomes = clients.into_iter().filter_map(|client| client.said).map(Outcome::Said);
    RunResult { outcomes: outcomes.collect(), exchanges: Vec::new() }
}

/// A client sends its pieces, perhaps ends, reads until the other side ends or is quiet, and goes away.
struct Client<'a> {
    script: &'a Connect,
    /// When it acts next.
    at: Duration,
    connection: Option<u64>,
    /// How many pieces it has sent.
    sent: usize,
    reading: Option<Reading>,
    said: Option<String>,
}

#[derive(Clone, Copy)]
struct Reading {
    received: usize,
    quiet_since: Duration,
}

impl<'a> Client<'a> {
    fn new(script: &'a Connect, at: Duration) -> Self {
        Self { script, at, connection: None, sent: 0, reading: None, said: None }
    }

    fn act(&mut self, proxy: &mut Proxy, over: &[TcpExchange]) {
        let Some(id) = self.connection else {
            return self.connect(proxy);
        };
        if self.sent < self.script.send.len() {
            self.send(id, proxy);
        } else if let Some(reading) = self.reading {
            self.read(id, reading, proxy, over);
        } else {
            self.sit_back(id, proxy);
        }
    }

    fn connect(&mut self, proxy: &mut Proxy) {
        let id = proxy.connect([127, 0, 0, 1].into(), Some(1));
        self.connection = Some(id);
        if self.script.send.is_empty() {
            self.at += self.script.every;
        } else {
            self.send(id, proxy);
        }
    }

    fn send(&mut self, id: u64, proxy: &mut Proxy) {
        proxy.write(id, self.script.send[self.sent].as_bytes());
        self.sent += 1;
        self.at += self.script.every;
    }

    fn sit_back(&mut self, id: u64, proxy: &mut Proxy) {
        if self.script.close {
            proxy.end(id);
        }
        self.reading = Some(Reading { received: 0, quiet_since: self.at });
    }

    fn read(&mut self, id: u64, reading: Reading, proxy: &mut Proxy, over: &[TcpExchange]) {
        let open = proxy.connection(id);
        let ended = open.as_ref().is_none_or(|exchange| exchange.received_end);
        let exchange = open.or_else(|| over.iter().find(|over| over.id == id).cloned()).unwrap();
        if ended || self.at - reading.quiet_since >= QUIET {
            let how = if ended { "ended" } else { "still open" };
            self.said = Some(format!("received \"{}\" {how}", exchange.received.escape_ascii()));
            proxy.end(id);
        } else if exchange.received.len() > reading.received {
            self.reading =
                Some(Reading { received: exchange.received.len(), quiet_since: self.at });
        }
        self.at += LOOK;
    }
}
