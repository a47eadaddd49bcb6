//! Virtual time: what the clock shows, what will happen, and which root contexts are ticked.
//!
//! The clock itself is [`Process::now`], because host calls read it; only the event loop moves it, through this type.

use super::events::{Event, Queue};
use crate::http::date::http_date;
use crate::process::Process;
use bytes::Bytes;
use hashbrown::HashMap;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// How often a root context is ticked.
#[derive(Clone, Copy)]
struct Timer {
    period_ns: u64,
    /// Counts the changes of the period: a tick of an older turn is void.
    turn: u64,
}

/// The clock of one proxy, and what waits for it.
pub(super) struct Clock {
    process: Rc<Process>,
    /// When the proxy was started, nanoseconds since 1970.
    began: u64,
    queue: RefCell<Queue>,
    /// The ticked root contexts, by VM and context.
    timers: RefCell<HashMap<(u64, u32), Timer>>,
    /// The keys of the caller's own appointments whose moment has come.
    woken: RefCell<Vec<u64>>,
    /// The last second that was written as an HTTP date, and the date.
    date: RefCell<(u64, Bytes)>,
}

impl Clock {
    /// The clock of a proxy that is started now.
    pub(super) fn new(process: Rc<Process>) -> Self {
        Self {
            began: process.now.get(),
            process,
            queue: RefCell::default(),
            timers: RefCell::default(),
            woken: RefCell::default(),
            date: RefCell::new((u64::MAX, Bytes::new())),
        }
    }

    /// Nanoseconds since 1970.
    pub(super) fn now(&self) -> u64 {
        self.process.now.get()
    }

    /// The time since the proxy was started.
    pub(super) fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.now() - self.began)
    }

    /// Moves the clock to a moment, and never back.
    pub(super) fn move_to(&self, at: u64) {
        self.process.now.set(at.max(self.now()));
    }

    /// Has something happen at a moment; events of one moment happen by their ties, and then in the order in which they
    /// were put.
    pub(super) fn put(&self, at: u64, tie: u32, event: Event) {
        self.queue.borrow_mut().put(at, tie, event);
    }

    /// Takes the next event that is due until a moment, and moves the clock to it.
    pub(super) fn next(&self, end: u64) -> Option<Event> {
        let (at, event) = self.queue.borrow_mut().pop_due(end)?;
        self.move_to(at);
        Some(event)
    }

    /// Takes the next event that is due until a moment and passes a test, and moves the clock to it.
    pub(super) fn next_where(&self, end: u64, fits: impl Fn(&Event) -> bool) -> Option<Event> {
        let (at, event) = self.queue.borrow_mut().pop_due_where(end, fits)?;
        self.move_to(at);
        Some(event)
    }

    /// Ticks a root context at another period, 0 for never; the turn that its next tick has.
    pub(super) fn set_period(&self, vm: u64, context: u32, period_ns: u64) -> u64 {
        let mut timers = self.timers.borrow_mut();
        let turn = timers.get(&(vm, context)).map_or(1, |timer| timer.turn + 1);
        timers.insert((vm, context), Timer { period_ns, turn });
        turn
    }

    /// The period of a root context's ticks, if a tick of this turn is not void.
    pub(super) fn period(&self, vm: u64, context: u32, turn: u64) -> Option<u64> {
        let timer = self.timers.borrow().get(&(vm, context)).copied()?;
        (timer.turn == turn && timer.period_ns > 0).then_some(timer.period_ns)
    }

    /// An appointment of the caller's has come.
    pub(super) fn wake(&self, key: u64) {
        self.woken.borrow_mut().push(key);
    }

    /// Takes the keys of the appointments that have come.
    pub(super) fn take_woken(&self) -> Vec<u64> {
        self.woken.take()
    }

    /// The time as HTTP writes it, to the second.
    pub(super) fn http_date(&self) -> Bytes {
        let second = self.now() / 1_000_000_000;
        let mut date = self.date.borrow_mut();
        if date.0 != second {
            *date = (second, Bytes::from(http_date(second)));
        }
        date.1.clone()
    }
}
