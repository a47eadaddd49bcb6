//! An HTTP stream: what of its request and of its response has passed so far.

use super::info::StreamInfo;
use crate::http::HeaderMap;
use std::cell::{Cell, RefCell};

/// The request, or the response.
#[derive(Debug, Default)]
pub struct HalfStream {
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

impl HalfStream {
    /// The length of the body that is held back, if any is.
    pub fn held_len(&self) -> Option<usize> {
        self.held.borrow().as_ref().map(Vec::len)
    }

    /// Holds more of the body back.
    pub fn hold(&self, data: Vec<u8>) {
        let mut held = self.held.borrow_mut();
        match held.as_mut() {
            Some(held) => held.extend_from_slice(&data),
            None => *held = Some(data),
        }
    }

    /// The headers that a filter sees while it is shown them.
    pub fn shown_headers(&self) -> &RefCell<Option<HeaderMap>> {
        if self.replaced.borrow().is_some() { &self.replaced } else { &self.headers }
    }

    /// How many headers there are.
    pub fn header_count(&self) -> u32 {
        count(&self.headers)
    }

    /// How many trailers there are.
    pub fn trailer_count(&self) -> u32 {
        count(&self.trailers)
    }
}

fn count(map: &RefCell<Option<HeaderMap>>) -> u32 {
    map.borrow().as_ref().map_or(0, |map| u32::try_from(map.len()).unwrap_or(u32::MAX))
}

/// One HTTP stream.
#[derive(Debug)]
pub struct Stream {
    /// Counted from 1.
    pub id: u64,
    /// Its request.
    pub request: HalfStream,
    /// Its response.
    pub response: HalfStream,
    /// What is known about it.
    pub info: RefCell<StreamInfo>,
    /// The route is to be looked up again.
    pub stale_route: Cell<bool>,
}
