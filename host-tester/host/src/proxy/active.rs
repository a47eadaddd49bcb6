//! A stream in flight: its filters, its upstream, its client.

use super::events::Step;
use super::exchange::{Received, Sent};
use super::request::Request;
use super::vms::Handle;
use crate::state::LocalReply;
use crate::stream::{HalfStream, Stream};
use crate::upstream::{Answer, Route};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

/// Which way something flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the client.
    Request,
    /// To the client.
    Response,
}

/// Where a filter has stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Iteration {
    /// The filter has not stopped.
    #[default]
    Goes,
    /// The filter has stopped what it returned a stop for; what follows is still shown to it.
    StoppedOne,
    /// The filter has stopped everything: what follows is held back without asking it.
    StoppedAll,
}

/// What passes one filter in one direction.
#[derive(Debug, Default)]
pub(super) struct FilterPass {
    pub(super) iteration: Cell<Iteration>,
    /// The filter has let the headers on to the next one.
    pub(super) headers_went_on: Cell<bool>,
    /// The filter has been shown the end.
    pub(super) ended: Cell<bool>,
}

/// One filter of a stream.
pub(super) struct RequestContext {
    /// Its plugin on this worker; `None` if it was skipped because it is dead and fails open.
    pub(super) handle: Option<Rc<Handle>>,
    /// The number of its context in the VM; 0 before there is one.
    pub(super) id: Cell<u32>,
    /// It has seen the request's headers.
    pub(super) began: Cell<bool>,
    /// Its VM died, and the stream was told.
    pub(super) failed: Cell<bool>,
    request: FilterPass,
    response: FilterPass,
}

impl RequestContext {
    pub(super) fn new(handle: Option<Rc<Handle>>) -> Self {
        handle.iter().for_each(|handle| handle.enter());
        Self {
            handle,
            id: Cell::new(0),
            began: Cell::new(false),
            failed: Cell::new(false),
            request: FilterPass::default(),
            response: FilterPass::default(),
        }
    }

    /// Its plugin may go.
    pub(super) fn leave(&self) {
        self.handle.iter().for_each(|handle| handle.leave());
    }

    pub(super) fn pass(&self, direction: Direction) -> &FilterPass {
        match direction {
            Direction::Request => &self.request,
            Direction::Response => &self.response,
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
pub(super) struct ActiveStream {
    pub(super) stream: Rc<Stream>,
    pub(super) worker: u32,
    pub(super) contexts: Vec<RequestContext>,
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

impl ActiveStream {
    pub(super) fn half(&self, direction: Direction) -> &HalfStream {
        match direction {
            Direction::Request => &self.stream.request,
            Direction::Response => &self.stream.response,
        }
    }

    /// The filter at a place of the way: responses pass them in reverse.
    pub(super) fn context(
        &self,
        direction: Direction,
        place: usize,
    ) -> Option<(usize, &RequestContext)> {
        let index = match direction {
            Direction::Request => place,
            Direction::Response => self.contexts.len().checked_sub(place + 1)?,
        };
        self.contexts.get(index).map(|context| (index, context))
    }

    /// The place of a filter on a way.
    pub(super) fn place(&self, direction: Direction, index: usize) -> usize {
        match direction {
            Direction::Request => index,
            Direction::Response => self.contexts.len().saturating_sub(index + 1),
        }
    }

    pub(super) fn aborted(&self, direction: Direction) -> bool {
        self.over.get()
            || match direction {
                Direction::Request => self.request_aborted.get(),
                Direction::Response => self.response_aborted.get(),
            }
    }

    pub(super) fn depth(&self, direction: Direction) -> &Cell<u32> {
        match direction {
            Direction::Request => &self.decoding,
            Direction::Response => &self.encoding,
        }
    }
}
