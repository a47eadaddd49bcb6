//! The end of the chain: which route, which cluster, how often, how long.

use super::active::ActiveStream;
use super::events::{Event, Step};
use super::reply::envoys;
use super::simulation::Simulation;
use crate::http::{Flags, HeaderMap};
use crate::state::LocalReply;
use crate::upstream::{Direct, Kind, Retry, Route, RouteAction};
use bytes::Bytes;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

/// Before a request is tried again, at most this, doubled each time.
const RETRY_BASE_MS: u64 = 25;
/// How long a refused or broken connection takes to show.
pub(super) const SETBACK: Duration = Duration::from_millis(1);

/// Why an attempt came to nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Setback {
    ConfigureError,
    Reset,
    TryTimeout,
}

impl Simulation {
    /// Looks the route up, first when the request comes, and again when its headers have changed.
    pub(super) fn resolve_route(&self, active: &ActiveStream) {
        let headers = active.stream.request.headers.borrow();
        let headers = headers.as_ref().filter(|headers| has_route(headers));
        let route = headers.and_then(|headers| self.upstreams.route(headers));
        let mut info = active.stream.info.borrow_mut();
        info.route = route.as_ref().map(|route| Rc::clone(&route.name));
        info.cluster = match route.as_ref().map(|route| &route.action) {
            Some(RouteAction::Cluster(cluster)) => Some(Rc::clone(cluster)),
            Some(RouteAction::Direct(_) | RouteAction::Redirect(_)) | None => None,
        };
        active.routing.borrow_mut().route = route;
        active.stream.stale_route.set(false);
    }

    /// The request's headers have passed every filter.
    pub(super) fn router_headers(&self, active: &Rc<ActiveStream>, end: bool) {
        if active.stream.stale_route.get() {
            self.resolve_route(active);
        }
        let route = active.routing.borrow().route.clone();
        let Some(route) = route else {
            active.stream.info.borrow_mut().flags |= Flags::NO_ROUTE;
            return self.local_reply(active, envoys(404, "", "route_not_found"));
        };
        match &route.action {
            RouteAction::Direct(direct) => self.local_reply(active, direct_reply(direct)),
            RouteAction::Redirect(path) => self.local_reply(active, redirection(active, path)),
            RouteAction::Cluster(cluster) if !self.upstreams.has(cluster) => {
                active.stream.info.borrow_mut().flags |= Flags::NO_CLUSTER;
                self.local_reply(active, envoys(503, "", "cluster_not_found"));
            }
            RouteAction::Cluster(_) => {
                self.ask_upstream(active, &route, end);
            }
        }
    }

    /// A piece of the request's body has passed every filter.
    pub(super) fn router_data(&self, active: &Rc<ActiveStream>, bytes: Vec<u8>, end: bool) {
        {
            let sent = &mut active.routing.borrow_mut().sent;
            if active.request.keep {
                sent.body.extend_from_slice(&bytes);
            }
            sent.complete |= end;
        }
        if end {
            self.request_sent(active);
        }
    }

    /// The request's trailers have passed every filter.
    pub(super) fn router_trailers(&self, active: &Rc<ActiveStream>) {
        {
            let sent = &mut active.routing.borrow_mut().sent;
            sent.trailers = active.stream.request.trailers.borrow().clone().unwrap_or_default();
            sent.complete = true;
        }
        self.request_sent(active);
    }

