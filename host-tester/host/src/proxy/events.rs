//! What will happen, in order.

use super::active::ActiveStream;
use super::request::Request;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

/// Something that will happen.
pub(super) enum Event {
    /// A root context's timer.
    Tick { vm: u64, context: u32, turn: u64 },
    /// A queue has something for a VM.
    QueueReady { vm: u64, context: u32, token: u32 },
    /// A request comes; its worker is settled.
    Arrive { request: Box<Request> },
    /// The next piece of a request's body, or its end.
    RequestBody { stream: Rc<ActiveStream>, piece: usize },
    /// The client hangs up.
    HangUp { stream: Rc<ActiveStream> },
    /// An upstream does the next thing. Void if it was given up meanwhile.
    Upstream { stream: Rc<ActiveStream>, attempt: u32, step: Step },
    /// A route's timer. By number, so that streams which are long over are not kept for it.
    Timeout { stream: u64, attempt: Option<u32> },
    /// A stream may have been idle for too long.
    IdleCheck,
    /// A request is tried again.
    Retry { stream: Rc<ActiveStream>, attempt: u32 },
    /// An HTTP callout is answered.
    Callout(Box<super::callouts::Answered>),
    /// A gRPC callout goes on.
    Grpc { vm: u64, token: u32 },
    /// The far end of a TCP connection does the next thing.
    Tcp { id: u64, step: super::tcp::TcpStep },
    /// Something of the caller's.
    Wake { key: u64 },
}

/// What an upstream does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Refuses the connection.
    Refuse,
    /// Closes the connection.
    Reset,
    /// Sends the headers, and what comes with them.
    Headers,
    /// Sends a piece of the body.
    Piece(u32),
}

struct Entry {
    at: u64,
    tie: u32,
    order: u64,
    event: Event,
}

impl Entry {
    fn key(&self) -> (u64, u32, u64) {
        (self.at, self.tie, self.order)
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// Events by time; equal times in the order in which they were put, or in one that a tie breaks.
#[derive(Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    order: u64,
}

impl Queue {
    pub(super) fn put(&mut self, at: u64, tie: u32, event: Event) {
        self.order += 1;
        self.heap.push(Reverse(Entry { at, tie, order: self.order, event }));
    }

    /// When the next event is.
    pub(super) fn next_at(&self) -> Option<u64> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    /// The next event, if it is due.
    pub(super) fn pop_due(&mut self, now: u64) -> Option<(u64, Event)> {
        self.next_at().filter(|at| *at <= now)?;
        self.heap.pop().map(|Reverse(entry)| (entry.at, entry.event))
    }

    /// The next event that is due and of which something else holds; those before it stay.
    pub(super) fn pop_due_where(
        &mut self,
        now: u64,
        fits: impl Fn(&Event) -> bool,
    ) -> Option<(u64, Event)> {
        let mut aside = Vec::new();
        let mut found = None;
        while let Some(Reverse(entry)) = self.heap.pop() {
            if entry.at > now || aside.len() > 64 {
                aside.push(entry);
                break;
            }
            if fits(&entry.event) {
                found = Some((entry.at, entry.event));
                break;
            }
            aside.push(entry);
        }
        self.heap.extend(aside.into_iter().map(Reverse));
        found
    }
}
