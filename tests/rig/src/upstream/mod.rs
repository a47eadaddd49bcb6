//! Real HTTP servers that misbehave on command.
//!
//! An upstream speaks HTTP/1.1 and HTTP/2 by prior knowledge, names itself in the response header
//! [`UPSTREAM_HEADER`](crate::UPSTREAM_HEADER), and answers with an echo of the request as JSON (`upstream`, `method`,
//! `path`, `headers`), so that a test sees what the proxy let through: [`Reply::received`](crate::Reply::received).

mod answer;
mod behaviour;
mod log;
mod server;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fastrand::Rng;
use hyper::http::request::Parts;
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

pub use behaviour::Behaviour;
pub use log::Hit;

use crate::{Error, Result, eventually};
use log::Record;

/// A server on a port of its own; it ends when it is dropped.
pub struct Upstream {
    addr: SocketAddr,
    state: Arc<State>,
    socket: Mutex<Socket>,
}

enum Socket {
    Open(JoinHandle<()>),
    /// Bound, not listening: connections are refused, and the port stays ours.
    Closed(Option<TcpSocket>),
}

type Plan = Arc<dyn Fn(&Parts) -> Behaviour + Send + Sync>;

struct State {
    name: String,
    plan: Mutex<Plan>,
    rng: Mutex<Rng>,
    record: Mutex<Record>,
}

impl State {
    /// Notes a request, and decides what it gets and how late.
    fn receive(&self, at: Instant, request: &Parts) -> (Behaviour, Duration) {
        let plan = Arc::clone(&lock(&self.plan));
        let plan = plan(request);
        let mut rng = lock(&self.rng);
        let behaviour = plan.draw(&mut rng).clone();
        lock(&self.record).add(at, request, behaviour.visible_status());
        let delay = behaviour.delay(&mut rng);
        (behaviour, delay)
    }
}

impl Upstream {
    /// Starts an upstream that answers 200.
    ///
    /// # Errors
    /// If no socket can be had.
    pub async fn start(name: impl Into<String>) -> Result<Self> {
        let socket = server::reserve((Ipv4Addr::LOCALHOST, 0).into()).map_err(failed)?;
        let addr = socket.local_addr().map_err(failed)?;
        let state = Arc::new(State {
            name: name.into(),
            plan: Mutex::new(Arc::new(|_| Behaviour::ok())),
            rng: Mutex::new(Rng::with_seed(1)),
            record: Mutex::default(),
        });
        let upstream = Self { addr, state, socket: Mutex::new(Socket::Closed(Some(socket))) };
        upstream.restart().await?;
        Ok(upstream)
    }

    /// Its name, which its answers carry.
    pub fn name(&self) -> &str {
        &self.state.name
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// From the next request on, behave so.
    pub fn behave(&self, behaviour: Behaviour) {
        self.behave_by(move |_| behaviour.clone());
    }

    /// From the next request on, behave as this function of the request says.
    pub fn behave_by(&self, plan: impl Fn(&Parts) -> Behaviour + Send + Sync + 'static) {
        *lock(&self.state.plan) = Arc::new(plan);
    }

    /// Seeds the draws of [`Behaviour::sometimes`] and the latencies; the default is 1.
    pub fn seed(&self, seed: u64) {
        lock(&self.state.rng).seed(seed);
    }

    /// Keeps the headers of each request in its [`Hit`]; by default they are only echoed.
    pub fn keep_headers(&self) {
        self.record().keep_headers = true;
    }

    /// The requests that arrived since the start, or since they were [forgotten](Self::forget).
    pub fn requests(&self) -> u64 {
        self.record().total
    }

    /// How many were answered with this status.
    pub fn answered(&self, status: u16) -> u64 {
        self.record().by_status.get(&Some(status)).copied().unwrap_or_default()
    }

    /// How many came from this user.
    pub fn requests_of(&self, user: &str) -> u64 {
        self.record().by_user.get(user).copied().unwrap_or_default()
    }

    /// How many users have been here.
    pub fn users(&self) -> usize {
        self.record().by_user.len()
    }

    /// The requests so far, in order.
    pub fn hits(&self) -> Vec<Hit> {
        self.record().hits.clone()
    }

    /// Takes the list of requests; the counts stay.
    pub fn take_hits(&self) -> Vec<Hit> {
        std::mem::take(&mut self.record().hits)
    }

    /// Forgets the list and the counts.
    pub fn forget(&self) {
        let mut record = self.record();
        *record = Record { keep_headers: record.keep_headers, ..Record::default() };
    }

    /// Waits until this many requests have arrived.
    ///
    /// # Errors
    /// [`Error::GaveUp`].
    pub async fn wait_for_requests(&self, count: u64) -> Result<()> {
        let what = format!("{count} requests at {}", self.name());
        eventually(what, || async { (self.requests() >= count).then_some(()) }).await
    }

    /// Closes the port and every connection; from now on connections are refused.
    ///
    /// # Errors
    /// If the port cannot be kept.
    pub async fn stop(&self) -> Result<()> {
        let open = match &mut *lock(&self.socket) {
            Socket::Closed(_) => return Ok(()),
            socket => std::mem::replace(socket, Socket::Closed(None)),
        };
        if let Socket::Open(task) = open {
            task.abort();
            let _ = task.await;
        }
        *lock(&self.socket) = Socket::Closed(Some(server::reserve(self.addr).map_err(failed)?));
        Ok(())
    }

    /// Listens again, on the same port.
    ///
    /// # Errors
    /// If the port is lost.
    pub async fn restart(&self) -> Result<()> {
        let mut socket = lock(&self.socket);
        if let Socket::Closed(bound) = &mut *socket {
            let bound =
                bound.take().map_or_else(|| server::reserve(self.addr), Ok).map_err(failed)?;
            let listener = server::listen(bound).map_err(failed)?;
            *socket = Socket::Open(tokio::spawn(server::accept(listener, Arc::clone(&self.state))));
        }
        Ok(())
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        lock(&self.state.record)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        if let Socket::Open(task) = &*lock(&self.socket) {
            task.abort();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failed(source: std::io::Error) -> Error {
    Error::io("an upstream's socket")(source)
}
