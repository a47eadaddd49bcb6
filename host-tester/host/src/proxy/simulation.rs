//! The whole: what there is around the filters, and the event loop.
//!
//! Each part keeps its own state in a type and a file of its own: [`Vms`], [`Clock`], [`Upstreams`], [`Streams`],
//! [`CalloutLog`], [`Peers`] and [`Connections`]. What happens when parts meet is written in `impl Simulation` blocks,
//! one file for each subject.

use super::active::ActiveStream;
use super::callout_log::CalloutLog;
use super::clock::Clock;
use super::connections::Connections;
use super::events::Event;
use super::peers::Peers;
use super::streams::Streams;
use super::upstreams::Upstreams;
use super::vms::{VmCell, Vms};
use crate::abi::LogLevel;
use crate::process::{LogLine, Process};
use crate::state::VmFailure;
use crate::upstream::{Cluster, Route};
use crate::vm::Callback;
use hashbrown::HashMap;
use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::time::Duration;

/// How far ahead in time an interrupting worker may be, nanoseconds.
const RACE_WINDOW_NS: u64 = 5_000_000;

/// A proxy and what is around it.
pub(super) struct Simulation {
    me: Weak<Simulation>,
    /// What all VMs share.
    pub(super) process: Rc<Process>,
    /// How many workers there are; they are numbered from 1.
    pub(super) workers: u32,
    /// Lines below this level are not logged.
    pub(super) log_level: LogLevel,
    /// The chance that a call on what workers share is interrupted, from 0 to 1.
    races: f64,
    /// Decides everything that is left to chance, besides what the modules themselves draw.
    pub(super) random: RefCell<fastrand::Rng>,
    pub(super) clock: Clock,
    pub(super) vms: Vms,
    pub(super) upstreams: Upstreams,
    pub(super) streams: Streams,
    pub(super) callouts: RefCell<CalloutLog>,
    pub(super) peers: Peers,
    pub(super) connections: Connections,
    /// The VMs that have died, in order.
    pub(super) failures: RefCell<Vec<VmFailure>>,
}

