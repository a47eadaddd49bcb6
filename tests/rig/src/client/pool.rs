//! Keep-alive connections, used in turn.
//!
//! Envoy gives each connection to one worker. hyper-util's own pool reuses the last connection first, and so would show
//! the traffic to one worker only; this one uses the longest idle connection first.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::http::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use super::payload::Body;
use crate::{Error, Result};

const MAX_HEADERS: usize = 4096;

pub(super) struct Pool {
    addr: SocketAddr,
    permits: Arc<Semaphore>,
    idle: Mutex<VecDeque<Option<Connection>>>,
}

impl Pool {
    pub fn new(addr: SocketAddr, size: usize) -> Self {
        let idle = (0..size).map(|_| None).collect();
        Self { addr, permits: Arc::new(Semaphore::new(size)), idle: Mutex::new(idle) }
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A connection that is ready for a request, opened if need be; waits while all are in use.
    pub async fn lease(self: &Arc<Self>) -> Result<Lease> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| Error::unexpected("the pool is closed"))?;
        let mut idle = self.idle().pop_front().flatten();
        // From here on the lease gives the slot back, even if connecting fails.
        let mut lease = Lease { connection: None, home: Some((Arc::clone(self), permit)) };
        let ready = match &mut idle {
            Some(idle) => idle.is_ready().await,
            None => false,
        };
        lease.connection = if ready { idle } else { Some(Connection::http1(self.addr).await?) };
        Ok(lease)
    }

    /// A connection of one's own, outside the pool.
    pub async fn apart(&self, http2: bool) -> Result<Lease> {
        let connection = if http2 {
            Connection::http2(self.addr).await?
        } else {
            Connection::http1(self.addr).await?
        };
        Ok(Lease { connection: Some(connection), home: None })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, VecDeque<Option<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The use of a connection for one exchange. Dropped before [`give_back`](Self::give_back), it hangs up.
pub(super) struct Lease {
    connection: Option<Connection>,
    home: Option<(Arc<Pool>, OwnedSemaphorePermit)>,
}

impl Lease {
    pub async fn send(&mut self, request: Request<Body>) -> Result<Response<Incoming>> {
        match &mut self.connection {
            Some(connection) => Ok(connection.send(request).await?),
            None => Err(Error::unexpected("the connection has been given back")),
        }
    }

    /// The exchange is complete: the connection serves another.
    pub fn give_back(mut self) {
        let connection = self.connection.take();
        self.restore(connection);
    }

    fn restore(&mut self, connection: Option<Connection>) {
        if let Some((pool, permit)) = self.home.take() {
            pool.idle().push_back(connection);
            drop(permit);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.restore(None);
    }
}

enum Sender {
    Http1(http1::SendRequest<Body>),
    Http2(http2::SendRequest<Body>),
}

/// A connection; it is closed when it is dropped.
struct Connection {
    sender: Sender,
    driver: JoinHandle<()>,
}

impl Connection {
    async fn http1(addr: SocketAddr) -> Result<Self> {
        let io = connect(addr).await?;
        let mut builder = http1::Builder::new();
        let (sender, connection) = builder.max_headers(MAX_HEADERS).handshake(io).await?;
        let driver = tokio::spawn(async { drop(connection.await) });
        Ok(Self { sender: Sender::Http1(sender), driver })
    }

    async fn http2(addr: SocketAddr) -> Result<Self> {
        let io = connect(addr).await?;
        let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
        let driver = tokio::spawn(async { drop(connection.await) });
        Ok(Self { sender: Sender::Http2(sender), driver })
    }

    async fn is_ready(&mut self) -> bool {
        match &mut self.sender {
            Sender::Http1(sender) => !sender.is_closed() && sender.ready().await.is_ok(),
            Sender::Http2(sender) => !sender.is_closed() && sender.ready().await.is_ok(),
        }
    }

    async fn send(&mut self, request: Request<Body>) -> hyper::Result<Response<Incoming>> {
        match &mut self.sender {
            Sender::Http1(sender) => sender.send_request(request).await,
            Sender::Http2(sender) => sender.send_request(request).await,
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

async fn connect(addr: SocketAddr) -> Result<TokioIo<TcpStream>> {
    let stream =
        TcpStream::connect(addr).await.map_err(Error::io(format!("connecting to {addr}")))?;
    stream.set_nodelay(true).map_err(Error::io("a client's socket"))?;
    Ok(TokioIo::new(stream))
}
