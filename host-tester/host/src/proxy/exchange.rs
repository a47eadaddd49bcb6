//! What became of a request.

use crate::http::{Flags, HeaderMap};
use std::net::SocketAddr;
use std::rc::Rc;

/// What an upstream received.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let exchange = example::builder()?.start()?.send(Request::post("/", "a body")).unwrap();
/// let sent: Sent = exchange.sent.unwrap();
/// assert!(sent.complete && !sent.unreached);
/// assert_eq!((sent.headers.text("x-cohort"), &sent.body[..]), (Some("canary"), &b"a body"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// When it was sent, nanoseconds since 1970.
    pub at: u64,
    /// Whether nobody received it: there was no upstream, or none that took the connection in time.
    pub unreached: bool,
    /// The request's headers, as the filters and the router left them.
    pub headers: HeaderMap,
    /// The request's body.
    pub body: Vec<u8>,
    /// The trailers; none if the map is empty.
    pub trailers: HeaderMap,
    /// Whether all of the request came.
    pub complete: bool,
}

/// What a client received.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let exchange = example::builder()?.start()?.send(Request::get("/")).unwrap();
/// let received: Received = exchange.response.unwrap();
/// assert_eq!((received.status, &received.body[..], received.complete), (200, &b"hello"[..], true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// The HTTP status.
    pub status: u16,
    /// The response's headers, as the filters left them.
    pub headers: HeaderMap,
    /// The response's body, or what came of it.
    pub body: Vec<u8>,
    /// The trailers; none if the map is empty.
    pub trailers: HeaderMap,
    /// Whether all of the response came.
    pub complete: bool,
}

/// A request that is over.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let mut proxy = example::builder()?.start()?;
/// let exchange = proxy.send(Request::get("/")).unwrap();
/// assert_eq!(exchange.asked(), Some("up"));
/// assert_eq!(exchange.status(), Some(200));
/// assert_eq!(exchange.details.as_deref(), Some("via_upstream"));
/// assert_eq!(exchange.ended - exchange.began, 1_000_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exchange {
    /// The stream's number, from 1.
    pub id: u64,
    /// What [`super::Request::tag`] said.
    pub tag: u64,
    /// Which worker had it, from 1.
    pub worker: u32,
    /// When it began, nanoseconds since 1970.
    pub began: u64,
    /// When it was over, nanoseconds since 1970.
    pub ended: u64,
    /// The route's name, if one matched.
    pub route: Option<Rc<str>>,
    /// The cluster of the route, whether or not it was asked.
    pub cluster: Option<Rc<str>>,
    /// How often an upstream was asked: once, and once more for each retry.
    pub attempts: u32,
    /// The request's headers, as they were in the end.
    pub request: HeaderMap,
    /// What the upstream received, the last time it was asked.
    pub sent: Option<Sent>,
    /// What upstreams received the times before.
    pub earlier: Vec<Sent>,
    /// The upstream's address, if one was asked.
    pub upstream: Option<SocketAddr>,
    /// The status in the access log: of a response that was begun, even if the client got none.
    pub code: Option<u16>,
    /// What the client received; `None` if there was nothing before it was over.
    pub response: Option<Received>,
    /// Envoy's response flags, as the access log prints them.
    pub flags: Flags,
    /// Envoy's response code details, such as `via_upstream`.
    pub details: Option<String>,
}

impl Exchange {
    /// The status that the client got.
    pub fn status(&self) -> Option<u16> {
        self.response.as_ref().map(|response| response.status)
    }

    /// The cluster that was asked; `None` if none was.
    pub fn asked(&self) -> Option<&str> {
        self.cluster.as_deref().filter(|_| self.attempts > 0)
    }
}

/// A callout that a filter made.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let allowed = Cluster::new(Behaviour::status(200));
/// let mut proxy = example::builder()?.cluster("authz", allowed).start()?;
/// proxy.send(Request::get("/").header("x-ask", "please")).unwrap();
/// let callouts: Vec<CalloutSeen> = proxy.callouts();
/// assert_eq!((callouts.len(), callouts[0].cluster.as_str()), (1, "authz"));
/// assert_eq!(callouts[0].sent.headers.text(":path"), Some("/"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CalloutSeen {
    /// When it was sent, nanoseconds since 1970.
    pub at: u64,
    /// The worker whose filter made the callout; 0 is the main thread.
    pub worker: u32,
    /// The cluster that the filter asked.
    pub cluster: String,
    /// The request that the filter sent.
    pub sent: Sent,
}
