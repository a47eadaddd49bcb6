//! A request, as a client sends it.

use bytes::Bytes;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// A request to be sent.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// use std::time::Duration;
///
/// let request = Request::new("PUT", "/cart")
///     .header("x-user-id", "ann")
///     .chunks(["first ".into(), "second".into()], Duration::from_millis(10))
///     .trailer("checksum", "42")
///     .worker(1);
/// let sent = example::builder()?.start()?.send(request).unwrap().sent.unwrap();
/// assert_eq!(sent.body, b"first second");
/// assert_eq!(sent.trailers.text("checksum"), Some("42"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
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
    /// Properties that filters find, in place of the host's own: see [`Request::property`].
    pub properties: Vec<(String, Bytes)>,
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
            properties: Vec::new(),
            tag: 0,
            keep: true,
        }
    }

    /// A GET.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let exchange = example::builder()?.start()?.send(Request::get("/?a=1")).unwrap();
    /// assert_eq!(exchange.request.text(":path"), Some("/?a=1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// A POST with a body in one piece.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let exchange = example::builder()?.start()?.send(Request::post("/", "a body")).unwrap();
    /// assert_eq!(exchange.request.text("content-length"), Some("6"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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

    /// For this authority; `example.com` if nobody says.
    ///
    /// ```
    /// use serinus_host::proxy::Request;
    ///
    /// let request = Request::get("/").host("shop.example").source([10, 0, 0, 1].into()).tag(7).keep(false);
    /// assert_eq!((request.host, request.tag), ("shop.example".into(), 7));
    /// ```
    pub fn host(mut self, host: &str) -> Self {
        self.host = Bytes::copy_from_slice(host.as_bytes());
        self
    }

    /// From a client at this address; the local one if nobody says.
    pub fn source(mut self, source: IpAddr) -> Self {
        self.source = source;
        self
    }

    /// With a number that comes back in [`Exchange::tag`](super::Exchange::tag).
    pub fn tag(mut self, tag: u64) -> Self {
        self.tag = tag;
        self
    }

    /// Whether the headers and bodies of both sides are kept for the caller; a long simulation goes without.
    pub fn keep(mut self, keep: bool) -> Self {
        self.keep = keep;
        self
    }

    /// From a client that hangs up so long after it began.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let slow = Behaviour::body("late").latency(Latency::Fixed(std::time::Duration::from_secs(9)));
    /// let mut proxy = example::builder()?.cluster("up", Cluster::new(slow)).start()?;
    /// let impatient = Request::get("/").hang_up(std::time::Duration::from_secs(1));
    /// let exchange = proxy.send(impatient).unwrap();
    /// assert_eq!((exchange.status(), exchange.flags.to_string()), (None, "DC".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hang_up(mut self, after: Duration) -> Self {
        self.hang_up = Some(after);
        self
    }

    /// From a client that speaks HTTP/2.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let exchange = example::builder()?.start()?.send(Request::post("/", "a body").http2()).unwrap();
    /// assert_eq!(exchange.status(), Some(200));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn http2(mut self) -> Self {
        self.http2 = true;
        self
    }

    /// Whether the end comes with the body's only piece, and not after it.
    pub(super) fn ends_with_its_body(&self) -> bool {
        self.http2 && self.body.len() == 1 && self.trailers.is_empty()
    }

    /// A property that filters find under a path with dots between its names, whatever this host has there: what it
    /// does not simulate (TLS, metadata, localities), or what another host than Envoy has. Numbers are 64-bit
    /// little-endian, a truth is one byte; a path above several is a map of them.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// let request = Request::get("/")
    ///     .property("connection.mtls", [1].as_slice())
    ///     .property("metadata.filter_metadata.envoy.filters.http.lua.tenant", "blue");
    /// # example::builder()?.start()?.send(request).unwrap();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn property(mut self, path: &str, value: impl Into<Bytes>) -> Self {
        self.properties.push((path.to_owned(), value.into()));
        self
    }

    /// On that worker, from 1.
    pub fn worker(mut self, worker: u32) -> Self {
        self.worker = Some(worker);
        self
    }
}
