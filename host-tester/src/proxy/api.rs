//! The proxy, as a test holds it.

use super::builder::Builder;
use super::events::Event;
use super::exchange::{CalloutSeen, Exchange};
use super::request::Request;
use super::workers::Refused;
use super::world::World;
use crate::process::LogLine;
use crate::process::Value;
use crate::process::{Metrics, SharedData};
use crate::upstream::{Behaviour, Cluster};
use crate::vm::VmFailure;
use std::cell::Ref;
use std::rc::Rc;
use std::time::Duration;

/// The longest that [`Proxy::send`] waits, in virtual time.
const PATIENCE: Duration = Duration::from_secs(3600);

/// A simulated Envoy. Time stands still unless it is told to move.
pub struct Proxy {
    pub(super) world: Rc<World>,
}

impl Proxy {
    pub(super) fn new(world: Rc<World>) -> Self {
        Self { world }
    }

    /// A proxy to be set up.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Nanoseconds since 1970.
    pub fn now(&self) -> u64 {
        self.world.now()
    }

    /// Since the proxy was started.
    pub fn elapsed(&self) -> Duration {
        self.world.elapsed()
    }

    /// Lets time pass, and everything happen that is due.
    pub fn advance(&mut self, time: Duration) {
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.world.run_until(self.world.now().saturating_add(time));
    }

    /// Lets the next thing happen, if something does before that moment (nanoseconds since 1970); else
    /// moves the clock there and says `false`.
    pub fn step(&mut self, end: u64) -> bool {
        let happened = self.world.step(end);
        if !happened {
            self.world.run_until(end);
        }
        happened
    }

    /// Begins a request at this moment; the number of its [`Exchange`]. What happens at once has happened.
    pub fn begin(&mut self, request: Request) -> u64 {
        self.world.begin(request)
    }

    /// Has a request come later. Unlike one that is begun, it can come while another worker is interrupted
    /// ([`Builder::races`]).
    pub fn begin_later(&mut self, mut request: Request, delay: Duration) {
        request.worker = Some(self.world.worker_for(&request));
        self.world.after(delay, Event::Arrive { request: Box::new(request) });
    }

    /// Sends a request and lets time pass until it is over; `None` if it is not after an hour. Exchanges
    /// that end meanwhile stay for [`Proxy::finished`].
    pub fn send(&mut self, request: Request) -> Option<Exchange> {
        let id = self.world.begin(request);
        let end = self.world.now() + PATIENCE.as_nanos() as u64;
        loop {
            let place = self.world.finished.borrow().iter().position(|over| over.id == id);
            if let Some(place) = place {
                return Some(self.world.finished.borrow_mut().remove(place));
            }
            if !self.world.step(end) {
                return None;
            }
        }
    }

    /// Takes the exchanges that have ended since the last time.
    pub fn finished(&mut self) -> Vec<Exchange> {
        std::mem::take(&mut self.world.finished.borrow_mut())
    }

    /// How many requests are in flight.
    pub fn in_flight(&self) -> usize {
        self.world.lives.borrow().len()
    }

    /// Has [`Proxy::woken`] return a key at a moment: how a caller keeps its own appointments.
    pub fn wake_at(&mut self, at: u64, key: u64) {
        self.world.put_at(at, Event::Wake { key });
    }

    /// The keys whose moment has come.
    pub fn woken(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.world.woken.borrow_mut())
    }

    /// Configures a plugin anew, everywhere or nowhere.
    ///
    /// # Errors
    /// If it refuses: the old configuration stays.
    pub fn configure(&mut self, plugin: &str, configuration: &[u8]) -> Result<(), Refused> {
        self.world.reconfigure(plugin, configuration)
    }

    /// Has a cluster behave differently from now on.
    pub fn behave(&mut self, cluster: &str, behaviour: Behaviour) {
        self.world.clusters.borrow_mut().insert(Rc::from(cluster), Cluster::new(behaviour));
    }

    /// Ends every plugin, as Envoy does when it shuts down: on the workers, then on the main thread.
    pub fn stop(&mut self) {
        self.world.stop();
    }

    /// The log.
    pub fn logs(&self) -> Vec<LogLine> {
        self.world.process.log.borrow().lines().cloned().collect()
    }

    /// Takes the log's lines.
    pub fn take_logs(&mut self) -> Vec<LogLine> {
        self.world.process.log.borrow_mut().drain()
    }

    /// The metrics.
    pub fn metrics(&self) -> Ref<'_, Metrics> {
        self.world.process.metrics.borrow()
    }

    /// The value of a counter or gauge, as the filter named it.
    pub fn metric(&self, name: &str) -> Option<u64> {
        match self.metrics().get(name)?.value {
            Value::Counter(value) | Value::Gauge(value) => Some(value),
            Value::Histogram(_) => None,
        }
    }

    /// The shared data.
    pub fn shared_data(&self) -> Ref<'_, SharedData> {
        self.world.process.data.borrow()
    }

    /// The callouts that filters have made; the first ten thousand.
    pub fn callouts(&self) -> Vec<CalloutSeen> {
        self.world.callouts.borrow().clone()
    }

    /// The VMs that have died.
    pub fn failures(&self) -> Vec<VmFailure> {
        self.world.failures.borrow().clone()
    }
}
