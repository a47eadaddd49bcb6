//! A route table, in the little that releases need of it.

use crate::http::HeaderMap;
use bytes::Bytes;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

/// Envoy's default for how long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(15);

type Test = Rc<dyn Fn(Option<&[u8]>) -> bool>;

/// Which requests a route is for. All conditions must hold.
#[derive(Clone, Default)]
struct Match {
    conditions: Vec<(Bytes, Test)>,
}

impl fmt::Debug for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.conditions.iter().map(|(name, _)| name)).finish()
    }
}

impl Match {
    fn holds(&self, headers: &HeaderMap) -> bool {
        self.conditions.iter().all(|(name, test)| test(headers.get(name).map(AsRef::as_ref)))
    }
}

/// An answer of the route's own.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let teapot = Direct::status(418).header("x-pot", "tea").body("short and stout");
/// let proxy = Proxy::builder().route(Route::answers(teapot)).start();
/// assert_eq!(proxy.unwrap().send(Request::get("/")).unwrap().status(), Some(418));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Direct {
    /// The HTTP status.
    pub status: u16,
    /// The headers besides those of the body.
    pub headers: Vec<(Bytes, Bytes)>,
    /// The body; may be empty.
    pub body: Bytes,
}

impl Direct {
    /// Answers with a status and no body.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
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
}

/// When a request is tried again.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let twice = Retry::times(2).on_5xx();
/// let mut proxy = Proxy::builder()
///     .route(Route::to("up").retry(twice))
///     .cluster("up", Cluster::new(Behaviour::status(503)))
///     .start()
///     .unwrap();
/// assert_eq!(proxy.send(Request::get("/")).unwrap().attempts, 3);
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Retry {
    /// After an answer of 500 to 599, and after no answer.
    pub on_5xx: bool,
    /// After an answer of 502, 503 or 504.
    pub on_gateway_error: bool,
    /// After a connection was refused.
    pub on_connect_failure: bool,
    /// After a connection was closed before an answer.
    pub on_reset: bool,
    /// After an answer of 409.
    pub on_retriable_4xx: bool,
    /// How often a request is tried again at most.
    pub attempts: u32,
    /// The time that each try may take; without it, what is left of the route's timeout.
    pub per_try_timeout: Option<Duration>,
}

impl Retry {
    /// Tries so often again, once it is said after what.
    pub fn times(attempts: u32) -> Self {
        Self { attempts, ..Self::default() }
    }

    /// Tries again after an answer of 500 to 599, and after no answer.
    pub fn on_5xx(mut self) -> Self {
        self.on_5xx = true;
        self
    }

    /// Tries again after an answer of 502, 503 or 504.
    ///
    /// ```
    /// use serinus_host::upstream::Retry;
    ///
    /// let envoys_habit = Retry::times(1).on_gateway_error().on_connect_failure().on_reset();
    /// assert!(envoys_habit.on_reset && !envoys_habit.on_5xx);
    /// ```
    pub fn on_gateway_error(mut self) -> Self {
        self.on_gateway_error = true;
        self
    }

    /// Tries again after a connection was refused.
    pub fn on_connect_failure(mut self) -> Self {
        self.on_connect_failure = true;
        self
    }

    /// Tries again after a connection was closed before an answer.
    pub fn on_reset(mut self) -> Self {
        self.on_reset = true;
        self
    }

    /// Tries again after an answer of 409.
    ///
    /// ```
    /// use serinus_host::upstream::Retry;
    /// use std::time::Duration;
    ///
    /// let patient = Retry::times(3).on_retriable_4xx().per_try_timeout(Duration::from_secs(1));
    /// ```
    pub fn on_retriable_4xx(mut self) -> Self {
        self.on_retriable_4xx = true;
        self
    }

    /// Lets each try take no longer than this.
    pub fn per_try_timeout(mut self, timeout: Duration) -> Self {
        self.per_try_timeout = Some(timeout);
        self
    }
}

