//! The filters of a stream, in Envoy's order and with its rules.
//!
//! A request passes the filters from first to last and then the router, a response from last to first and
//! then the client. A filter that stops holds back what it was given, and depending on how it stopped,
//! what follows is still shown to it or held back too. When it goes on, what was held back starts from it
//! or from the next: the rules are those of Envoy's filter manager, because filters are written against
//! them, and their order of callbacks can be observed.

use super::calls::Flow;
use super::live::{Iteration, Live, Way};
use super::world::World;
use std::rc::Rc;

/// A piece of a body on its way.
pub(super) enum Piece {
    /// It has just come.
    New(Vec<u8>),
    /// It was held back.
    Held,
}

/// Filters have taken what a response cannot be without.
fn lacks_status(live: &Live) -> bool {
    let headers = live.stream.response.headers.borrow();
    headers.as_ref().is_none_or(|headers| headers.get(b":status").is_none())
}

impl World {
    /// Headers pass the filters from a place on.
    pub(super) fn headers(&self, live: &Rc<Live>, way: Way, from: usize, end: bool) {
        for place in from..live.seats.len() {
            let Some((_, seat)) = live.seat(way, place) else { return };
            let leg = seat.leg(way);
            leg.ended.set(end);
            let flow = self.show_headers(live, way, place, end);
            if self.interrupted(live, way) {
                return;
            }
            match flow {
                Flow::Goes => leg.headers_went_on.set(true),
                Flow::StopOne => return leg.iteration.set(Iteration::StoppedOne),
                Flow::StopAll | Flow::StopAndHold | Flow::StopAndWait | Flow::StopAndDrop => {
                    return leg.iteration.set(Iteration::StoppedAll);
                }
            }
        }
        match way {
            Way::Request => self.router_headers(live, end),
            Way::Response if lacks_status(live) => {
                self.local_reply(live, super::reply::no_status())
            }
            Way::Response => self.client_headers(live, end),
        }
    }

    /// A piece of the body passes the filters from a place on.
    pub(super) fn data(&self, live: &Rc<Live>, way: Way, from: usize, piece: Piece, end: bool) {
        let half = live.half(way);
        let was_held = matches!(piece, Piece::Held);
        let mut bytes = match piece {
            Piece::New(bytes) => bytes,
            Piece::Held => half.held.take().unwrap_or_default(),
        };
        // What was held back stays where it is when it is held again: filters may have changed it there.
        let hold = |bytes: Vec<u8>| {
            if was_held { *half.held.borrow_mut() = Some(bytes) } else { half.hold(bytes) }
        };
        let has_trailers = || half.trailers.borrow().is_some();
        let came_with_trailers = has_trailers();
        let mut added_by = None;
        for place in from..live.seats.len() {
            let Some((_, seat)) = live.seat(way, place) else { return };
            let leg = seat.leg(way);
            if leg.iteration.get() == Iteration::StoppedAll {
                hold(bytes);
                return self.check_buffer(live, way);
            }
            if leg.ended.get() {
                return;
            }
            let last = end && !has_trailers();
            leg.ended.set(last);
            let flow = self.show_data(live, way, place, &mut bytes, last);
            if self.interrupted(live, way) {
                return;
            }
            if added_by.is_none() && !came_with_trailers && has_trailers() {
                added_by = Some(place);
            }
            match flow {
                Flow::Goes if leg.iteration.get() == Iteration::StoppedOne => {
                    hold(bytes);
                    return self.go_on(live, way, place);
                }
                Flow::Goes => {}
                Flow::StopAndDrop => {
                    leg.iteration.set(Iteration::StoppedOne);
                    if half.arrived.get() && !has_trailers() && half.held_len().is_none() {
                        hold(Vec::new());
                    }
                    return;
                }
                Flow::StopOne | Flow::StopAll | Flow::StopAndHold | Flow::StopAndWait => {
                    leg.iteration.set(Iteration::StoppedOne);
                    hold(bytes);
                    return self.check_buffer(live, way);
                }
            }
        }
        let last = end && !has_trailers();
        match way {
            Way::Request => self.router_data(live, bytes, last),
            Way::Response => self.client_data(live, &bytes, last),
        }
        // A filter has added trailers to a body that had none: those after it see them.
        if let Some(place) = added_by.filter(|_| !live.aborted(way)) {
            self.trailers(live, way, place + 1);
        }
    }

    /// Trailers pass the filters from a place on.
    pub(super) fn trailers(&self, live: &Rc<Live>, way: Way, from: usize) {
        for place in from..live.seats.len() {
            let Some((_, seat)) = live.seat(way, place) else { return };
            let leg = seat.leg(way);
            if leg.iteration.get() == Iteration::StoppedAll {
                return;
            }
            let flow = self.show_trailers(live, way, place);
            leg.ended.set(true);
            if self.interrupted(live, way) {
                return;
            }
            match (flow, leg.iteration.get()) {
                (Flow::Goes, Iteration::StoppedOne) => return self.go_on(live, way, place),
                (Flow::Goes, _) => {}
                (_, Iteration::Goes) => return leg.iteration.set(Iteration::StoppedOne),
                (_, _) => return,
            }
        }
        match way {
            Way::Request => self.router_trailers(live),
            Way::Response => self.client_trailers(live),
        }
    }

    /// A filter that had stopped goes on.
    pub(super) fn go_on(&self, live: &Rc<Live>, way: Way, place: usize) {
        let Some((_, seat)) = live.seat(way, place).filter(|_| !live.aborted(way)) else {
            return;
        };
        let (half, leg) = (live.half(way), seat.leg(way));
        if half.headers.borrow().is_none() {
            return;
        }
        live.touched.set(self.now());
        let from_here = leg.iteration.get() == Iteration::StoppedAll;
        leg.iteration.set(Iteration::Goes);
        let has_trailers = || half.trailers.borrow().is_some();
        if !leg.headers_went_on.replace(true) {
            let end = half.arrived.get() && half.held_len().is_none() && !has_trailers();
            self.headers(live, way, place + 1, end);
        }
        let next = if from_here { place } else { place + 1 };
        let trailers = has_trailers();
        if half.held_len().is_some() && !live.aborted(way) {
            self.data(live, way, next, Piece::Held, half.arrived.get());
        }
        if trailers && !live.aborted(way) {
            self.trailers(live, way, next);
        }
    }

    /// Whether the way has ended under the last callback's hands; a local reply that waited is sent now.
    fn interrupted(&self, live: &Rc<Live>, way: Way) -> bool {
        if way == Way::Request && live.decoding.get() == 0 {
            self.send_prepared(live);
        }
        live.aborted(way)
    }

    /// Envoy answers a request that is held back beyond the limit with 413, a response with 500.
    fn check_buffer(&self, live: &Rc<Live>, way: Way) {
        let room = self.process.limits.buffer;
        if live.half(way).held_len().is_some_and(|held| held > room) {
            let (status, details) = match way {
                Way::Request => (413, "request_payload_too_large"),
                Way::Response => (500, "response_payload_too_large"),
            };
            let body = if status == 413 { "Payload Too Large" } else { "Internal Server Error" };
            self.local_reply(live, super::reply::envoys(status, body, details));
        }
    }
}