impl Simulation {
    pub(super) fn new(process: Process, settings: Settings) -> Rc<Self> {
        let process = Rc::new(process);
        Rc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            workers: settings.workers,
            log_level: settings.log_level,
            races: settings.races,
            random: RefCell::new(fastrand::Rng::with_seed(settings.seed)),
            clock: Clock::new(Rc::clone(&process)),
            process,
            vms: Vms::default(),
            upstreams: Upstreams::new(settings.routes, settings.clusters),
            streams: Streams::default(),
            callouts: RefCell::default(),
            peers: Peers::default(),
            connections: Connections::to(settings.tcp_cluster),
            failures: RefCell::default(),
        })
    }

    /// The simulation, for VMs that ask things of it without keeping it alive.
    pub(super) fn me(&self) -> Weak<Self> {
        Weak::clone(&self.me)
    }

    /// Nanoseconds since 1970.
    pub(super) fn now(&self) -> u64 {
        self.clock.now()
    }

    /// Has something happen after a delay.
    pub(super) fn after(&self, delay: Duration, event: Event) {
        let delay = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
        self.put_at(self.now().saturating_add(delay), event);
    }

    /// Has something happen at a moment. Where races are explored, chance orders the events of one moment.
    pub(super) fn put_at(&self, at: u64, event: Event) {
        let tie = if self.races > 0.0 { self.random.borrow_mut().u32(..) } else { 0 };
        self.clock.put(at, tie, event);
    }

    /// Lets everything happen that is due until a moment, and moves the clock there.
    pub(super) fn run_until(&self, end: u64) {
        while self.step(end) {}
        self.clock.move_to(end);
    }

    /// Lets the next thing happen, if it is due until a moment.
    pub(super) fn step(&self, end: u64) -> bool {
        let next = self.clock.next(end);
        let happens = next.is_some();
        if let Some(event) = next {
            self.happen(event);
        }
        happens
    }

    fn happen(&self, event: Event) {
        match event {
            Event::Tick { vm, context, turn } => self.tick(vm, context, turn),
            Event::QueueReady { vm, context, token } => {
                self.call_root(vm, context, Callback::QueueReady { token });
            }
            Event::Arrive { request } => {
                self.begin(*request);
            }
            Event::RequestBody { stream, piece } => self.request_body(&stream, piece),
            Event::HangUp { stream } => self.hang_up(&stream),
            Event::Upstream { stream, attempt, step } => self.upstream(&stream, attempt, step),
            Event::Timeout { stream, attempt } => self.timed_out(stream, attempt),
            Event::IdleCheck => self.check_idle(),
            Event::Retry { stream, attempt } => self.ask_again(&stream, attempt),
            Event::Callout(answered) => self.callout_answered(*answered),
            Event::Grpc { vm, token } => self.grpc_step(vm, token),
            Event::Tcp { id, step } => self.tcp_step(id, step),
            Event::Wake { key } => self.clock.wake(key),
        }
    }

    /// The VM of a number, if it lives.
    pub(super) fn vm(&self, serial: u64) -> Option<Rc<VmCell>> {
        self.vms.get(serial)
    }

    /// Calls a root context back, if it is still there.
    pub(super) fn call_root(&self, vm: u64, context: u32, callback: Callback) {
        let Some(cell) = self.vm(vm) else {
            return;
        };
        let known = cell.vm.borrow().host().contexts.contains_key(&context);
        if known {
            // A VM that dies here has been reported, and no stream waits for it.
            let _ = self.call(&cell, context, callback);
        }
    }

    fn tick(&self, vm: u64, context: u32, turn: u64) {
        if self.clock.period(vm, context, turn).is_none() {
            return;
        }
        self.call_root(vm, context, Callback::Tick);
        if let Some(period_ns) = self.clock.period(vm, context, turn) {
            self.put_at(self.now() + period_ns, Event::Tick { vm, context, turn });
        }
    }

    /// Ticks a root context every so many milliseconds from now on, 0 for never.
    pub(super) fn tick_every(&self, vm: u64, context: u32, ms: u32) {
        let period_ns = u64::from(ms) * 1_000_000;
        let turn = self.clock.set_period(vm, context, period_ns);
        if period_ns > 0 {
            self.put_at(self.now() + period_ns, Event::Tick { vm, context, turn });
        }
    }

    /// A VM died: the caller can read of it, and so can who reads the log.
    pub(super) fn died(&self, failure: &VmFailure) {
        self.failures.borrow_mut().push(failure.clone());
        self.say(failure.worker, LogLevel::Critical, failure.to_string());
    }

    /// Logs a line of the host's own.
    fn say(&self, worker: u32, level: LogLevel, text: String) {
        let plugin = Rc::from("");
        let line = LogLine { at: self.now(), worker, plugin, stream: None, level, text };
        self.process.log.borrow_mut().push(line);
    }

    /// Another worker may come between here, if races are explored: chance decides whether its next event happens now.
    pub(super) fn give_way(&self, worker: u32) {
        if self.races <= 0.0 || self.random.borrow_mut().f64() >= self.races {
            return;
        }
        let busy = self.vms.busy();
        debug_assert!(busy.contains(&worker));
        let window = self.now() + RACE_WINDOW_NS;
        let idle =
            |event: &Event| self.worker_of(event).is_some_and(|worker| !busy.contains(&worker));
        if let Some(event) = self.clock.next_where(window, idle) {
            self.happen(event);
        }
    }

    /// The worker on which something happens.
    fn worker_of(&self, event: &Event) -> Option<u32> {
        let of_stream = |stream: &Rc<ActiveStream>| Some(stream.worker);
        match event {
            Event::Tick { vm, .. } | Event::QueueReady { vm, .. } | Event::Grpc { vm, .. } => {
                Some(self.vm(*vm)?.worker)
            }
            Event::Callout(answered) => Some(self.vm(answered.vm)?.worker),
            Event::Arrive { request } => request.worker,
            Event::RequestBody { stream, .. }
            | Event::HangUp { stream }
            | Event::Upstream { stream, .. }
            | Event::Retry { stream, .. } => of_stream(stream),
            Event::Timeout { stream, .. } => of_stream(&self.streams.get(*stream)?),
            Event::Wake { .. } | Event::IdleCheck => None,
            Event::Tcp { id, .. } => self.connections.get(*id).map(|tcp| tcp.worker),
        }
    }
}

/// What a simulation is made of, besides its plugins.
pub(super) struct Settings {
    pub(super) workers: u32,
    pub(super) seed: u64,
    pub(super) races: f64,
    pub(super) log_level: LogLevel,
    pub(super) routes: Vec<Route>,
    pub(super) clusters: HashMap<Rc<str>, Cluster>,
    pub(super) tcp_cluster: Option<Rc<str>>,
}
