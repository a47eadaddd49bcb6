//! The route table.

use super::http::{Body, Headers, status};
use super::matcher::Matcher;
use super::read::declare::{checked, choice, shape};
use super::read::decode::{Mistakes, Node};
use std::collections::BTreeMap;
use std::time::Duration;

/// A route; the first that matches is taken.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteSpec {
    /// Its name.
    pub name: Option<String>,
    /// Which requests it is for.
    pub matches: RouteMatch,
    /// Where they go.
    pub target: RouteTarget,
    /// How long an answer may take, all attempts together; zero: for ever.
    pub timeout: Duration,
    /// How long nothing may move; zero: for ever.
    pub idle_timeout: Option<Duration>,
    /// When it is tried again.
    pub retry: Option<Retry>,
}

/// Where a route leads.
#[derive(Clone, Debug, PartialEq)]
pub enum RouteTarget {
    /// To this cluster.
    Cluster(String),
    /// To an answer of the proxy's own.
    Direct(Direct),
}

/// An answer that the route table gives itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Direct {
    /// The status.
    pub status: u16,
    /// The headers, in addition to what Envoy sets.
    pub headers: Headers,
    /// The body.
    pub body: Body,
}

shape! {
    /// Which requests a route is for; all that is said must hold.
    pub RouteMatch {
        /// The path without its query, exactly.
        path: Option<String>,
        /// How the path begins.
        prefix: Option<String>,
        /// The host, exactly.
        host: Option<String>,
        /// Request headers; `:method` and `:path` are among them.
        headers: BTreeMap<String, Matcher>,
    }
}

impl RouteMatch {
    /// Everything.
    pub fn any() -> Self {
        Self { path: None, prefix: None, host: None, headers: BTreeMap::new() }
    }
}

choice! {
    /// Envoy's `retry_on`: after what a request is tried again.
    pub RetryOn {
        /// Any status of 500 and above, or no answer at all.
        FiveXx = "5xx",
        /// 502, 503 or 504.
        GatewayError = "gateway-error",
        /// No answer at all.
        Reset = "reset",
        /// No connection.
        ConnectFailure = "connect-failure",
        /// The upstream refused the stream.
        RefusedStream = "refused-stream",
        /// 409.
        Retriable4xx = "retriable-4xx",
    }
}

shape! {
    /// When a request is tried again.
    pub Retry {
        /// After what.
        on: Vec<RetryOn> = vec![RetryOn::FiveXx],
        /// How many more times at most; 1 by default.
        attempts: u32 = 1,
        /// How long one attempt may take.
        per_try_timeout: Option<Duration>,
    }
}

shape! {
    /// An answer that the route table gives itself.
    RawDirect {
        /// The status; 200 by default.
        status: u32 = 200,
        /// The headers.
        headers: Headers,
        /// The body.
        body: Option<Body>,
    }
}

impl RawDirect {
    fn check(self, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Direct> {
        let status = status(self.status, "status", node, mistakes)?;
        let body = self.body.unwrap_or(Body::Bytes(Vec::new()));
        Some(Direct { status, headers: self.headers, body })
    }
}

checked!(Direct, RawDirect);

shape! {
    /// A route; the first that matches is taken. Where none matches, the answer is 404.
    RawRoute {
        /// Its name.
        name: Option<String>,
        /// Which requests it is for; by default all.
        matches("match"): RouteMatch = RouteMatch::any(),
        /// The cluster to which they go.
        cluster: Option<String>,
        /// An answer in place of a cluster.
        direct: Option<Direct>,
        /// How long an answer may take, all attempts together; 15s by default, 0s for ever.
        timeout: Duration = Duration::from_secs(15),
        /// How long nothing may move; by default as long as Envoy allows, 5m.
        idle_timeout: Option<Duration>,
        /// When it is tried again.
        retry: Option<Retry>,
    }
}

impl RawRoute {
    fn check(self, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<RouteSpec> {
        let target = match (self.cluster, self.direct) {
            (Some(cluster), None) => RouteTarget::Cluster(cluster),
            (None, Some(direct)) => RouteTarget::Direct(direct),
            _ => return node.fail(mistakes, "leads to exactly one of `cluster` and `direct`"),
        };
        let Self { name, matches, timeout, idle_timeout, retry, .. } = self;
        Some(RouteSpec { name, matches, target, timeout, idle_timeout, retry })
    }
}

checked!(RouteSpec, RawRoute);

impl RouteSpec {
    /// Everything to this cluster.
    pub fn to(cluster: &str) -> Self {
        Self {
            name: None,
            matches: RouteMatch::any(),
            target: RouteTarget::Cluster(cluster.to_owned()),
            timeout: Duration::from_secs(15),
            idle_timeout: None,
            retry: None,
        }
    }
}
