//! What the users, the servers and the access log of a real Envoy would have seen, from the host's own account.
//!
//! Before a real Envoy these are three witnesses who know nothing of one another; here one tells for all.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serinus_host::proxy::Exchange;
use serinus_rig::{AccessEntry, COHORT_HEADER, Done, Hit, UPSTREAM_HEADER, wall_clock};

use super::super::PATH;

/// What was seen so far.
pub struct Witnesses {
    /// The same moment on two clocks: that of this process, and the virtual one in nanoseconds since 1970.
    anchor: (Instant, u64),
    exchanges: Vec<Done>,
    arrivals: BTreeMap<String, Vec<Hit>>,
    access: Vec<AccessEntry>,
}

impl Witnesses {
    /// None yet. The virtual clock said `virtual_start` at the moment `start`.
    pub fn new(start: Instant, virtual_start: u64) -> Self {
        let (exchanges, arrivals, access) = Default::default();
        Self { anchor: (start, virtual_start), exchanges, arrivals, access }
    }

    /// Takes in an exchange that is over.
    pub fn saw(&mut self, exchange: &Exchange, user: String) {
        let (at_sent, at_done) = (self.moment(exchange.began), self.moment(exchange.ended));
        if let Some(version) = exchange.asked() {
            let hit = hit(exchange, &user, at_sent);
            self.arrivals.entry(version.to_owned()).or_default().push(hit);
        }
        self.access.push(entry(exchange, &user, at_sent));
        let status = exchange.status().ok_or_else(|| "no answer".to_owned());
        self.exchanges.push(Done { user, at_sent, at_done, status, upstream: upstream(exchange) });
    }

    /// The exchanges since the last call.
    pub fn take_exchanges(&mut self) -> Vec<Done> {
        std::mem::take(&mut self.exchanges)
    }

    /// What reached a version, in the order in which it came.
    pub fn arrivals(&self, version: &str) -> Vec<Hit> {
        let mut hits = self.arrivals.get(version).cloned().unwrap_or_default();
        hits.sort_by_key(|hit| hit.at);
        hits
    }

    /// The access log.
    pub fn access_log(&self) -> Vec<AccessEntry> {
        self.access.clone()
    }

    fn moment(&self, at: u64) -> Instant {
        self.anchor.0 + Duration::from_nanos(at.saturating_sub(self.anchor.1))
    }
}

/// A request reaches its server when it begins: callbacks and the network take no virtual time.
fn hit(exchange: &Exchange, user: &str, at: Instant) -> Hit {
    let user = Some(user.to_owned());
    Hit {
        at,
        user,
        path: PATH.into(),
        status: exchange.status(),
        headers: None,
        body: None,
        trailers: None,
    }
}

fn entry(exchange: &Exchange, user: &str, began: Instant) -> AccessEntry {
    let cohort = exchange.sent.as_ref().and_then(|sent| sent.headers.text(COHORT_HEADER));
    AccessEntry {
        started: wall_clock(began),
        user: Some(user.to_owned()),
        cohort: cohort.map(Into::into),
        request: format!("GET {PATH}"),
        code: exchange.status().unwrap_or_default(),
        flags: exchange.flags.to_string(),
        details: exchange.details.clone().unwrap_or_default(),
        cluster: exchange.cluster.as_deref().map(Into::into),
        upstream: None,
        attempts: exchange.attempts,
        duration: Duration::from_nanos(exchange.ended.saturating_sub(exchange.began)),
    }
}

/// The server that says that it answered.
fn upstream(exchange: &Exchange) -> Option<String> {
    let response = exchange.response.as_ref()?;
    response.headers.text(UPSTREAM_HEADER).map(Into::into)
}
