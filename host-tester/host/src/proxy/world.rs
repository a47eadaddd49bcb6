//! What there is, and the event loop.

use super::events::{Event, Queue};
use super::exchange::Exchange;
use super::grpc::Peer;
use super::live::Live;
use super::remembered::Callouts;
use super::tcp::{Tcp, TcpExchange};
use super::workers::{Handle, Slot, VmCell};
use crate::abi::{LogLevel, Status};
use crate::callout::{GrpcCall, GrpcMessage};
use crate::process::Listener;
use crate::process::{LogLine, Process};
use crate::upstream::{Cluster, Route};
use crate::vm::{Callback, HttpCall, Port, VmFailure};
use bytes::Bytes;
use hashbrown::HashMap;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

/// How far ahead an interrupting worker may be.
const RACE_WINDOW_NS: u64 = 5_000_000;

/// How often a root context is ticked.
#[derive(Clone, Copy)]
struct Timer {
    period_ns: u64,
    /// Counts the changes: a tick of an older turn is void.
    turn: u64,
}

/// A proxy and what is around it.
pub(super) struct World {
    pub(super) me: Weak<World>,
    pub(super) process: Rc<Process>,
    pub(super) workers: u32,
    pub(super) began: u64,
    pub(super) log_level: LogLevel,
    pub(super) queue: RefCell<Queue>,
    pub(super) slots: RefCell<Vec<Slot>>,
    pub(super) vms: RefCell<Vec<Rc<VmCell>>>,
    pub(super) retiring: RefCell<Vec<Rc<Handle>>>,
    pub(super) routes: RefCell<Vec<Rc<Route>>>,
    pub(super) clusters: RefCell<HashMap<Rc<str>, Cluster>>,
    pub(super) random: RefCell<fastrand::Rng>,
    pub(super) races: f64,
    pub(super) busy: RefCell<Vec<u32>>,
    pub(super) finished: RefCell<Vec<Exchange>>,
    pub(super) lives: RefCell<HashMap<u64, Rc<Live>>>,
    pub(super) failures: RefCell<Vec<VmFailure>>,
    pub(super) callouts: RefCell<Callouts>,
    pub(super) grpc: RefCell<HashMap<(u64, u32), Peer>>,
    pub(super) tcp: RefCell<HashMap<u64, Rc<Tcp>>>,
    pub(super) tcp_cluster: Option<Rc<str>>,
    pub(super) tcp_over: RefCell<Vec<TcpExchange>>,
    pub(super) woken: RefCell<Vec<u64>>,
    pub(super) next_serial: Cell<u64>,
    pub(super) next_stream: Cell<u64>,
    pub(super) idle_check: Cell<bool>,
    timers: RefCell<HashMap<(u64, u32), Timer>>,
    date: RefCell<(u64, Bytes)>,
}

