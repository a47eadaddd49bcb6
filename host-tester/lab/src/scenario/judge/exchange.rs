//! What came of one request or connection, against what should.

use super::words::{self, Clock};
use crate::scenario::http::{Headers, Statuses};
use crate::scenario::matcher::Matcher;
use crate::scenario::observation::{Exchange, Exchanged, Message};
use crate::scenario::read::Wanted;
use crate::scenario::step::{ConnectionExpectation, ExchangeExpectation, Flag};
use std::collections::BTreeMap;
use std::time::Duration;

/// One thing that was expected, and how it was.
#[derive(Debug)]
pub(super) struct Found {
    /// The key within `expect`.
    pub(super) key: String,
    /// What it is about.
    pub(super) what: String,
    pub(super) expected: String,
    pub(super) seen: String,
    pub(super) passed: bool,
}

/// Everything that is expected of a request.
pub(super) fn request(expect: &ExchangeExpectation, exchange: &Exchange) -> Vec<Found> {
    let nothing = Message::default();
    let sent = exchange.sent.as_ref().unwrap_or(&nothing);
    let received = exchange.received.as_ref().unwrap_or(&nothing);
    let mut all = Findings::default();
    all.wanted("status", &expect.status, status(&expect.status, exchange.received.as_ref()));
    all.wanted("cluster", &expect.cluster, cluster(&expect.cluster, exchange.cluster.as_deref()));
    all.wanted("route", &expect.route, cluster(&expect.route, exchange.route.as_deref()));
    all.headers("sent", "sent header", &expect.sent, &sent.headers);
    all.text("sent_body", "sent body", expect.sent_body.as_ref(), &sent.body);
    all.headers("sent_trailers", "sent trailer", &expect.sent_trailers, &sent.trailers);
    all.headers("headers", "header", &expect.headers, &received.headers);
    all.text("body", "body", expect.body.as_ref(), &received.body);
    all.headers("trailers", "trailer", &expect.trailers, &received.trailers);
    all.flags(expect.flags.as_deref(), &exchange.flags);
    if let Some(details) = &expect.details {
        let seen: Vec<&str> = exchange.details.as_deref().into_iter().collect();
        all.add("details", "details", details, words::values(&seen), details.matches(&seen));
    }
    if let Some(attempts) = expect.attempts {
        all.add("attempts", "attempts", attempts, exchange.attempts, attempts == exchange.attempts);
    }
    all.within(expect.within, exchange.began, exchange.ended);
    all.logs(&expect.logs, &exchange.logs);
    all.0
}

/// Everything that is expected of a connection.
pub(super) fn connection(expect: &ConnectionExpectation, seen: &Exchanged) -> Vec<Found> {
    let mut all = Findings::default();
    all.text("received", "received bytes", expect.received.as_ref(), &seen.received);
    all.text("sent", "sent bytes", expect.sent.as_ref(), &seen.sent);
    all.wanted("cluster", &expect.cluster, cluster(&expect.cluster, seen.cluster.as_deref()));
    all.flags(expect.flags.as_deref(), &seen.flags);
    all.within(expect.within, seen.began, seen.ended);
    all.logs(&expect.logs, &seen.logs);
    all.0
}

/// Expected, seen, and whether they fit.
pub(super) type Verdict = (String, String, bool);

/// A cluster, or a route.
pub(super) fn cluster(wanted: &Wanted<String>, seen: Option<&str>) -> Verdict {
    let passed = match wanted {
        Wanted::Anything => true,
        Wanted::Nothing => seen.is_none(),
        Wanted::This(name) => seen == Some(name),
    };
    (words::wanted(wanted, "none"), seen.unwrap_or("none").to_owned(), passed)
}

fn status(wanted: &Wanted<Statuses>, seen: Option<&Message>) -> Verdict {
    let seen = seen.map(|message| message.status.unwrap_or(0));
    let passed = match wanted {
        Wanted::Anything => true,
        Wanted::Nothing => seen.is_none(),
        Wanted::This(statuses) => seen.is_some_and(|status| statuses.contains(status)),
    };
    let seen = seen.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    (words::wanted(wanted, "no answer"), seen, passed)
}

#[derive(Default)]
struct Findings(Vec<Found>);

impl Findings {
    fn add(
        &mut self,
        key: &str,
        what: &str,
        expected: impl ToString,
        seen: impl ToString,
        passed: bool,
    ) {
        let (key, what) = (key.to_owned(), what.to_owned());
        let (expected, seen) = (expected.to_string(), seen.to_string());
        self.0.push(Found { key, what, expected, seen, passed });
    }

    fn wanted<T>(&mut self, key: &str, wanted: &Wanted<T>, (expected, seen, passed): Verdict) {
        if !matches!(wanted, Wanted::Anything) {
            self.add(key, key, expected, seen, passed);
        }
    }

    fn text(&mut self, key: &str, what: &str, wanted: Option<&Matcher>, seen: &[u8]) {
        if let Some(wanted) = wanted {
            let seen = String::from_utf8_lossy(seen);
            self.add(key, what, wanted, words::text(&seen), wanted.matches_text(&seen));
        }
    }

    fn headers(
        &mut self,
        key: &str,
        what: &str,
        wanted: &BTreeMap<String, Matcher>,
        seen: &Headers,
    ) {
        for (name, matcher) in wanted {
            let values = seen.get(name);
            let (key, what) = (format!("{key}.{name}"), format!("{what} {name}"));
            self.add(&key, &what, matcher, words::values(&values), matcher.matches(&values));
        }
    }

    fn flags(&mut self, wanted: Option<&[Flag]>, seen: &[String]) {
        let Some(wanted) = wanted else { return };
        let sorted = |flags: Vec<&str>| {
            let mut flags = flags;
            flags.sort_unstable();
            flags.dedup();
            flags.join(",")
        };
        let wanted = sorted(wanted.iter().map(|flag| flag.0.as_str()).collect());
        let seen = sorted(seen.iter().map(String::as_str).collect());
        let word =
            |flags: &str| if flags.is_empty() { "none".to_owned() } else { flags.to_owned() };
        self.add("flags", "flags", word(&wanted), word(&seen), wanted == seen);
    }

    fn within(&mut self, wanted: Option<Duration>, began: Duration, ended: Duration) {
        if let Some(wanted) = wanted {
            let took = ended.saturating_sub(began);
            let expected = format!("at most {}", Clock(wanted));
            self.add("within", "duration", expected, Clock(took), took <= wanted);
        }
    }

    fn logs(&mut self, wanted: &[Matcher], seen: &[String]) {
        for (i, wanted) in wanted.iter().enumerate() {
            let passed = seen.iter().any(|line| wanted.matches_text(line));
            self.add(&format!("logs[{i}]"), "logged line", wanted, words::values(seen), passed);
        }
    }
}
