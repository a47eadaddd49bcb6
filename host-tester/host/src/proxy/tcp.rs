//! TCP connections: a client, the network filters, a cluster.
//!
//! The filters stand in front of what Envoy calls its TCP proxy. That one goes to the cluster it was set up with, or to the
//! one that a filter has put into the filter state as `envoy.tcp_proxy.cluster`. It reads nothing of the client's until it has
//! reached the cluster, so what the client sends before comes in one piece. The cluster reads an [`Answer`] as a server of
//! bytes would: with `echo` it sends back what it gets and closes when the client does; without, it sends its body, in
//! `chunks` so long after one another as `every` says, after the first bytes or the end of the client's, and closes.

use super::api::Proxy;
use super::callouts::SETBACK;
use super::events::Event;
use super::request::Request;
use super::simulation::Simulation;
use super::tcp_chain::ConnectionContext;
use crate::http::Flags;
use crate::stream::{Connection, envoy_object_key};

use crate::upstream::{Answer, Kind};
use std::cell::{Cell, RefCell};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

/// How a connection ended.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let mut proxy = example::builder()?.tcp("up").start()?;
/// let id = proxy.connect([10, 0, 0, 1].into(), None);
/// assert_eq!(proxy.connection(id).unwrap().end, TcpEnd::Open);
/// proxy.disconnect(id);
/// assert_eq!(proxy.disconnected()[0].end, TcpEnd::Client);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TcpEnd {
    /// The connection is open.
    Open,
    /// The proxy closed it: both sides had ended and the server was last, a filter closed it, its VM died, or the
    /// proxy stopped.
    Proxy,
    /// The client closed it, or was the last side to end.
    Client,
    /// The server could not be reached, or broke it off.
    Server,
}

/// What became of a connection.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let mut proxy = example::builder()?.tcp("up").start()?;
/// let id = proxy.connect([10, 0, 0, 1].into(), Some(1));
/// assert!(proxy.write(id, b"hi") && proxy.end(id));
/// proxy.advance(std::time::Duration::from_secs(1));
/// let over: TcpExchange = proxy.disconnected().remove(0);
/// assert_eq!((over.cluster.as_deref(), &over.sent[..], over.sent_end), (Some("up"), &b"hi"[..], true));
/// assert_eq!((&over.received[..], over.received_end), (&b"hello"[..], true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TcpExchange {
    /// Its number: what its filters logged has it as [`crate::process::LogLine::stream`].
    pub id: u64,
    /// Which worker had it, from 1.
    pub worker: u32,
    /// When it began, nanoseconds since 1970.
    pub began: u64,
    /// When it ended, or the present if it has not.
    pub ended: u64,
    /// The cluster, if it was reached.
    pub cluster: Option<Rc<str>>,
    /// What the client received.
    pub received: Vec<u8>,
    /// The client received an end, too.
    pub received_end: bool,
    /// What the cluster received.
    pub sent: Vec<u8>,
    /// The cluster received an end, too.
    pub sent_end: bool,
    /// Who ended it.
    pub end: TcpEnd,
    /// Envoy's response flags, as the access log prints them.
    pub flags: Flags,
}

/// What the far end of a connection does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TcpStep {
    /// Cannot be reached.
    Refuses,
    /// Breaks off.
    Resets,
    /// Sends bytes, perhaps the last.
    Says { bytes: Vec<u8>, end: bool },
}

/// A connection that is open.
pub(super) struct ActiveConnection {
    pub(super) connection: Rc<Connection>,
    pub(super) worker: u32,
    pub(super) contexts: Vec<ConnectionContext>,
    pub(super) over: Cell<bool>,
    /// The client's bytes that nobody has read, and its end.
    pub(super) unread: RefCell<Vec<u8>>,
    pub(super) client_ended: Cell<bool>,
    /// The client's end has been read, the server's.
    pub(super) read_end: Cell<bool>,
    pub(super) write_end: Cell<bool>,
    /// The last filter has let the new connection on; the cluster is reached.
    pub(super) proxied: Cell<bool>,
    pub(super) connected: Cell<bool>,
    pub(super) far: RefCell<Option<(Duration, Kind)>>,
    answering: Cell<bool>,
    pub(super) exchange: RefCell<TcpExchange>,
}

impl Proxy {
    /// A client connects, at an address, on that worker or on one that is drawn; the connection's number.
    pub fn connect(&mut self, source: IpAddr, worker: Option<u32>) -> u64 {
        self.simulation.tcp_open(source, worker)
    }

    /// The client of a connection sends bytes; `false` if it is closed.
    pub fn write(&mut self, id: u64, bytes: &[u8]) -> bool {
        self.simulation.tcp_write(id, bytes, false)
    }

