//! The filters of a stream, in Envoy's order and with its rules.
//!
//! A request passes the filters from first to last and then the router, a response from last to first and
//! then the client. A filter that stops holds back what it was given, and depending on how it stopped,
//! what follows is still shown to it or held back too. When it goes on, what was held back starts from it
//! or from the next: the rules are those of Envoy's filter manager, because filters are written against
//! them, and their order of callbacks can be observed.

use super::active::{ActiveStream, Direction, Iteration};
use super::calls::Flow;
use super::simulation::Simulation;
use std::rc::Rc;

/// A piece of a body on its way.
pub(super) enum Piece {
    /// The piece has just come.
    New(Vec<u8>),
    /// The piece was held back by a filter.
    Held,
}

/// Filters have taken what a response cannot be without.
fn lacks_status(active: &ActiveStream) -> bool {
    let headers = active.stream.response.headers.borrow();
    headers.as_ref().is_none_or(|headers| headers.get(b":status").is_none())
}

impl Simulation {
    /// Headers pass the filters from a place on.
    pub(super) fn headers(
        &self,
        active: &Rc<ActiveStream>,
        direction: Direction,
        from: usize,
        end: bool,
    ) {
        for place in from..active.contexts.len() {
            let Some((_, context)) = active.context(direction, place) else { return };
            let pass = context.pass(direction);
            pass.ended.set(end);
            let flow = self.show_headers(active, direction, place, end);
            if self.interrupted(active, direction) {
                return;
            }
            match flow {
                Flow::Goes => pass.headers_went_on.set(true),
                Flow::StopOne => return pass.iteration.set(Iteration::StoppedOne),
                Flow::StopAll | Flow::StopAndHold | Flow::StopAndWait | Flow::StopAndDrop => {
                    return pass.iteration.set(Iteration::StoppedAll);
                }
            }
        }
        match direction {
            Direction::Request => self.router_headers(active, end),
            Direction::Response if lacks_status(active) => {
                self.local_reply(active, super::reply::no_status())
            }
            Direction::Response => self.client_headers(active, end),
        }
    }

    /// A piece of the body passes the filters from a place on.
    pub(super) fn data(
        &self,
        active: &Rc<ActiveStream>,
        direction: Direction,
        from: usize,
        piece: Piece,
        end: bool,
    ) {
        let half = active.half(direction);
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
        for place in from..active.contexts.len() {
            let Some((_, context)) = active.context(direction, place) else { return };
            let pass = context.pass(direction);
            if pass.iteration.get() == Iteration::StoppedAll {
                hold(bytes);
                return self.check_buffer(active, direction);
            }
            if pass.ended.get() {
                return;
            }
            let last = end && !has_trailers();
            pass.ended.set(last);
            let flow = self.show_data(active, direction, place, &mut bytes, last);
            if self.interrupted(active, direction) {
                return;
            }
            if added_by.is_none() && !came_with_trailers && has_trailers() {
                added_by = Some(place);
            }
            match flow {
                Flow::Goes if pass.iteration.get() == Iteration::StoppedOne => {
                    hold(bytes);
                    return self.go_on(active, direction, place);
                }
                Flow::Goes => {}
                Flow::StopAndDrop => {
                    pass.iteration.set(Iteration::StoppedOne);
                    if half.arrived.get() && !has_trailers() && half.held_len().is_none() {
                        hold(Vec::new());
                    }
                    return;
                }
                Flow::StopOne | Flow::StopAll | Flow::StopAndHold | Flow::StopAndWait => {
                    pass.iteration.set(Iteration::StoppedOne);
                    hold(bytes);
                    return self.check_buffer(active, direction);
                }
            }
        }
        let last = end && !has_trailers();
        match direction {
            Direction::Request => self.router_data(active, bytes, last),
            Direction::Response => self.client_data(active, &bytes, last),
        }
        // A filter has added trailers to a body that had none: those after it see them.
        if let Some(place) = added_by.filter(|_| !active.aborted(direction)) {
            self.trailers(active, direction, place + 1);
        }
    }

    /// Trailers pass the filters from a place on.
    pub(super) fn trailers(&self, active: &Rc<ActiveStream>, direction: Direction, from: usize) {
        for place in from..active.contexts.len() {
            let Some((_, context)) = active.context(direction, place) else { return };
            let pass = context.pass(direction);
            if pass.iteration.get() == Iteration::StoppedAll {
                return;
            }
            let flow = self.show_trailers(active, direction, place);
            pass.ended.set(true);
            if self.interrupted(active, direction) {
                return;
            }
            match (flow, pass.iteration.get()) {
                (Flow::Goes, Iteration::StoppedOne) => return self.go_on(active, direction, place),
                (Flow::Goes, _) => {}
                (_, Iteration::Goes) => return pass.iteration.set(Iteration::StoppedOne),
                (_, _) => return,
            }
        }
        match direction {
            Direction::Request => self.router_trailers(active),
            Direction::Response => self.client_trailers(active),
        }
    }

    /// A filter that had stopped goes on.
    pub(super) fn go_on(&self, active: &Rc<ActiveStream>, direction: Direction, place: usize) {
        let Some((_, context)) =
            active.context(direction, place).filter(|_| !active.aborted(direction))
        else {
            return;
        };
        let (half, pass) = (active.half(direction), context.pass(direction));
        if half.headers.borrow().is_none() {
            return;
        }
        active.touched.set(self.now());
        let from_here = pass.iteration.get() == Iteration::StoppedAll;
        pass.iteration.set(Iteration::Goes);
        let has_trailers = || half.trailers.borrow().is_some();
        if !pass.headers_went_on.replace(true) {
            let end = half.arrived.get() && half.held_len().is_none() && !has_trailers();
            self.headers(active, direction, place + 1, end);
        }
        let next = if from_here { place } else { place + 1 };
        let trailers = has_trailers();
        if half.held_len().is_some() && !active.aborted(direction) {
            self.data(active, direction, next, Piece::Held, half.arrived.get());
        }
        if trailers && !active.aborted(direction) {
            self.trailers(active, direction, next);
        }
    }

    /// Whether the way has ended under the last callback's hands; a local reply that waited is sent now.
    fn interrupted(&self, active: &Rc<ActiveStream>, direction: Direction) -> bool {
        if direction == Direction::Request && active.decoding.get() == 0 {
            self.send_prepared(active);
        }
        active.aborted(direction)
    }

    /// Envoy answers a request that is held back beyond the limit with 413, a response with 500.
    fn check_buffer(&self, active: &Rc<ActiveStream>, direction: Direction) {
        let room = self.process.limits.buffer;
        if active.half(direction).held_len().is_some_and(|held| held > room) {
            let (status, details) = match direction {
                Direction::Request => (413, "request_payload_too_large"),
                Direction::Response => (500, "response_payload_too_large"),
            };
            let body = if status == 413 { "Payload Too Large" } else { "Internal Server Error" };
            self.local_reply(active, super::reply::envoys(status, body, details));
        }
    }
}
