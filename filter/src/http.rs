//! One request: route it, watch how it ends.
//!
//! A map is gone once its phase is over, so what is needed later is kept in the seat. A failure
//! counts as soon as the response headers show it; everything else when the stream is logged,
//! because a response can still break off, and a client can still hang up.

use crate::host::{self, Map};
use crate::meters::Label;
use crate::request::Request;
use crate::root::Plugin;
use crate::trial::Trial;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;
use serinus_core::cohort::attribute::Reads;
use serinus_core::cohort::decide::{Assignment, Cohort};
use serinus_core::outcome::{Ending, Flags, Outcome};
use std::rc::Rc;

/// A stream, and where it sits once its request has been seen.
pub struct Http {
    plugin: Rc<Plugin>,
    seat: Option<Seat>,
}

/// What is remembered of a request.
struct Seat {
    trial: Rc<Trial>,
    label: Label,
    began_ns: u64,
    set_cookie: Option<String>,
    ending: Ending,
    /// The response was complete with its headers.
    complete: bool,
    /// The failure has been counted.
    counted: bool,
}

impl Http {
    /// A stream under the configuration of this moment.
    pub fn new(plugin: Rc<Plugin>) -> Self {
        Self { plugin, seat: None }
    }

    fn route(&mut self) -> Option<Seat> {
        let reads = Reads::new(&Request);
        let trial = self.plugin.trial_for(&reads);
        let headers = self.plugin.route_headers.iter();
        let own = trial.map(|trial| trial.rollout.route.header.as_str());
        // A client must not reach another rollout's canary either.
        headers.filter(|header| Some(header.as_str()) != own).for_each(|header| {
            host::remove_header(Map::RequestHeaders, header);
        });
        let trial = trial?;
        let assignment = trial.assign(&reads);
        let route = &trial.rollout.route;
        let value = match assignment.cohort {
            Cohort::Baseline => &route.baseline,
            Cohort::Canary => &route.canary,
        };
        host::replace_header(Map::RequestHeaders, &route.header, value);
        let label = label(&assignment);
        if let Label::Arm(cohort) = label {
            trial.meters.assigned(cohort);
        }
        Some(Seat {
            trial: Rc::clone(trial),
            label,
            began_ns: host::now_ns(),
            set_cookie: assignment.set_cookie,
            ending: Ending::default(),
            complete: false,
            counted: false,
        })
    }
}

fn label(assignment: &Assignment) -> Label {
    match assignment.cohort {
        cohort if assignment.randomised() => Label::Arm(cohort),
        Cohort::Canary => Label::Forced,
        Cohort::Baseline => Label::Outside,
    }
}

impl Context for Http {}

impl HttpContext for Http {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        self.seat = self.route();
        if let Some(seat) = &self.seat {
            self.plugin.claimant.served(seat.began_ns / 1_000_000);
        }
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _: usize, end_of_stream: bool) -> Action {
        if let Some(seat) = &mut self.seat {
            seat.see_response(end_of_stream);
        }
        Action::Continue
    }

    fn on_log(&mut self) {
        if let Some(seat) = self.seat.take() {
            seat.end();
        }
    }
}

impl Seat {
    fn see_response(&mut self, end_of_stream: bool) {
        if let Some(cookie) = self.set_cookie.take() {
            host::add_header(Map::ResponseHeaders, "set-cookie", &cookie);
        }
        self.complete = end_of_stream;
        self.ending.status = number(host::header(Map::ResponseHeaders, ":status"));
        self.ending.grpc = self.grpc_status(Map::ResponseHeaders);
        if let Label::Arm(cohort) = self.label {
            self.trial.count_events(cohort);
        }
        let failure = &self.trial.rollout.failure;
        if failure.fails_early(self.ending.status, self.ending.grpc) {
            self.counted = true;
            self.count(Outcome::Failure);
        }
    }

    /// The last word. Both maps can be read again here, and the flags are final.
    fn end(mut self) {
        let micros = self.micros();
        if !self.counted {
            if !self.complete {
                self.ending.flags = flags();
                self.ending.grpc =
                    self.ending.grpc.or_else(|| self.grpc_status(Map::ResponseTrailers));
            }
            let outcome = self.trial.rollout.failure.classify(self.ending);
            self.count(outcome);
            if outcome == Outcome::ClientGone {
                return;
            }
        }
        self.trial.meters.took(self.label, micros);
    }

    fn count(&mut self, outcome: Outcome) {
        let micros = self.micros();
        let (trial, label) = self.trial.successor(self.label);
        trial.count(label, outcome, micros);
    }

    fn micros(&self) -> u64 {
        host::now_ns().saturating_sub(self.began_ns) / 1000
    }

    /// `grpc-status`, where the rollout cares about it.
    fn grpc_status(&self, map: Map) -> Option<u32> {
        let cares = !self.trial.rollout.failure.grpc.is_empty();
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
