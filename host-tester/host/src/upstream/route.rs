//! A route table, in the little that releases need of it.

use crate::http::HeaderMap;
use bytes::Bytes;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

/// Envoy's default.
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
/// # serinus_host::example!();
/// let teapot = Direct { status: 418, headers: vec![], body: "short and stout".into() };
/// let proxy = Proxy::builder().route(Route::answers(teapot)).start();
/// assert_eq!(proxy.unwrap().send(Request::get("/")).unwrap().status(), Some(418));
/// ```
#[derive(Clone, Debug)]
pub struct Direct {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(Bytes, Bytes)>,
    /// Body.
    pub body: Bytes,
}

/// When a request is tried again.
///
/// ```
/// # serinus_host::example!();
/// let twice = Retry { on_5xx: true, attempts: 2, ..Retry::default() };
/// let mut proxy = Proxy::builder()
///     .route(Route::to("up").retry(twice))
///     .cluster("up", Cluster::new(Behaviour::status(503)))
///     .start()
///     .unwrap();
/// assert_eq!(proxy.send(Request::get("/")).unwrap().attempts, 3);
/// ```
#[derive(Clone, Debug, Default)]
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
    /// How often again.
    pub attempts: u32,
    /// How long each try may take.
    pub per_try_timeout: Option<Duration>,
}

/// What a route does.
///
/// ```
/// # serinus_host::example!();
/// let route = Route::redirects("/elsewhere");
/// assert!(matches!(route.action, RouteAction::Redirect(path) if &*path == "/elsewhere"));
/// ```
#[derive(Clone, Debug)]
pub enum RouteAction {
    /// Asks a cluster.
    Cluster(Rc<str>),
    /// Answers.
    Direct(Direct),
    /// Answers with 301 and this path on the same host.
    Redirect(Rc<str>),
}

/// A route.
///
/// ```
/// # serinus_host::example!();
/// use std::time::Duration;
///
/// let mut proxy = builder()
///     .route(Route::to("canary").header("x-cohort", "canary").named("new"))
///     .route(Route::to("files").prefix("/static/").timeout(Duration::from_secs(60)))
///     .route(Route::to("mobile").when("user-agent", |agent| agent.starts_with(b"Mobile")))
///     .route(Route::to("guests").without("cookie"))
///     .route(Route::redirects("/"))
///     .start();
/// ```
#[derive(Clone, Debug)]
pub struct Route {
    /// Its name; may be empty.
    pub name: Rc<str>,
    /// What it does.
    pub action: RouteAction,
    /// How long an answer may take; zero is for ever.
    pub timeout: Duration,
    /// How long nothing may move on a stream; Envoy's default is five minutes.
    pub idle_timeout: Option<Duration>,
    /// When it is tried again.
    pub retry: Option<Retry>,
    matches: Match,
}

impl Route {
    /// Every request to a cluster.
    pub fn to(cluster: &str) -> Self {
        Self::with(RouteAction::Cluster(Rc::from(cluster)))
    }

    /// Every request sent elsewhere: to another path of the same host.
    pub fn redirects(path: &str) -> Self {
        Self::with(RouteAction::Redirect(Rc::from(path)))
    }

    /// Every request answered.
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

    /// Named so.
    pub fn named(mut self, name: &str) -> Self {
        self.name = Rc::from(name);
        self
    }

    /// Only if a header has that value.
    pub fn header(self, name: &str, value: &str) -> Self {
        let value = value.as_bytes().to_vec();
        self.when(name, move |seen| seen == value)
    }

    /// Only under a path prefix.
    pub fn prefix(self, prefix: &str) -> Self {
        let prefix = prefix.as_bytes().to_vec();
        self.when(":path", move |path| path.starts_with(&prefix))
    }

    /// Only if a header is there and passes a test.
    pub fn when(self, name: &str, test: impl Fn(&[u8]) -> bool + 'static) -> Self {
        self.tested(name, move |value| value.is_some_and(&test))
    }

    /// Only if a header is not there.
    pub fn without(self, name: &str) -> Self {
        self.tested(name, |value| value.is_none())
    }

    fn tested(mut self, name: &str, test: impl Fn(Option<&[u8]>) -> bool + 'static) -> Self {
        let name = Bytes::from(name.to_ascii_lowercase().into_bytes());
        self.matches.conditions.push((name, Rc::new(test)));
        self
    }

    /// With another timeout.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Tried again.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Whether it is for a request with those headers.
    pub(crate) fn matches(&self, headers: &HeaderMap) -> bool {
        self.matches.holds(headers)
    }
}
