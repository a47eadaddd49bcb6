//! One request: route it, watch how it ends.
//!
//! A header map is gone once its phase is over, so what is needed later is kept in the [`RequestContext`]. A failure
//! counts as soon as the response headers show it. Everything else counts when the stream is logged, because a response
//! can still break off, and a client can still hang up.

use crate::host::{self, Map};
use crate::live::LiveRollout;
use crate::plugin::Plugin;
use crate::registry;
use crate::request::Request;
use serinus_core::arm::Arm;
use serinus_core::cohort::attribute::Reads;
use serinus_core::contract::Cohort;
use serinus_core::evidence::{Ended, Events};
use serinus_core::outcome::{Ending, Flags, Outcome};
use serinus_core::stats::units::Mark;
use std::rc::Rc;

/// Nanoseconds of a millisecond.
const NS_PER_MS: u64 = 1_000_000;

/// A stream under the configuration with which it began.
pub struct Http {
    plugin: Rc<Plugin>,
    /// Of the request, once its headers have been seen and a rollout is for it.
    request: Option<RequestContext>,
}

/// What is remembered of a request until its stream is logged.
struct RequestContext {
    live: Rc<LiveRollout>,
    label: Cohort,
    began_ns: u64,
    /// What the request's unit is counted by, where chance assigned it.
    unit: Option<Mark>,
    set_cookie: Option<String>,
    ending: Ending,
    events: Events,
    /// Whether the whole response has passed, and was the upstream's.
    complete: bool,
    /// Whether the request has been counted as a failure already.
    counted: bool,
}

impl Http {
    /// A stream under the configuration of this moment.
    pub fn new(plugin: Rc<Plugin>) -> Self {
        Self { plugin, request: None }
    }

    /// Envoy has received the request headers.
    pub fn see_request(&mut self) {
        self.request = self.route();
        if let Some(request) = &self.request {
            self.plugin.claimant.served(request.began_ns / NS_PER_MS);
        }
    }

    /// Envoy has received the response headers; with `end_of_stream`, all of the response.
    pub fn see_response(&mut self, end_of_stream: bool) {
        if let Some(request) = &mut self.request {
            request.see_response();
            // A gRPC answer of Envoy's own is all headers, and 200: only its gRPC status tells.
            let told = !request.live.rollout.failure.grpc.is_empty();
            request.complete = end_of_stream && told && request.is_the_upstreams();
        }
    }

    /// Envoy has received the last of the response: nothing can go wrong with the upstream any more.
    pub fn see_response_end(&mut self) {
        if let Some(request) = &mut self.request {
            request.complete = request.is_the_upstreams();
        }
    }

    /// Envoy logs the stream: it is over.
    pub fn see_end(&mut self) {
        if let Some(request) = self.request.take() {
            request.end();
        }
    }

    fn route(&mut self) -> Option<RequestContext> {
        let reads = Reads::new(&Request);
        let live = self.plugin.rollout_for(&reads);
        let headers = self.plugin.route_headers.iter();
        let own = live.map(|live| live.rollout.route.header.as_str());
        // A client must not reach another rollout's canary either.
        headers.filter(|header| Some(header.as_str()) != own).for_each(|header| {
            host::remove_header(Map::RequestHeaders, header);
        });
        let (live, began_ns) = (live?, host::now_ns());
        let (assignment, label) = live.assign(&reads, began_ns / NS_PER_MS);
        let route = &live.rollout.route;
        let value = match assignment.arm {
            Arm::Baseline => &route.baseline,
            Arm::Canary => &route.canary,
        };
        host::replace_header(Map::RequestHeaders, &route.header, value);
        Some(RequestContext {
            live: Rc::clone(live),
            label,
            began_ns,
            unit: assignment.mark,
            set_cookie: assignment.set_cookie,
            ending: Ending::default(),
            events: Events::default(),
            complete: false,
            counted: false,
        })
    }
}

impl RequestContext {
    fn see_response(&mut self) {
        if let Some(cookie) = self.set_cookie.take() {
            host::add_header(Map::ResponseHeaders, "set-cookie", &cookie);
        }
        self.ending.status = number(host::header(Map::ResponseHeaders, ":status"));
        self.ending.grpc = self.grpc_status(Map::ResponseHeaders);
        if let Cohort::Arm(cohort) = self.label {
            self.events = self.live.count_events(cohort);
        }
        let failure = &self.live.rollout.failure;
        if !self.counted && failure.fails_early(self.ending.status, self.ending.grpc) {
            self.counted = true;
            self.count(Outcome::Failure, host::now_ns());
        }
    }

    /// The last word. Both maps can be read again here, and the flags are final. They are a
    /// property, the dearest read of all, and say nothing about a response that is complete.
    fn end(mut self) {
        let now_ns = host::now_ns();
        if !self.counted {
            if !self.complete {
                self.ending.flags = flags();
                self.ending.grpc =
                    self.ending.grpc.or_else(|| self.grpc_status(Map::ResponseTrailers));
            }
            let outcome = self.live.rollout.failure.classify(self.ending);
            self.count(outcome, now_ns);
            if outcome == Outcome::ClientGone {
                return;
            }
        }
        self.live.took(self.label, self.micros(now_ns));
    }

    /// Counts the request under the configuration of today, to which it belongs from now on.
    fn count(&mut self, outcome: Outcome, now_ns: u64) {
        let (live, label) = registry::successor(&self.live, self.label);
        // Bits that another configuration gave may stand for other events in this one.
        let same = live.rollout.layout.events == self.live.rollout.layout.events;
        let events = if same { self.events } else { Events::default() };
        let ended = Ended { events, ..Ended::new(outcome, self.micros(now_ns)) };
        live.ended(label, &ended, self.unit, now_ns / NS_PER_MS);
        (self.live, self.label) = (live, label);
    }

    /// How long the request has taken by now.
    fn micros(&self, now_ns: u64) -> u64 {
        now_ns.saturating_sub(self.began_ns) / 1000
    }

    /// Whether the answer cannot be one that Envoy gives in place of an upstream that failed. That
    /// one is complete too, and then only the flags tell; it is always an error.
    fn is_the_upstreams(&self) -> bool {
        self.ending.status.is_some_and(|s| s < 400) && self.ending.grpc.is_none_or(|c| c == 0)
    }

    /// `grpc-status`, where the rollout cares about it.
    fn grpc_status(&self, map: Map) -> Option<u32> {
        let cares = !self.live.rollout.failure.grpc.is_empty();
        number(cares.then(|| host::header(map, "grpc-status")).flatten())
    }
}

fn number<T: std::str::FromStr>(text: Option<Vec<u8>>) -> Option<T> {
    std::str::from_utf8(&text?).ok()?.parse().ok()
}

fn flags() -> Flags {
    let bytes = host::property(&["response", "flags"]);
    Flags(bytes.and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes))
}