    /// The client of a connection sends no more; `false` if it is closed.
    pub fn end(&mut self, id: u64) -> bool {
        self.simulation.tcp_write(id, b"", true)
    }

    /// The client of a connection goes away.
    pub fn disconnect(&mut self, id: u64) {
        if let Some(tcp) = self.simulation.connections.get(id) {
            self.simulation.tcp_finish(&tcp, TcpEnd::Client);
        }
    }

    /// What has become of an open connection so far.
    pub fn connection(&self, id: u64) -> Option<TcpExchange> {
        let tcp = self.simulation.connections.get(id)?;
        let exchange = tcp.exchange.borrow();
        Some(TcpExchange { ended: self.simulation.now(), ..exchange.clone() })
    }

    /// Takes the connections that have ended since the last time.
    pub fn disconnected(&mut self) -> Vec<TcpExchange> {
        self.simulation.connections.take_ended()
    }
}

impl Simulation {
    fn tcp_open(&self, source: IpAddr, worker: Option<u32>) -> u64 {
        let id = self.streams.next_id();
        let drawn = || self.random.borrow_mut().u32(1..=self.workers.max(1));
        let worker = worker.filter(|worker| *worker >= 1 && *worker <= self.workers);
        let tcp = Rc::new(self.new_tcp(id, source, worker.unwrap_or_else(drawn)));
        self.connections.insert(&tcp);
        self.tcp_read_from(&tcp, 0);
        id
    }

    fn new_tcp(&self, id: u64, source: IpAddr, worker: u32) -> ActiveConnection {
        let info = self.info(id, &Request { source, ..Request::get("") });
        let connection = Connection {
            id,
            info: RefCell::new(info),
            downstream: RefCell::default(),
            upstream: RefCell::default(),
        };
        let contexts = self.handles_for(worker).into_iter().map(ConnectionContext::new).collect();
        ActiveConnection {
            connection: Rc::new(connection),
            worker,
            contexts,
            over: Cell::new(false),
            unread: RefCell::default(),
            client_ended: Cell::new(false),
            read_end: Cell::new(false),
            write_end: Cell::new(false),
            proxied: Cell::new(false),
            connected: Cell::new(false),
            far: RefCell::default(),
            answering: Cell::new(false),
            exchange: RefCell::new(nothing_yet(id, worker, self.now())),
        }
    }

    fn tcp_write(&self, id: u64, bytes: &[u8], end: bool) -> bool {
        let Some(tcp) = self.connections.get(id).filter(|tcp| !tcp.client_ended.get()) else {
            return false;
        };
        tcp.unread.borrow_mut().extend_from_slice(bytes);
        tcp.client_ended.set(end);
        self.tcp_read(&tcp);
        true
    }

    /// Reads what the client has sent, if reading has begun.
    fn tcp_read(&self, tcp: &Rc<ActiveConnection>) {
        let unread = std::mem::take(&mut *tcp.unread.borrow_mut());
        let end = tcp.client_ended.get() && !tcp.read_end.get();
        if !tcp.connected.get() {
            *tcp.unread.borrow_mut() = unread;
            return;
        }
        if unread.is_empty() && !end {
            return;
        }
        tcp.connection.downstream.borrow_mut().extend(unread);
        tcp.read_end.set(tcp.client_ended.get());
        self.tcp_read_from(tcp, 0);
        self.tcp_both_ended(tcp, TcpEnd::Client);
    }

    /// The new connection has passed every filter: the cluster is looked for.
    pub(super) fn tcp_proxy(&self, tcp: &Rc<ActiveConnection>) {
        tcp.proxied.set(true);
        let id = tcp.connection.id;
        let cluster = chosen(tcp).or_else(|| self.connections.cluster.clone());
        let known = cluster.as_ref().is_some_and(|name| self.upstreams.has(name));
        let drawn = cluster.as_deref().and_then(|cluster| self.draw(cluster));
        let flag = match &drawn {
            None if !known => Flags::NO_CLUSTER,
            None => Flags::NO_HEALTHY_UPSTREAM,
            Some((_, Kind::ConnectFail)) => Flags::UPSTREAM_CONNECT,
            Some(_) => return self.tcp_connected(tcp, cluster, drawn),
        };
        tcp.connection.info.borrow_mut().flags |= flag;
        self.after(SETBACK, Event::Tcp { id, step: TcpStep::Refuses });
    }

