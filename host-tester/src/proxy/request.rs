//! A request, as a client sends it.

use bytes::Bytes;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// HTTP method.
    pub method: Bytes,
    /// Path and query.
    pub path: Bytes,
    /// Authority.
    pub host: Bytes,
    /// Further headers, in order.
    pub headers: Vec<(Bytes, Bytes)>,
    /// The body, in the pieces in which it is sent.
    pub body: Vec<Bytes>,
    /// How long after one another.
    pub every: Duration,
    /// Trailers.
    pub trailers: Vec<(Bytes, Bytes)>,
    /// The client hangs up so long after it began.
    pub hang_up: Option<Duration>,
    /// The worker, from 1; else one is drawn.
    pub worker: Option<u32>,
    /// The client's address.
    pub source: IpAddr,
    /// Comes back in [`super::Exchange::tag`].
    pub tag: u64,
    /// Whether the bodies and headers of both sides are kept for the caller, or only counted.
    pub keep: bool,
}

impl Request {
    /// A request without headers or body.
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: Bytes::copy_from_slice(method.as_bytes()),
            path: Bytes::copy_from_slice(path.as_bytes()),
            host: Bytes::from_static(b"example.com"),
            headers: Vec::new(),
            body: Vec::new(),
            every: Duration::ZERO,
            trailers: Vec::new(),
            hang_up: None,
            worker: None,
            source: IpAddr::V4(Ipv4Addr::LOCALHOST),
            tag: 0,
            keep: true,
        }
    }

    /// A GET.
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// A POST with a body in one piece.
    pub fn post(path: &str, body: impl Into<Bytes>) -> Self {
        Self { body: vec![body.into()], ..Self::new("POST", path) }
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name = Bytes::from(name.to_ascii_lowercase().into_bytes());
        self.headers.push((name, Bytes::copy_from_slice(value.as_ref())));
        self
    }

    /// With a trailer.
    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        let name = Bytes::from(name.to_ascii_lowercase().into_bytes());
        self.trailers.push((name, Bytes::copy_from_slice(value.as_bytes())));
        self
    }

    /// In these pieces, so long after one another.
    pub fn chunks(mut self, body: impl IntoIterator<Item = Bytes>, every: Duration) -> Self {
        (self.body, self.every) = (body.into_iter().collect(), every);
        self
    }

    /// From a client that hangs up so long after it began.
    pub fn hang_up(mut self, after: Duration) -> Self {
        self.hang_up = Some(after);
        self
    }

    /// On that worker, from 1.
    pub fn worker(mut self, worker: u32) -> Self {
        self.worker = Some(worker);
        self
    }
}
