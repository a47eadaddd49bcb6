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
    /// The client speaks HTTP/2, where the end of a body comes with its last piece.
    pub http2: bool,
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
            http2: false,
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

    /// From a client that speaks HTTP/2.
    pub fn http2(mut self) -> Self {
        self.http2 = true;
        self
    }

    /// Whether the end comes with the body's only piece, and not after it.
    pub(super) fn ends_with_its_body(&self) -> bool {
        self.http2 && self.body.len() == 1 && self.trailers.is_empty()
    }

    /// On that worker, from 1.
    pub fn worker(mut self, worker: u32) -> Self {
        self.worker = Some(worker);
        self
    }
}
