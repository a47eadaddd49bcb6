//! One HTTP stream: what has passed so far, and what is known about it.

use super::flags::Flags;
use super::headers::HeaderMap;
use crate::properties::Given;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;

/// The request, or the response.
#[derive(Debug, Default)]
pub(crate) struct Half {
    /// Its headers, from when they are there until the stream ends.
    pub headers: RefCell<Option<HeaderMap>>,
    /// Headers that a local reply has replaced: the filter that was being shown them still sees them.
    pub replaced: RefCell<Option<HeaderMap>>,
    /// The piece of the body that the filters are looking at.
    pub passing: RefCell<Option<Vec<u8>>>,
    /// What of the body a filter holds back.
    pub held: RefCell<Option<Vec<u8>>>,
    /// Its trailers.
    pub trailers: RefCell<Option<HeaderMap>>,
    /// All of it has arrived.
    pub arrived: Cell<bool>,
    /// Bytes of body so far.
    pub body_bytes: Cell<u64>,
}

impl Half {
    /// The length of the body that is held back, if any is.
    pub(crate) fn held_len(&self) -> Option<usize> {
        self.held.borrow().as_ref().map(Vec::len)
    }

    /// Holds more of the body back.
    pub(crate) fn hold(&self, data: Vec<u8>) {
        let mut held = self.held.borrow_mut();
        match held.as_mut() {
            Some(held) => held.extend_from_slice(&data),
            None => *held = Some(data),
        }
    }

    /// The headers that a filter sees while it is shown them.
    pub(crate) fn shown_headers(&self) -> &RefCell<Option<HeaderMap>> {
        if self.replaced.borrow().is_some() { &self.replaced } else { &self.headers }
    }

    /// How many headers there are.
    pub(crate) fn header_count(&self) -> u32 {
        count(&self.headers)
    }

    /// How many trailers there are.
    pub(crate) fn trailer_count(&self) -> u32 {
        count(&self.trailers)
    }
}

fn count(map: &RefCell<Option<HeaderMap>>) -> u32 {
    map.borrow().as_ref().map_or(0, |map| u32::try_from(map.len()).unwrap_or(u32::MAX))
}

/// What is known about a stream; properties and the access log are made of it.
#[derive(Clone, Debug)]
pub(crate) struct Info {
    /// When it began, nanoseconds since 1970.
    pub began: u64,
    /// When it ended; only in `on_log`.
    pub ended: Option<u64>,
    /// Which failures there were.
    pub flags: Flags,
    /// Envoy's response code details.
    pub details: Option<String>,
    /// The status that went to the client.
    pub status: Option<u16>,
    /// The route's name.
    pub route: Option<Rc<str>>,
    /// The route's cluster.
    pub cluster: Option<Rc<str>>,
    /// The upstream's address, once one was asked.
    pub upstream: Option<SocketAddr>,
    /// How often an upstream was asked.
    pub attempts: u32,
    /// When an upstream was asked last; nanoseconds since 1970.
    pub asked_at: u64,
    /// When its answer had come to its end.
    pub answered_at: Option<u64>,
    /// Why an upstream could not be reached.
    pub transport_failure: Option<String>,
    /// The client.
    pub source: SocketAddr,
    /// The listener.
    pub destination: SocketAddr,
    /// The connection's number.
    pub connection: u64,
    /// The client speaks HTTP/2.
    pub http2: bool,
    /// Properties that the test gives.
    pub given: Given,
    /// What filters have set: the filter state.
    pub state: HashMap<Vec<u8>, Vec<u8>>,
}

/// One HTTP stream.
#[derive(Debug)]
pub(crate) struct Stream {
    /// Counted from 1.
    pub id: u64,
    /// Its request.
    pub request: Half,
    /// Its response.
    pub response: Half,
    /// What is known about it.
    pub info: RefCell<Info>,
    /// The route is to be looked up again.
    pub stale_route: Cell<bool>,
}