    /// An attempt begins.
    fn ask_upstream(&self, active: &Rc<ActiveStream>, route: &Route, end: bool) {
        let RouteAction::Cluster(cluster) = &route.action else { return };
        self.announce_timeout(active, route);
        let drawn = self.draw(cluster);
        let attempt = {
            let mut info = active.stream.info.borrow_mut();
            info.attempts += 1;
            info.asked_at = self.now();
            info.upstream = Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 20_000));
            let routing = &mut *active.routing.borrow_mut();
            routing.attempt = info.attempts;
            if info.attempts == 1 {
                routing.sent.complete = end;
            } else if active.request.keep && !routing.sent.unreached {
                routing.earlier.push(routing.sent.clone());
            }
            routing.sent.at = self.now();
            routing.sent.unreached = true;
            if active.request.keep {
                let headers = active.stream.request.headers.borrow();
                routing.sent.headers = headers.clone().unwrap_or_default();
            }
            info.attempts
        };
        let Some((latency, kind)) = drawn else {
            return self.no_host(active);
        };
        let unreached = kind == Kind::ConnectFail;
        let step = match kind {
            Kind::ConnectFail => {
                self.upstream_later(active, attempt, SETBACK, Step::Refuse);
                None
            }
            // The draw has no cluster without a host.
            Kind::NoHost | Kind::Hang => None,
            Kind::Reset => {
                self.upstream_later(active, attempt, latency, Step::Reset);
                None
            }
            Kind::Answer(answer) => {
                active.routing.borrow_mut().answer = Some(answer);
                Some(Step::Headers)
            }
            Kind::ResetAfterHeaders(answer) => {
                let mut routing = active.routing.borrow_mut();
                (routing.answer, routing.reset_after_headers) = (Some(answer), true);
                Some(Step::Headers)
            }
        };
        {
            let mut routing = active.routing.borrow_mut();
            routing.sent.unreached = unreached;
            routing.next = step.map(|step| (latency, step));
        }
        if active.routing.borrow().sent.complete {
            self.request_sent(active);
        }
    }

    /// Tells the upstream how long its answer is waited for.
    fn announce_timeout(&self, active: &ActiveStream, route: &Route) {
        let spent = active.routing.borrow().timed_from.map_or(0, |from| self.now() - from);
        let left = route.timeout.saturating_sub(Duration::from_nanos(spent));
        let each = route.retry.as_ref().and_then(|retry| retry.per_try_timeout);
        let wait = each.unwrap_or(left);
        if let Some(headers) = active.stream.request.headers.borrow_mut().as_mut()
            && !wait.is_zero()
        {
            headers.set("x-envoy-expected-rq-timeout-ms", wait.as_millis().to_string());
        }
    }

    /// All of the request is with the upstream: it answers in its time, and the timers run.
    fn request_sent(&self, active: &Rc<ActiveStream>) {
        let (attempt, next, route) = {
            let mut routing = active.routing.borrow_mut();
            (routing.attempt, routing.next.take(), routing.route.clone())
        };
        if let Some((latency, step)) = next {
            self.upstream_later(active, attempt, latency, step);
        }
        active.touched.set(self.now());
        let Some(route) = route else { return };
        let timer = |attempt| Event::Timeout { stream: active.stream.id, attempt };
        let first = active.routing.borrow_mut().timed_from.replace(self.now()).is_none();
        if first && !route.timeout.is_zero() {
            self.after(route.timeout, timer(None));
        }
        if let Some(each) = route.retry.as_ref().and_then(|retry| retry.per_try_timeout) {
            self.after(each, timer(Some(attempt)));
        }
    }

    pub(super) fn upstream_later(
        &self,
        active: &Rc<ActiveStream>,
        attempt: u32,
        delay: Duration,
        step: Step,
    ) {
        self.after(delay, Event::Upstream { stream: Rc::clone(active), attempt, step });
    }

    /// Whatever an upstream still does is void.
    pub(super) fn give_up_upstream(&self, active: &ActiveStream) {
        let mut routing = active.routing.borrow_mut();
        routing.attempt = 0;
        // A connection takes longer than nothing.
        routing.sent.unreached |= routing.sent.at == self.now();
    }

    fn no_host(&self, active: &Rc<ActiveStream>) {
        {
            let mut info = active.stream.info.borrow_mut();
            info.flags |= Flags::NO_HEALTHY_UPSTREAM;
            info.upstream = None;
        }
        self.local_reply(active, envoys(503, "no healthy upstream", "no_healthy_upstream"));
    }

    /// The upstream does the next thing.
    pub(super) fn upstream(&self, active: &Rc<ActiveStream>, attempt: u32, step: Step) {
        if active.over.get() || active.routing.borrow().attempt != attempt {
            return;
        }
        match step {
            Step::Refuse => self.setback(active, Setback::ConfigureError),
            Step::Reset if active.routing.borrow().responding => {
                self.broken_off(active);
            }
            Step::Reset => self.setback(active, Setback::Reset),
            Step::Headers => self.answer(active, attempt),
            Step::Piece(piece) => self.answer_body(active, attempt, piece),
        }
    }

    /// The upstream breaks its answer off. HTTP/1.1 has no word for that: there it breaks the protocol.
    fn broken_off(&self, active: &Rc<ActiveStream>) {
        let http2 = active.routing.borrow().answer.as_ref().is_some_and(|answer| answer.http2);
        let (flag, why) = if http2 {
            (Flags::UPSTREAM_RESET, "remote_reset")
        } else {
            (Flags::UPSTREAM_PROTOCOL, "protocol_error")
        };
        {
            let mut info = active.stream.info.borrow_mut();
            info.flags |= flag;
            info.details = Some(format!("upstream_reset_after_response_started{{{why}}}"));
        }
        self.cut_off(active);
    }

    fn setback(&self, active: &Rc<ActiveStream>, setback: Setback) {
        if self.try_again(active, |retry| match setback {
            Setback::ConfigureError => retry.on_connect_failure || retry.on_5xx,
            Setback::Reset => retry.on_reset || retry.on_5xx,
            Setback::TryTimeout => retry.on_5xx || retry.on_gateway_error,
        }) {
            return;
        }
        let (status, flag, reason, details) = match setback {
            Setback::ConfigureError => (
                503,
                Flags::UPSTREAM_CONNECT,
                "remote connection failure",
                "remote_connection_failure|delayed_connect_error:_Connection_refused",
            ),
            Setback::Reset => {
                (503, Flags::UPSTREAM_CLOSED, "connection termination", "connection_termination")
            }
            Setback::TryTimeout => (504, Flags::UPSTREAM_TIMEOUT, "", ""),
        };
        active.stream.info.borrow_mut().flags |= flag;
        if setback == Setback::ConfigureError {
            let why = "delayed connect error: Connection refused".to_owned();
            active.stream.info.borrow_mut().transport_failure = Some(why);
        }
        if setback == Setback::TryTimeout {
            let reply = envoys(status, "upstream request timeout", "upstream_per_try_timeout");
            return self.local_reply(active, reply);
        }
        let again = active.routing.borrow().retries > 0;
        let again = if again { "retried and the latest reset reason" } else { "reset reason" };
        let body =
            format!("upstream connect error or disconnect/reset before headers. {again}: {reason}");
        let details = format!("upstream_reset_before_response_started{{{details}}}");
        self.local_reply(active, envoys(status, &body, &details));
    }

    /// Tries again, if the route wants it and allows another time.
    pub(super) fn try_again(
        &self,
        active: &Rc<ActiveStream>,
        wanted: impl Fn(&Retry) -> bool,
    ) -> bool {
        let retry = active.routing.borrow().route.as_ref().and_then(|route| route.retry.clone());
        let Some(retry) = retry.filter(wanted) else {
            return false;
        };
        let done = active.routing.borrow().retries;
        if done >= retry.attempts {
            active.stream.info.borrow_mut().flags |= Flags::RETRIES_EXHAUSTED;
            return false;
        }
        let attempt = {
            let mut routing = active.routing.borrow_mut();
            routing.retries += 1;
            // What the last attempt still does is void from now on.
            routing.attempt = u32::MAX;
            routing.retries
        };
        let most = RETRY_BASE_MS * ((1 << attempt.min(10)) - 1);
        let wait = Duration::from_millis(self.random.borrow_mut().u64(0..most.clamp(1, 250)));
        self.after(wait, Event::Retry { stream: Rc::clone(active), attempt });
        true
    }

    /// The next attempt.
    pub(super) fn ask_again(&self, active: &Rc<ActiveStream>, attempt: u32) {
        let current = active.routing.borrow().retries == attempt
            && active.routing.borrow().attempt == u32::MAX;
        if active.over.get() || !current {
            return;
        }
        let route = active.routing.borrow().route.clone();
        if let Some(route) = route {
            self.ask_upstream(active, &route, active.stream.request.arrived.get());
        }
    }

    /// A timer of the route's ran out: of one attempt, or of all.
    pub(super) fn timed_out(&self, stream: u64, attempt: Option<u32>) {
        let Some(active) = &self.streams.get(stream) else { return };
        let (current, responding) = {
            let routing = active.routing.borrow();
            (routing.attempt, routing.responding)
        };
        match attempt {
            _ if active.over.get() || current == 0 => {}
            Some(attempt) if attempt == current && !responding => {
                self.setback(active, Setback::TryTimeout);
            }
            Some(_) => {}
            None => {
                active.stream.info.borrow_mut().flags |= Flags::UPSTREAM_TIMEOUT;
                if responding {
                    active.stream.info.borrow_mut().details = Some("response_timeout".into());
                    return self.cut_off(active);
                }
                self.local_reply(
                    active,
                    envoys(504, "upstream request timeout", "response_timeout"),
                );
            }
        }
    }
}

/// Envoy does not look for a route without both of them.
fn has_route(headers: &HeaderMap) -> bool {
    headers.get(b":path").is_some() && headers.get(b":scheme").is_some()
}

fn direct_reply(direct: &Direct) -> LocalReply {
    LocalReply {
        body: direct.body.clone(),
        headers: direct.headers.clone(),
        ..envoys(direct.status.into(), "", "direct_response")
    }
}

fn redirection(active: &ActiveStream, path: &str) -> LocalReply {
    let headers = active.stream.request.headers.borrow();
    let header = |name| headers.as_ref().and_then(|headers| headers.text(name)).unwrap_or_default();
    let location = format!("{}://{}{path}", header(":scheme"), header(":authority"));
    LocalReply {
        headers: vec![(Bytes::from_static(b"location"), location.into())],
        ..envoys(301, "", "direct_response")
    }
}
