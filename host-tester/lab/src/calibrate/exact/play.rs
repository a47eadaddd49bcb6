//! One run through the filter.

use super::USER;
use super::stream::{Arrival, Fate};
use super::twin::{OpenRequest, Twin};
use crate::calibrate::adviser::Adviser;
use crate::calibrate::run::START_MS;
use crate::not_taken::{NotTakenError, taken};
use bytes::Bytes;
use hashbrown::HashMap;
use serde_json::Value;
use serinus_core::arm::Arm;
use serinus_core::config::{self, Errors, EventTest, Rollout};
use serinus_core::contract::log;
use serinus_core::evidence::{Ended, Events};
use serinus_core::outcome::Outcome;
use serinus_core::record::{Record, Verdict};
use serinus_host::filter::Filter;
use serinus_host::proxy::{Exchange, Plugin, Proxy, Request, StartError};
use serinus_host::upstream::{Answer, Behaviour, Cluster, Kind, Latency, Route};
use std::path::Path;
use std::time::Duration;

/// What the filter decided, and what the core would have, given the same requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Played {
    /// By the filter.
    pub records: Vec<Record>,
    /// By its twin.
    pub twin: Vec<Record>,
    /// Canary requests.
    pub canary: u64,
}

/// Why nothing is played.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The filter does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The configuration is unsound once everyone takes part in it.
    #[error(transparent)]
    Unsound(#[from] Errors),
    /// Its policy cannot be asked.
    #[error("the policy: {0}")]
    Policy(String),
    /// The filter does not take it.
    #[error(transparent)]
    NotTakenError(#[from] NotTakenError),
    /// It has no rollout.
    #[error("there is no rollout")]
    Nothing,
}

/// Plays requests until the rollout is stopped or promoted, or there are no more.
///
/// # Errors
/// If the filter does not start, or the configuration is unsound.
pub fn play(
    filter: &Filter,
    configuration: &Value,
    requests: impl Iterator<Item = Arrival>,
) -> Result<Played, PlayError> {
    let rollout = config::from_value(configuration)?.pop().ok_or(PlayError::Nothing)?;
    let rollout = &rollout;
    let plugin = Plugin::new(filter).name("serinus").config(configuration.to_string());
    let route = &rollout.route;
    let proxy = Proxy::builder()
        .start_at(START_MS * 1_000_000)
        .plugin(plugin)
        .route(Route::to("canary").header(&route.header, &route.canary).timeout(Duration::ZERO))
        .route(Route::to("baseline").timeout(Duration::ZERO))
        .cluster("canary", Cluster::default())
        .cluster("baseline", Cluster::default())
        .start()?;
    let logs = proxy.logs();
    taken(logs.iter().map(|line| (&*line.plugin, &*line.text)), |_| true)?;
    let adviser = rollout.policy.as_ref().map(|plan| Adviser::new(plan, Path::new("")));
    let adviser = adviser.transpose().map_err(PlayError::Policy)?;
    let twin = Twin::open(rollout, adviser, START_MS);
    let (records, ended, open) = (Vec::new(), Vec::new(), HashMap::new());
    let mut played = Playing { proxy, rollout, twin, records, canary: 0, ended, open, sent: 0 };
    for arrival in requests {
        played.until(START_MS * 1_000_000 + arrival.at);
        if played.is_over() {
            break;
        }
        played.send(&arrival);
    }
    let Playing { twin, records, canary, .. } = played;
    Ok(Played { records, twin: twin.records(), canary })
}

struct Playing<'a> {
    proxy: Proxy,
    rollout: &'a Rollout,
    twin: Twin<'a>,
    records: Vec<Record>,
    canary: u64,
    /// What is over, and not yet told.
    ended: Vec<Exchange>,
    /// Each request on its way, and which events its answer shows.
    open: HashMap<u64, (OpenRequest, Events)>,
    sent: u64,
}

impl Playing<'_> {
    /// Lets time pass up to this moment, second by second: so what ends is known before the next tick.
    fn until(&mut self, end: u64) {
        const SECOND: u64 = 1_000_000_000;
        while self.proxy.now() < end {
            // Up to just before the tick, the tick alone, and on.
            let now = self.proxy.now();
            let tick = (now / SECOND + 1) * SECOND;
            let before = (tick - 1).min(end);
            let stop = if now < before { before } else { tick.min(end) };
            while self.proxy.step(stop) {}
            self.settle();
            if stop == tick {
                self.twin.tick(tick / 1_000_000);
            }
        }
    }

    /// Tells the twin what has ended, in order, and takes down what the filter has decided.
    fn settle(&mut self) {
        self.ended.extend(self.proxy.finished());
        self.ended.sort_by_key(|over| (over.ended, over.id));
        for over in std::mem::take(&mut self.ended) {
            let Some((request, events)) = self.open.remove(&over.tag) else { continue };
            let failed = over.status().is_some_and(|status| status >= 500);
            let outcome = if failed { Outcome::Failure } else { Outcome::Success };
            let micros = over.ended.saturating_sub(over.began) / 1000;
            let ended = Ended { events, ..Ended::new(outcome, micros) };
            self.twin.ended(request, &ended, over.ended / 1_000_000);
        }
        for line in self.proxy.take_logs() {
            let record = line.text.strip_prefix(log::DECISION);
            self.records.extend(record.and_then(|text| serde_json::from_str(text).ok()));
        }
    }

    fn is_over(&self) -> bool {
        self.records.last().is_some_and(|record| record.verdict == Verdict::Rollback)
    }

    fn send(&mut self, arrival: &Arrival) {
        let fate = &arrival.fate;
        self.proxy.behave("baseline", self.behaviour(&fate.baseline));
        self.proxy.behave("canary", self.behaviour(&fate.canary));
        let user = format!("u{}", arrival.user);
        let mut request = Request::get("/").header(USER, &user);
        (request.keep, request.tag) = (false, self.sent);
        let open = self.twin.began(&user, self.proxy.now() / 1_000_000);
        self.canary += u64::from(open.arm == Arm::Canary);
        self.open.insert(self.sent, (open, self.shown(fate.get(open.arm))));
        self.sent += 1;
        self.proxy.begin(request);
    }

    /// The events that an answer shows.
    fn shown(&self, fate: &Fate) -> Events {
        let mut events = Events::default();
        self.headers(fate).for_each(|(index, _)| events.note(index));
        events
    }

    /// The headers that show a request's events. Those that need a certain value are left out.
    fn headers<'f>(&'f self, fate: &'f Fate) -> impl Iterator<Item = (usize, &'f str)> {
        let all = self.rollout.events.iter().zip(&fate.events).enumerate();
        all.filter(|(_, (event, shown))| {
            **shown && !fate.fails && matches!(event.test, EventTest::Present)
        })
        .map(|(index, (event, _))| (index, event.header.as_str()))
    }

    fn behaviour(&self, fate: &Fate) -> Behaviour {
        let latency = Latency::Fixed(Duration::from_micros(fate.micros));
        let mut answer = Answer::status(if fate.fails { 503 } else { 200 });
        let header = |(_, name): (usize, &str)| {
            (Bytes::copy_from_slice(name.as_bytes()), Bytes::from_static(b"1"))
        };
        answer.headers = self.headers(fate).map(header).collect();
        Behaviour::of(Kind::Answer(answer)).latency(latency)
    }
}
