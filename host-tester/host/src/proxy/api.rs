//! The proxy, as a test holds it.

use super::builder::Builder;
use super::events::Event;
use super::exchange::{CalloutSeen, Exchange};
use super::request::Request;
use super::simulation::Simulation;
use super::workers::ConfigureError;
use crate::process::LogLine;
use crate::process::Value;
use crate::process::{Metrics, SharedData};
use crate::state::VmFailure;
use crate::upstream::Behaviour;
use std::cell::Ref;
use std::rc::Rc;
use std::time::Duration;

/// The longest that [`Proxy::send`] waits, in virtual time.
const PATIENCE: Duration = Duration::from_secs(3600);

/// A simulated Envoy. Time stands still unless it is told to move.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let mut proxy: Proxy = example::builder()?.start()?;
/// assert_eq!(proxy.send(Request::get("/")).unwrap().status(), Some(200));
/// assert_eq!(proxy.metric("hits"), Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Proxy {
    pub(super) simulation: Rc<Simulation>,
}

impl Proxy {
    pub(super) fn new(simulation: Rc<Simulation>) -> Self {
        Self { simulation }
    }

    /// A proxy to be set up.
    ///
    /// ```
    /// use serinus_host::proxy::Proxy;
    ///
    /// // Not much of a proxy: it answers 404.
    /// assert!(Proxy::builder().start().is_ok());
    /// ```
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Nanoseconds since 1970.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.start_at(1_000).start()?;
    /// proxy.advance(std::time::Duration::from_nanos(5));
    /// assert_eq!(proxy.now(), 1_005);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn now(&self) -> u64 {
        self.simulation.now()
    }

    /// Since the proxy was started.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.start()?;
    /// proxy.send(Request::get("/"));
    /// assert_eq!(proxy.elapsed().as_millis(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn elapsed(&self) -> Duration {
        self.simulation.clock.elapsed()
    }

    /// Lets time pass, and everything happen that is due.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.start()?;
    /// let day = std::time::Duration::from_secs(24 * 3600);
    /// proxy.advance(day);
    /// assert_eq!(proxy.elapsed(), day);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn advance(&mut self, time: Duration) {
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.simulation.run_until(self.simulation.now().saturating_add(time));
    }

    /// Lets the next thing happen, if something does before that moment (nanoseconds since 1970); else
    /// moves the clock there and says `false`.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.start()?;
    /// proxy.begin(Request::get("/"));
    /// let soon = proxy.now() + 1_000_000_000;
    /// assert!(proxy.step(soon), "the upstream answers");
    /// while proxy.step(soon) {}
    /// assert_eq!(proxy.now(), soon);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn step(&mut self, end: u64) -> bool {
        let happened = self.simulation.step(end);
        if !happened {
            self.simulation.run_until(end);
        }
        happened
    }

    /// Begins a request at this moment; the number of its [`Exchange`]. What happens at once has happened.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.start()?;
    /// let (first, second) = (proxy.begin(Request::get("/1")), proxy.begin(Request::get("/2")));
    /// assert_eq!(proxy.in_flight(), 2);
    /// proxy.advance(std::time::Duration::from_secs(1));
    /// let over: Vec<u64> = proxy.finished().iter().map(|exchange| exchange.id).collect();
    /// assert_eq!(over, [first, second]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn begin(&mut self, request: Request) -> u64 {
        self.simulation.begin(request)
    }

    /// Has a request come later. Unlike one that is begun, it can come while another worker is interrupted
    /// ([`Builder::races`]).
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// use std::time::Duration;
    ///
    /// let mut proxy = example::builder()?.workers(2).races(0.5).start()?;
    /// (0..100).for_each(|ms| proxy.begin_later(Request::get("/"), Duration::from_millis(ms)));
    /// proxy.advance(Duration::from_secs(1));
    /// assert_eq!(proxy.finished().len(), 100);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn begin_later(&mut self, mut request: Request, delay: Duration) {
        request.worker = Some(self.simulation.worker_for(&request));
        self.simulation.after(delay, Event::Arrive { request: Box::new(request) });
    }

    /// Sends a request and lets time pass until it is over; `None` if it is not after an hour. Exchanges
    /// that end meanwhile stay for [`Proxy::finished`].
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.start()?;
    /// assert_eq!(proxy.send(Request::get("/")).unwrap().status(), Some(200));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn send(&mut self, request: Request) -> Option<Exchange> {
        let id = self.simulation.begin(request);
        let end = self.simulation.now() + PATIENCE.as_nanos() as u64;
        loop {
            if let Some(over) = self.simulation.streams.take(id) {
                return Some(over);
            }
            if !self.simulation.step(end) {
                return None;
            }
        }
    }

    /// Takes the exchanges that have ended since the last time.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.start()?;
    /// (0..3).for_each(|_| drop(proxy.begin(Request::get("/"))));
    /// proxy.advance(std::time::Duration::from_secs(1));
    /// assert_eq!((proxy.finished().len(), proxy.finished().len()), (3, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn finished(&mut self) -> Vec<Exchange> {
        self.simulation.streams.take_finished()
    }

    /// How many requests are in flight.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let hangs = Cluster::new(Behaviour::of(Kind::Hang));
    /// let mut proxy = example::builder()?.cluster("up", hangs).start()?;
    /// proxy.begin(Request::get("/"));
    /// assert_eq!(proxy.in_flight(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn in_flight(&self) -> usize {
        self.simulation.streams.in_flight()
    }

    /// Has [`Proxy::woken`] return a key at a moment: how a caller keeps its own appointments.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.start()?;
    /// proxy.wake_at(proxy.now() + 5, 42);
    /// let soon = proxy.now() + 10;
    /// assert!(proxy.step(soon));
    /// assert_eq!(proxy.woken(), [42]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wake_at(&mut self, at: u64, key: u64) {
        self.simulation.put_at(at, Event::Wake { key });
    }

    /// The keys whose moment has come.
    pub fn woken(&mut self) -> Vec<u64> {
        self.simulation.clock.take_woken()
    }

    /// Configures a plugin anew, everywhere or nowhere.
    ///
    /// # Errors
    /// If it refuses: the old configuration stays.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.start()?;
    /// assert!(proxy.configure("mine", b"good").is_ok());
    /// assert!(proxy.configure("mine", b"bad").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn configure(&mut self, plugin: &str, configuration: &[u8]) -> Result<(), ConfigureError> {
        self.simulation.reconfigure(plugin, configuration)
    }

    /// Has a cluster behave differently from now on.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.start()?;
    /// proxy.behave("up", Behaviour::status(500));
    /// assert_eq!(proxy.send(Request::get("/")).unwrap().status(), Some(500));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn behave(&mut self, cluster: &str, behaviour: Behaviour) {
        self.simulation.upstreams.behave(cluster, behaviour);
    }

    /// Ends every plugin, as Envoy does when it shuts down: on the workers, then on the main thread.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.start()?;
    /// proxy.stop(); // `proxy_on_done` and `proxy_on_delete` of every root context
    /// assert!(proxy.failures().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stop(&mut self) {
        self.simulation.stop();
    }

    /// The log.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.start()?;
    /// proxy.send(Request::get("/"));
    /// assert!(proxy.logs().iter().any(|line| line.text == "hello"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn logs(&self) -> Vec<LogLine> {
        self.simulation.process.log.borrow().lines().cloned().collect()
    }

    /// Takes the log's lines.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.start()?;
    /// proxy.send(Request::get("/"));
    /// assert_eq!((proxy.take_logs().len(), proxy.take_logs().len()), (1, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn take_logs(&mut self) -> Vec<LogLine> {
        self.simulation.process.log.borrow_mut().drain()
    }

    /// The metrics.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let proxy = example::builder()?.start()?;
    /// for metric in proxy.metrics().iter() {
    ///     println!("{}: {:?}", metric.name, metric.value);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn metrics(&self) -> Ref<'_, Metrics> {
        self.simulation.process.metrics.borrow()
    }

    /// The value of a counter or gauge, as the filter named it.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.workers(3).start()?;
    /// (0..10).for_each(|_| drop(proxy.send(Request::get("/"))));
    /// assert_eq!(proxy.metric("hits"), Some(10)); // over all workers
    /// assert_eq!(proxy.metric("sizes"), None); // a histogram
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn metric(&self, name: &str) -> Option<u64> {
        match self.metrics().get(name)?.value {
            Value::Counter(value) | Value::Gauge(value) => Some(value),
            Value::Histogram(_) => None,
        }
    }

    /// The shared data.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.start()?;
    /// assert_eq!(proxy.shared_data().get("", b"seen"), None);
    /// proxy.send(Request::get("/"));
    /// assert_eq!(proxy.shared_data().get("", b"seen"), Some(&b"hello"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shared_data(&self) -> Ref<'_, SharedData> {
        self.simulation.process.data.borrow()
    }

    /// The callouts that filters have made; the last ten thousand.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.cluster("authz", Cluster::new(Behaviour::status(403))).start()?;
    /// proxy.send(Request::get("/").header("x-ask", "please"));
    /// assert_eq!(proxy.callouts()[0].cluster, "authz");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn callouts(&self) -> Vec<CalloutSeen> {
        self.callouts_since(0)
    }

    /// The callouts that filters have made from this number on, as far as they are kept. Callouts are numbered from 0 in
    /// the order in which they were made, so who follows a proxy asks from [`Proxy::next_callout`] of the time before.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.cluster("authz", Cluster::new(Behaviour::status(403))).start()?;
    /// proxy.send(Request::get("/").header("x-ask", "please"));
    /// let seen = proxy.next_callout();
    /// proxy.send(Request::get("/").header("x-ask", "again"));
    /// let news = proxy.callouts_since(seen);
    /// assert_eq!((seen, news.len(), news[0].cluster.as_str()), (1, 1, "authz"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn callouts_since(&self, number: u64) -> Vec<CalloutSeen> {
        self.simulation.callouts.borrow().since(number).cloned().collect()
    }

    /// The number that the next callout will have: how many filters have made so far.
    pub fn next_callout(&self) -> u64 {
        self.simulation.callouts.borrow().next()
    }

    /// The VMs that have died.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let mut proxy = example::builder()?.start()?;
    /// proxy.send(Request::get("/").header("x-crash", "now"));
    /// assert_eq!(proxy.failures()[0].callback, "proxy_on_request_headers");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn failures(&self) -> Vec<VmFailure> {
        self.simulation.failures.borrow().clone()
    }
}
