//! What a cluster does with a request.

use super::latency::Latency;
use bytes::Bytes;
use std::time::Duration;

/// An answer.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// use serinus_host::upstream::{Answer, Behaviour, Kind};
/// use std::time::Duration;
///
/// // Three pieces, a second after one another, with trailers.
/// let slow = Answer::status(200)
///     .header("content-type", "text/plain")
///     .body("a body")
///     .chunks(3, Duration::from_secs(1))
///     .trailer("checksum", "42");
/// let mut proxy = example::builder()?.cluster("up", Cluster::new(Behaviour::of(Kind::Answer(slow)))).start()?;
/// let received = proxy.send(Request::get("/")).unwrap().response.unwrap();
/// assert_eq!(received.body, b"a body");
/// assert_eq!(received.trailers.text("checksum"), Some("42"));
/// assert!(proxy.elapsed() > Duration::from_secs(2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers besides those that say how long the body is.
    pub headers: Vec<(Bytes, Bytes)>,
    /// The body, whole.
    pub body: Bytes,
    /// The number of pieces in which the body comes.
    pub chunks: u32,
    /// The time between two pieces of the body.
    pub every: Duration,
    /// The trailers behind the body.
    pub trailers: Vec<(Bytes, Bytes)>,
    /// The body is the request's, whatever `body` says.
    pub echo: bool,
    /// The upstream speaks HTTP/2, where the end of a body comes with its last piece.
    pub http2: bool,
}

impl Answer {
    /// An answer without a body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            chunks: 1,
            every: Duration::ZERO,
            trailers: Vec::new(),
            echo: false,
            http2: false,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Replaces the body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends the body in so many pieces, so long after one another.
    pub fn chunks(mut self, count: u32, every: Duration) -> Self {
        (self.chunks, self.every) = (count, every);
        self
    }

    /// Adds a trailer.
    pub fn trailer(mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) -> Self {
        self.trailers.push((name.into(), value.into()));
        self
    }

    /// Sends the request's body back.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    ///
    /// let echo = Behaviour::of(Kind::Answer(Answer::status(200).echo().http2()));
    /// let mut proxy = example::builder()?.cluster("up", Cluster::new(echo)).start()?;
    /// let received = proxy.send(Request::post("/", "a body")).and_then(|over| over.response);
    /// assert_eq!(received.ok_or("no answer")?.body, b"a body");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn echo(mut self) -> Self {
        self.echo = true;
        self
    }

    /// Speaks HTTP/2, where the end of a body comes with its last piece.
    pub fn http2(mut self) -> Self {
        self.http2 = true;
        self
    }
}

/// What becomes of a request.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// use serinus_host::http::Flags;
///
/// let with = |kind| example::builder().unwrap().cluster("up", Cluster::new(Behaviour::of(kind))).start().unwrap();
/// let flags = |kind| with(kind).send(Request::get("/")).unwrap().flags;
/// assert_eq!(flags(Kind::NoHost), Flags::NO_HEALTHY_UPSTREAM);
/// assert_eq!(flags(Kind::Reset), Flags::UPSTREAM_CLOSED);
/// assert_eq!(flags(Kind::Hang), Flags::UPSTREAM_TIMEOUT);
///
/// // The status has been sent, and the rest never comes.
/// let begun = Answer::status(200).body("as far as");
/// let broken = with(Kind::ResetAfterHeaders(begun)).send(Request::get("/")).unwrap();
/// assert_eq!(broken.status(), Some(200));
/// assert!(!broken.response.unwrap().complete);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// The request is answered.
    Answer(Answer),
    /// The connection is refused.
    ConnectFail,
    /// The cluster has no healthy host.
    NoHost,
    /// The request is never answered.
    Hang,
    /// The connection is closed before an answer.
    Reset,
    /// The connection is closed after the headers and the first piece of the body.
    ResetAfterHeaders(Answer),
}

/// How a cluster behaves.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// use std::time::Duration;
///
/// // One answer in ten is bad, and slow.
/// let bad = Behaviour::status(503).latency(Latency::Fixed(Duration::from_secs(1)));
/// let mostly_good = Behaviour::body("hello").sometimes(0.1, bad);
/// let mut proxy = example::builder()?.cluster("up", Cluster::new(mostly_good)).start()?;
/// let bad = (0..1000).filter(|_| proxy.send(Request::get("/")).unwrap().status() == Some(503)).count();
/// assert!((70..130).contains(&bad), "{bad}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Behaviour {
    /// What the cluster does with a request.
    pub kind: Kind,
    /// The time until the first byte of its answer.
    pub latency: Latency,
    /// What it does instead, each with a share of the requests from 0 to 1.
    pub sometimes: Vec<(f64, Behaviour)>,
}

impl Behaviour {
    /// Answers with a status and no body.
    pub fn status(status: u16) -> Self {
        Self::of(Kind::Answer(Answer::status(status)))
    }

    /// Answers every request with 200 and this body.
    pub fn body(body: impl Into<Bytes>) -> Self {
        Self::of(Kind::Answer(Answer::status(200).body(body)))
    }

    /// Does the same with every request, after a millisecond.
    pub fn of(kind: Kind) -> Self {
        Self { kind, latency: Latency::default(), sometimes: Vec::new() }
    }

    /// Takes so long until the first byte of an answer.
    pub fn latency(mut self, latency: Latency) -> Self {
        self.latency = latency;
        self
    }

    /// Does something else with a share of the requests.
    pub fn sometimes(mut self, share: f64, other: Self) -> Self {
        self.sometimes.push((share, other));
        self
    }

    /// What happens to one request.
    pub(crate) fn draw(&self, random: &mut fastrand::Rng) -> &Self {
        if self.sometimes.is_empty() {
            return self;
        }
        let mut rest = random.f64();
        for (share, other) in &self.sometimes {
            if rest < *share {
                return other.draw(random);
            }
            rest -= share;
        }
        self
    }
}

/// A cluster: how it behaves, from when on.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// use std::time::Duration;
///
/// // Good for an hour, then gone.
/// let hour = Duration::from_secs(3600);
/// let cluster = Cluster::new(Behaviour::body("hello")).from(hour, Behaviour::of(Kind::ConnectFail));
/// let mut proxy = example::builder()?.cluster("up", cluster).start()?;
/// assert_eq!(proxy.send(Request::get("/")).unwrap().status(), Some(200));
/// proxy.advance(hour);
/// assert_eq!(proxy.send(Request::get("/")).unwrap().status(), Some(503));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    phases: Vec<(Duration, Behaviour)>,
}

impl Cluster {
    /// Behaves like that from the start.
    pub fn new(behaviour: Behaviour) -> Self {
        Self { phases: vec![(Duration::ZERO, behaviour)] }
    }

    /// Behaves like that from a moment on.
    pub fn from(mut self, since: Duration, behaviour: Behaviour) -> Self {
        let place = self.phases.partition_point(|(known, _)| *known <= since);
        self.phases.insert(place, (since, behaviour));
        self
    }

    /// How it behaves at a moment, counted from the start.
    pub(crate) fn at(&self, elapsed: Duration) -> Option<&Behaviour> {
        let place = self.phases.partition_point(|(since, _)| *since <= elapsed);
        self.phases.get(place.checked_sub(1)?).map(|(_, behaviour)| behaviour)
    }
}