    fn tcp_connected(
        &self,
        tcp: &Rc<ActiveConnection>,
        cluster: Option<Rc<str>>,
        far: Option<(Duration, Kind)>,
    ) {
        {
            let mut info = tcp.connection.info.borrow_mut();
            info.upstream = Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 20_000));
            info.cluster.clone_from(&cluster);
        }
        tcp.exchange.borrow_mut().cluster = cluster;
        *tcp.far.borrow_mut() = far;
        tcp.connected.set(true);
        self.tcp_read(tcp);
    }

    /// Bytes, or the end, have passed every filter and reach the cluster.
    pub(super) fn tcp_to_cluster(&self, tcp: &Rc<ActiveConnection>, bytes: &[u8], end: bool) {
        {
            let mut exchange = tcp.exchange.borrow_mut();
            exchange.sent.extend_from_slice(bytes);
            exchange.sent_end |= end;
        }
        let Some((latency, kind)) = tcp.far.borrow().clone() else { return };
        let first = !tcp.answering.replace(true);
        let says = |bytes, end| vec![(latency, TcpStep::Says { bytes, end })];
        let steps = match kind {
            Kind::Answer(answer) if answer.echo => says(bytes.to_vec(), end),
            Kind::Answer(answer) if first => spoken(&answer, latency),
            Kind::ResetAfterHeaders(answer) if first => {
                let mut steps = spoken(&answer, latency);
                steps.truncate(1);
                steps.iter_mut().for_each(|(_, step)| unended(step));
                steps.push((latency + SETBACK, TcpStep::Resets));
                steps
            }
            Kind::Reset if first => vec![(latency, TcpStep::Resets)],
            _ => Vec::new(),
        };
        for (delay, step) in steps {
            self.after(delay, Event::Tcp { id: tcp.connection.id, step });
        }
    }

    /// The far end does the next thing.
    pub(super) fn tcp_step(&self, id: u64, step: TcpStep) {
        let Some(tcp) = self.connections.get(id) else { return };
        match step {
            TcpStep::Refuses => self.tcp_finish(&tcp, TcpEnd::Server),
            TcpStep::Resets => {
                tcp.connection.info.borrow_mut().flags |= Flags::UPSTREAM_CLOSED;
                self.tcp_finish(&tcp, TcpEnd::Server);
            }
            TcpStep::Says { bytes, end } => {
                tcp.connection.upstream.borrow_mut().extend(bytes);
                self.tcp_write_back(&tcp, end);
                self.tcp_both_ended(&tcp, TcpEnd::Proxy);
            }
        }
    }

    /// Bytes, or the end, have passed every filter and reach the client.
    pub(super) fn tcp_to_client(&self, tcp: &ActiveConnection, bytes: &[u8], end: bool) {
        let mut exchange = tcp.exchange.borrow_mut();
        exchange.received.extend_from_slice(bytes);
        exchange.received_end |= end;
        tcp.write_end.set(tcp.write_end.get() || end);
    }

    /// Closes a worker's connections, the oldest first.
    pub(super) fn tcp_stop(&self, worker: u32) {
        let open = self.connections.of_worker(worker);
        open.iter().for_each(|tcp| self.tcp_finish(tcp, TcpEnd::Proxy));
    }

    fn tcp_both_ended(&self, tcp: &Rc<ActiveConnection>, by: TcpEnd) {
        if tcp.read_end.get() && tcp.write_end.get() {
            self.tcp_finish(tcp, by);
        }
    }
}

/// The cluster that a filter has chosen.
fn chosen(tcp: &ActiveConnection) -> Option<Rc<str>> {
    let info = tcp.connection.info.borrow();
    let name = info.state.get(envoy_object_key(b"envoy.tcp_proxy.cluster").as_slice())?;
    Some(Rc::from(String::from_utf8_lossy(name).as_ref()))
}

fn nothing_yet(id: u64, worker: u32, now: u64) -> TcpExchange {
    TcpExchange {
        id,
        worker,
        began: now,
        ended: now,
        cluster: None,
        received: Vec::new(),
        received_end: false,
        sent: Vec::new(),
        sent_end: false,
        end: TcpEnd::Open,
        flags: Flags::NONE,
    }
}

/// What a server of bytes says, piece by piece, the last with its end.
fn spoken(answer: &Answer, latency: Duration) -> Vec<(Duration, TcpStep)> {
    let size = answer.body.len().div_ceil(answer.chunks.max(1) as usize).max(1);
    let mut pieces: Vec<_> = answer.body.chunks(size).map(<[u8]>::to_vec).collect();
    if pieces.is_empty() {
        pieces.push(Vec::new());
    }
    let last = pieces.len() - 1;
    let mut at = latency;
    let step = |(place, bytes): (usize, Vec<u8>)| {
        let step = (at, TcpStep::Says { bytes, end: place == last });
        at += answer.every;
        step
    };
    pieces.into_iter().enumerate().map(step).collect()
}

fn unended(step: &mut TcpStep) {
    if let TcpStep::Says { end, .. } = step {
        *end = false;
    }
}
