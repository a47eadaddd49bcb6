//! The HTTP streams of a proxy: those in flight, and what became of those that are over.

use super::active::ActiveStream;
use super::exchange::Exchange;
use hashbrown::HashMap;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The HTTP streams of a proxy.
pub(super) struct Streams {
    active: RefCell<HashMap<u64, Rc<ActiveStream>>>,
    /// What the caller has not yet taken, in the order in which it ended.
    finished: RefCell<Vec<Exchange>>,
    next_id: Cell<u64>,
    /// One check for idle streams is in the event queue.
    pub(super) idle_check: Cell<bool>,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            active: RefCell::default(),
            finished: RefCell::default(),
            next_id: Cell::new(1),
            idle_check: Cell::new(false),
        }
    }
}

impl Streams {
    /// The number of the next stream, counted from 1; TCP connections are numbered together with HTTP streams.
    pub(super) fn next_id(&self) -> u64 {
        self.next_id.replace(self.next_id.get() + 1)
    }

    /// A stream has begun.
    pub(super) fn insert(&self, stream: &Rc<ActiveStream>) {
        self.active.borrow_mut().insert(stream.stream.id, Rc::clone(stream));
    }

    /// A stream in flight, by its number.
    pub(super) fn get(&self, id: u64) -> Option<Rc<ActiveStream>> {
        self.active.borrow().get(&id).cloned()
    }

    /// The streams in flight, the oldest first.
    pub(super) fn in_order(&self) -> Vec<Rc<ActiveStream>> {
        let mut all: Vec<_> = self.active.borrow().values().cloned().collect();
        all.sort_unstable_by_key(|active| active.stream.id);
        all
    }

    /// How many streams are in flight.
    pub(super) fn in_flight(&self) -> usize {
        self.active.borrow().len()
    }

    /// A stream is over, and this became of it.
    pub(super) fn finish(&self, exchange: Exchange) {
        self.active.borrow_mut().remove(&exchange.id);
        self.finished.borrow_mut().push(exchange);
    }

    /// Takes what became of a stream, if it is over.
    pub(super) fn take(&self, id: u64) -> Option<Exchange> {
        let mut finished = self.finished.borrow_mut();
        let place = finished.iter().position(|over| over.id == id)?;
        Some(finished.remove(place))
    }

    /// Takes what became of all streams that are over.
    pub(super) fn take_finished(&self) -> Vec<Exchange> {
        self.finished.take()
    }
}
