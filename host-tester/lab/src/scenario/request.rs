//! What a client sends.

use super::http::{Body, Headers};
use super::properties::Properties;
use super::read::declare::{checked, shape};
use super::read::decode::{Mistakes, Node};
use std::net::IpAddr;
use std::time::Duration;

/// A request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The host.
    pub host: String,
    /// The headers.
    pub headers: Headers,
    /// The body in its pieces; none: the headers, or the trailers, end the request.
    pub chunks: Vec<Vec<u8>>,
    /// The time between two pieces, and before the trailers.
    pub every: Duration,
    /// The trailers.
    pub trailers: Headers,
    /// After how long the client hangs up; `None`: never.
    pub hang_up: Option<Duration>,
    /// The worker that takes it; `None`: drawn. A real Envoy lets the kernel choose.
    pub worker: Option<u32>,
    /// The client's address; `None`: the local host.
    pub source: Option<IpAddr>,
    /// Properties that filters find; a real Envoy takes none.
    pub properties: Properties,
}

/// A TCP connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    /// What the client sends, piece by piece.
    pub send: Vec<Vec<u8>>,
    /// The time between two pieces.
    pub every: Duration,
    /// Whether the client then closes its side.
    pub close: bool,
    /// The worker that takes it; `None`: drawn.
    pub worker: Option<u32>,
    /// The client's address; `None`: the local host.
    pub source: Option<IpAddr>,
}

shape! {
    /// A request.
    RawRequest {
        /// The method; `GET` by default.
        method: String = "GET".to_owned(),
        /// The path with its query; `/` by default.
        path: String = "/".to_owned(),
        /// The host; `example.com` by default.
        host: String = "example.com".to_owned(),
        /// The headers.
        headers: Headers,
        /// The body in one piece.
        body: Option<Body>,
        /// The body in several pieces.
        chunks: Option<Vec<Body>>,
        /// The time between two pieces, and before the trailers; 0s by default.
        every: Duration = Duration::ZERO,
        /// The trailers.
        trailers: Headers,
        /// After how long the client hangs up; by default never.
        hang_up: Option<Duration>,
        /// The worker that takes it, from 0; by default drawn.
        worker: Option<u32>,
        /// The client's address; by default 127.0.0.1.
        source: Option<IpAddr>,
        /// Properties as the scenario's own, for this request.
        properties: Properties,
    }
}

impl RawRequest {
    fn check(self, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Request> {
        let chunks = match (self.body, self.chunks) {
            (Some(_), Some(_)) => {
                return node.fail(mistakes, "has `body` and `chunks`: say one of them");
            }
            (Some(body), None) => vec![body.bytes()],
            (None, chunks) => chunks.unwrap_or_default().iter().map(Body::bytes).collect(),
        };
        let Self {
            method,
            path,
            host,
            headers,
            every,
            trailers,
            hang_up,
            worker,
            source,
            properties,
            ..
        } = self;
        Some(Request {
            method,
            path,
            host,
            headers,
            chunks,
            every,
            trailers,
            hang_up,
            worker,
            source,
            properties,
        })
    }
}

checked!(Request, RawRequest);

shape! {
    /// A TCP connection.
    RawConnection {
        /// What the client sends, piece by piece.
        send: Vec<Body>,
        /// The time between two pieces; 0s by default.
        every: Duration = Duration::ZERO,
        /// Whether the client then closes its side; by default it does.
        close: bool = true,
        /// The worker that takes it, from 0; by default drawn.
        worker: Option<u32>,
        /// The client's address; by default 127.0.0.1.
        source: Option<IpAddr>,
    }
}

impl RawConnection {
    fn check(self, _: &Node<'_>, _: &mut Mistakes) -> Option<Connection> {
        let Self { send, every, close, worker, source } = self;
        let send = send.iter().map(Body::bytes).collect();
        Some(Connection { send, every, close, worker, source })
    }
}

checked!(Connection, RawConnection);