impl World {
    pub(super) fn new(process: Process, settings: Settings) -> Rc<Self> {
        Rc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            began: process.now.get(),
            process: Rc::new(process),
            workers: settings.workers,
            log_level: settings.log_level,
            queue: RefCell::default(),
            slots: RefCell::default(),
            vms: RefCell::default(),
            retiring: RefCell::default(),
            routes: RefCell::new(settings.routes.into_iter().map(Rc::new).collect()),
            clusters: RefCell::new(settings.clusters),
            random: RefCell::new(fastrand::Rng::with_seed(settings.seed)),
            races: settings.races,
            busy: RefCell::default(),
            finished: RefCell::default(),
            lives: RefCell::default(),
            failures: RefCell::default(),
            callouts: RefCell::default(),
            grpc: RefCell::default(),
            tcp: RefCell::default(),
            tcp_cluster: settings.tcp_cluster,
            tcp_over: RefCell::default(),
            woken: RefCell::default(),
            next_serial: Cell::new(1),
            next_stream: Cell::new(1),
            idle_check: Cell::new(false),
            timers: RefCell::default(),
            date: RefCell::new((u64::MAX, Bytes::new())),
        })
    }

    pub(super) fn now(&self) -> u64 {
        self.process.now.get()
    }

    pub(super) fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.now() - self.began)
    }

    /// Has something happen later.
    pub(super) fn after(&self, delay: Duration, event: Event) {
        let delay = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
        self.put_at(self.now().saturating_add(delay), event);
    }

    pub(super) fn put_at(&self, at: u64, event: Event) {
        let tie = if self.races > 0.0 { self.random.borrow_mut().u32(..) } else { 0 };
        self.queue.borrow_mut().put(at, tie, event);
    }

    /// Lets everything happen that is due until a moment, and moves the clock there.
    pub(super) fn run_until(&self, end: u64) {
        while self.step(end) {}
        self.process.now.set(end.max(self.now()));
    }

    /// Lets the next thing happen, if it is due until a moment.
    pub(super) fn step(&self, end: u64) -> bool {
        let next = self.queue.borrow_mut().pop_due(end);
        let Some((at, event)) = next else {
            return false;
        };
        self.process.now.set(at.max(self.now()));
        self.happen(event);
        true
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
            Event::Wake { key } => self.woken.borrow_mut().push(key),
        }
    }

    /// The VM of a number, if it lives.
    pub(super) fn vm(&self, serial: u64) -> Option<Rc<VmCell>> {
        self.vms.borrow().iter().find(|cell| cell.serial == serial).cloned()
    }

    /// Calls a root context back, if it is still there.
    pub(super) fn call_root(&self, vm: u64, context: u32, callback: Callback) {
        let Some(cell) = self.vm(vm) else {
            return;
        };
        let known = cell.vm.borrow().guest().contexts.contains_key(&context);
        if known {
            // A VM that dies here has been reported, and no stream waits for it.
            let _ = self.call(&cell, context, callback);
        }
    }

    fn tick(&self, vm: u64, context: u32, turn: u64) {
        let current = |world: &Self| world.timers.borrow().get(&(vm, context)).copied();
        let due = |timer: &Timer| timer.turn == turn && timer.period_ns > 0;
        if current(self).filter(due).is_none() {
            return;
        }
        self.call_root(vm, context, Callback::Tick);
        if let Some(timer) = current(self).filter(due) {
            self.put_at(self.now() + timer.period_ns, Event::Tick { vm, context, turn });
        }
    }

    pub(super) fn port_tick_every(&self, vm: u64, context: u32, ms: u32) {
        let period_ns = u64::from(ms) * 1_000_000;
        let mut timers = self.timers.borrow_mut();
        let turn = timers.get(&(vm, context)).map_or(1, |timer| timer.turn + 1);
        timers.insert((vm, context), Timer { period_ns, turn });
        drop(timers);
        if period_ns > 0 {
            self.put_at(self.now() + period_ns, Event::Tick { vm, context, turn });
        }
    }

    /// A VM died: kept, and said in the log.
    pub(super) fn died(&self, failure: &VmFailure) {
        self.failures.borrow_mut().push(failure.clone());
        self.say(failure.worker, LogLevel::Critical, failure.to_string());
    }

    /// A line of the host's own.
    pub(super) fn say(&self, worker: u32, level: LogLevel, text: String) {
        let plugin = Rc::from("");
        let line = LogLine { at: self.now(), worker, plugin, stream: None, level, text };
        self.process.log.borrow_mut().push(line);
    }

    /// The clock as HTTP writes it, to the second.
    pub(super) fn http_date(&self) -> Bytes {
        let second = self.now() / 1_000_000_000;
        let mut date = self.date.borrow_mut();
        if date.0 != second {
            *date = (second, Bytes::from(crate::http::date::http_date(second)));
        }
        date.1.clone()
    }

    pub(super) fn give_way(&self, worker: u32) {
        if self.races <= 0.0 || self.random.borrow_mut().f64() >= self.races {
            return;
        }
        let busy = self.busy.borrow().clone();
        debug_assert!(busy.contains(&worker));
        let window = self.now() + RACE_WINDOW_NS;
        let idle =
            |event: &Event| self.worker_of(event).is_some_and(|worker| !busy.contains(&worker));
        let next = self.queue.borrow_mut().pop_due_where(window, idle);
        if let Some((at, event)) = next {
            self.process.now.set(at.max(self.now()));
            self.happen(event);
        }
    }

    /// The worker on which something happens.
    fn worker_of(&self, event: &Event) -> Option<u32> {
        let of_stream = |stream: &Rc<Live>| Some(stream.worker);
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
            Event::Timeout { stream, .. } => of_stream(&self.live(*stream)?),
            Event::Wake { .. } | Event::IdleCheck => None,
            Event::Tcp { id, .. } => self.tcp_worker(*id),
        }
    }
}

/// What a world is made of.
pub(super) struct Settings {
    pub(super) workers: u32,
    pub(super) seed: u64,
    pub(super) races: f64,
    pub(super) log_level: LogLevel,
    pub(super) routes: Vec<Route>,
    pub(super) clusters: HashMap<Rc<str>, Cluster>,
    pub(super) tcp_cluster: Option<Rc<str>>,
}

/// The world, as its VMs see it.
pub(super) struct Link(Weak<World>);

impl Link {
    pub(super) fn to(world: &World) -> Self {
        Self(Weak::clone(&world.me))
    }

    fn with<T>(&self, work: impl FnOnce(&World) -> T) -> Option<T> {
        self.0.upgrade().map(|world| work(&world))
    }
}

impl Port for Link {
    fn give_way(&self, worker: u32) {
        self.with(|world| world.give_way(worker));
    }

    fn has_cluster(&self, name: &str) -> bool {
        self.with(|world| world.clusters.borrow().contains_key(name)).unwrap_or(false)
    }

    fn http_call(&self, call: HttpCall) -> Result<(), Status> {
        self.with(|world| world.http_call(call)).unwrap_or(Err(Status::InternalFailure))
    }

    fn grpc_call(&self, call: GrpcCall) -> Result<(), Status> {
        self.with(|world| world.grpc_call(call)).unwrap_or(Err(Status::InternalFailure))
    }

    fn grpc_send(&self, vm: u64, token: u32, message: GrpcMessage) -> bool {
        self.with(|world| world.grpc_send(vm, token, message)).unwrap_or(false)
    }

    fn wake(&self, listener: Listener, token: u32) {
        let Listener { vm, context } = listener;
        self.with(|world| world.put_at(world.now(), Event::QueueReady { vm, context, token }));
    }

    fn tick_every(&self, vm: u64, context: u32, ms: u32) {
        self.with(|world| world.port_tick_every(vm, context, ms));
    }
}
