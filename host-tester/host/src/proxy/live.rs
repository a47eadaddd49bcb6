//! A stream in flight: its filters, its upstream, its client.

use super::events::Step;
use super::exchange::{Received, Sent};
use super::request::Request;
use super::workers::Handle;
use crate::http::{Half, Stream};
use crate::upstream::{Answer, Route};
use crate::vm::LocalReply;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

/// Which way something flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// From the client.
    Request,
    /// To the client.
    Response,
}

/// Where a filter has stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Iteration {
    /// Nowhere.
    #[default]
    Goes,
    /// At what it returned a stop for; what follows still comes to it.
    StoppedOne,
    /// At everything: what follows is held back without asking it.
    StoppedAll,
}

/// One filter, one way.
#[derive(Debug, Default)]
pub(super) struct Leg {
    pub(super) iteration: Cell<Iteration>,
    pub(super) headers_went_on: Cell<bool>,
    pub(super) ended: Cell<bool>,
}

/// One filter of a stream.
pub(super) struct Seat {
    /// Its plugin on this worker; `None` if it was skipped because it is dead and fails open.
    pub(super) handle: Option<Rc<Handle>>,
    /// Its context; 0 before there is one.
    pub(super) context: Cell<u32>,
    /// It has seen the request's headers.
    pub(super) began: Cell<bool>,
    /// Its VM died, and the stream was told.
    pub(super) failed: Cell<bool>,
    request: Leg,
    response: Leg,
}

impl Seat {
    pub(super) fn new(handle: Option<Rc<Handle>>) -> Self {
        if let Some(handle) = &handle {
            handle.streams.set(handle.streams.get() + 1);
        }
        Self {
            handle,
            context: Cell::new(0),
            began: Cell::new(false),
            failed: Cell::new(false),
            request: Leg::default(),
            response: Leg::default(),
        }
    }

    /// Its plugin may go.
    pub(super) fn leave(&self) {
        if let Some(handle) = &self.handle {
            handle.streams.set(handle.streams.get() - 1);
        }
    }

    pub(super) fn leg(&self, way: Way) -> &Leg {
        match way {
            Way::Request => &self.request,
            Way::Response => &self.response,
        }
    }
}

/// What the router is doing.
#[derive(Debug, Default)]
pub(super) struct Routing {
    pub(super) route: Option<Rc<Route>>,
    /// The attempt that counts; answers to others are void. 0 before the first.
    pub(super) attempt: u32,
    pub(super) answer: Option<Answer>,
    pub(super) reset_after_headers: bool,
    pub(super) sent: Sent,
    /// What earlier attempts sent.
    pub(super) earlier: Vec<Sent>,
    /// When the first attempt had all of the request, from when on the route's timeout runs.
    pub(super) timed_from: Option<u64>,
    /// The response's headers have gone on to the filters.
    pub(super) responding: bool,
    pub(super) retries: u32,
    /// What the upstream does once it has the whole request, and how long that takes it.
    pub(super) next: Option<(Duration, Step)>,
    /// What of the answer's body is still to come.
    pub(super) pieces: VecDeque<Vec<u8>>,
}

impl Routing {
    /// Whether the end comes with the body's only piece, and not after it.
    pub(super) fn ends_with_its_body(&self) -> bool {
        let answer = self.answer.as_ref().filter(|_| !self.reset_after_headers);
        answer
            .is_some_and(|answer| answer.http2 && answer.chunks == 1 && answer.trailers.is_empty())
    }
}

/// A stream in flight.
pub(super) struct Live {
    pub(super) stream: Rc<Stream>,
    pub(super) worker: u32,
    pub(super) seats: Vec<Seat>,
    pub(super) request: Request,
    pub(super) routing: RefCell<Routing>,
    pub(super) received: RefCell<Option<Received>>,
    /// Callbacks of the request are running, so deep.
    pub(super) decoding: Cell<u32>,
    /// Callbacks of the response are running, so deep.
    pub(super) encoding: Cell<u32>,
    /// A local reply waits for the request's callback to return.
    pub(super) prepared: RefCell<Option<LocalReply>>,
    /// Nothing of the request goes on any more.
    pub(super) request_aborted: Cell<bool>,
    /// Nothing of the response goes on through the filters any more.
    pub(super) response_aborted: Cell<bool>,
    /// When something last moved.
    pub(super) touched: Cell<u64>,
    /// It is over.
    pub(super) over: Cell<bool>,
}

impl Live {
    pub(super) fn half(&self, way: Way) -> &Half {
        match way {
            Way::Request => &self.stream.request,
            Way::Response => &self.stream.response,
        }
    }

    /// The filter at a place of the way: responses pass them in reverse.
    pub(super) fn seat(&self, way: Way, place: usize) -> Option<(usize, &Seat)> {
        let index = match way {
            Way::Request => place,
            Way::Response => self.seats.len().checked_sub(place + 1)?,
        };
        self.seats.get(index).map(|seat| (index, seat))
    }

    /// The place of a filter on a way.
    pub(super) fn place(&self, way: Way, index: usize) -> usize {
        match way {
            Way::Request => index,
            Way::Response => self.seats.len().saturating_sub(index + 1),
        }
    }

    pub(super) fn aborted(&self, way: Way) -> bool {
        self.over.get()
            || match way {
                Way::Request => self.request_aborted.get(),
                Way::Response => self.response_aborted.get(),
            }
    }

    pub(super) fn depth(&self, way: Way) -> &Cell<u32> {
        match way {
            Way::Request => &self.decoding,
            Way::Response => &self.encoding,
        }
    }
}