/// What a route does.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// let route = Route::redirects("/elsewhere");
/// assert!(matches!(route.action, RouteAction::Redirect(path) if &*path == "/elsewhere"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RouteAction {
    /// The request goes to this cluster.
    Cluster(Rc<str>),
    /// The proxy answers the request itself.
    Direct(Direct),
    /// The proxy answers with 301 and this path on the same host.
    Redirect(Rc<str>),
}

/// A route.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// use std::time::Duration;
///
/// let mut proxy = example::builder()?
///     .route(Route::to("canary").header("x-cohort", "canary").named("new"))
///     .route(Route::to("files").prefix("/static/").timeout(Duration::from_secs(60)))
///     .route(Route::to("mobile").when("user-agent", |agent| agent.starts_with(b"Mobile")))
///     .route(Route::to("guests").without("cookie"))
///     .route(Route::redirects("/"))
///     .start();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Route {
    /// The route's name, as properties and exchanges show it; may be empty.
    pub name: Rc<str>,
    /// What the route does with a request that fits.
    pub action: RouteAction,
    /// The time that an answer may take; zero is for ever.
    pub timeout: Duration,
    /// The time that nothing may move on a stream; without it Envoy's default, five minutes.
    pub idle_timeout: Option<Duration>,
    /// After what a request is tried again; without it never.
    pub retry: Option<Retry>,
    matches: Match,
}

impl Route {
    /// Sends every request to a cluster.
    pub fn to(cluster: &str) -> Self {
        Self::with(RouteAction::Cluster(Rc::from(cluster)))
    }

    /// Sends every request elsewhere: to another path of the same host.
    pub fn redirects(path: &str) -> Self {
        Self::with(RouteAction::Redirect(Rc::from(path)))
    }

    /// Answers every request in the place of a cluster.
    pub fn answers(direct: Direct) -> Self {
        Self::with(RouteAction::Direct(direct))
    }

    fn with(action: RouteAction) -> Self {
        Self {
            name: Rc::from(""),
            action,
            timeout: TIMEOUT,
            idle_timeout: None,
            retry: None,
            matches: Match::default(),
        }
    }

    /// Gives the route a name.
    pub fn named(mut self, name: &str) -> Self {
        self.name = Rc::from(name);
        self
    }

    /// Restricts the route to requests in which a header has that value.
    pub fn header(self, name: &str, value: &str) -> Self {
        let value = value.as_bytes().to_vec();
        self.when(name, move |seen| seen == value)
    }

    /// Restricts the route to paths that begin so.
    pub fn prefix(self, prefix: &str) -> Self {
        let prefix = prefix.as_bytes().to_vec();
        self.when(":path", move |path| path.starts_with(&prefix))
    }

    /// Restricts the route to requests in which a header is there and passes a test.
    pub fn when(self, name: &str, test: impl Fn(&[u8]) -> bool + 'static) -> Self {
        self.tested(name, move |value| value.is_some_and(&test))
    }

    /// Restricts the route to requests that lack a header.
    pub fn without(self, name: &str) -> Self {
        self.tested(name, |value| value.is_none())
    }

    fn tested(mut self, name: &str, test: impl Fn(Option<&[u8]>) -> bool + 'static) -> Self {
        let name = Bytes::from(name.to_ascii_lowercase().into_bytes());
        self.matches.conditions.push((name, Rc::new(test)));
        self
    }

    /// Lets an answer take so long; zero is for ever.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Ends a stream on which nothing moves for so long.
    ///
    /// ```
    /// use serinus_host::upstream::Route;
    /// use std::time::Duration;
    ///
    /// let route = Route::to("up").idle_timeout(Duration::from_secs(3600));
    /// ```
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = Some(timeout);
        self
    }

    /// Tries a request again.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Whether it is for a request with those headers.
    pub(crate) fn matches(&self, headers: &HeaderMap) -> bool {
        self.matches.holds(headers)
    }
}
