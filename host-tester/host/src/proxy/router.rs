//! The end of the chain: which route, which cluster, how often, how long.

use super::events::{Event, Step};
use super::live::Live;
use super::reply::envoys;
use super::world::World;
use crate::http::{Flags, HeaderMap};
use crate::upstream::{Direct, Kind, Retry, Route, RouteAction};
use crate::vm::LocalReply;
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
    Refused,
    Reset,
    TryTimeout,
}

impl World {
    /// Looks the route up, first when the request comes, and again when its headers have changed.
    pub(super) fn resolve_route(&self, live: &Live) {
        let headers = live.stream.request.headers.borrow();
        let routes = self.routes.borrow();
        let headers = headers.as_ref().filter(|headers| has_route(headers));
        let fits = |route: &&Rc<Route>| headers.is_some_and(|headers| route.matches(headers));
        let route = routes.iter().find(fits).cloned();
        let mut info = live.stream.info.borrow_mut();
        info.route = route.as_ref().map(|route| Rc::clone(&route.name));
        info.cluster = match route.as_ref().map(|route| &route.action) {
            Some(RouteAction::Cluster(cluster)) => Some(Rc::clone(cluster)),
            Some(RouteAction::Direct(_) | RouteAction::Redirect(_)) | None => None,
        };
        live.routing.borrow_mut().route = route;
        live.stream.stale_route.set(false);
    }

    /// The request's headers have passed every filter.
    pub(super) fn router_headers(&self, live: &Rc<Live>, end: bool) {
        if live.stream.stale_route.get() {
            self.resolve_route(live);
        }
        let route = live.routing.borrow().route.clone();
        let Some(route) = route else {
            live.stream.info.borrow_mut().flags |= Flags::NO_ROUTE;
            return self.local_reply(live, envoys(404, "", "route_not_found"));
        };
        match &route.action {
            RouteAction::Direct(direct) => self.local_reply(live, direct_reply(direct)),
            RouteAction::Redirect(path) => self.local_reply(live, redirection(live, path)),
            RouteAction::Cluster(cluster) if !self.clusters.borrow().contains_key(cluster) => {
                live.stream.info.borrow_mut().flags |= Flags::NO_CLUSTER;
                self.local_reply(live, envoys(503, "", "cluster_not_found"));
            }
            RouteAction::Cluster(_) => {
                self.ask_upstream(live, &route, end);
            }
        }
    }

    /// A piece of the request's body has passed every filter.
    pub(super) fn router_data(&self, live: &Rc<Live>, bytes: Vec<u8>, end: bool) {
        {
            let sent = &mut live.routing.borrow_mut().sent;
            if live.request.keep {
                sent.body.extend_from_slice(&bytes);
            }
            sent.complete |= end;
        }
        if end {
            self.request_sent(live);
        }
    }

    /// The request's trailers have passed every filter.
    pub(super) fn router_trailers(&self, live: &Rc<Live>) {
        {
            let sent = &mut live.routing.borrow_mut().sent;
            sent.trailers = live.stream.request.trailers.borrow().clone().unwrap_or_default();
            sent.complete = true;
        }
        self.request_sent(live);
    }

    /// An attempt begins.
    fn ask_upstream(&self, live: &Rc<Live>, route: &Route, end: bool) {
        let RouteAction::Cluster(cluster) = &route.action else { return };
        self.announce_timeout(live, route);
        let behaviour = {
            let clusters = self.clusters.borrow();
            let elapsed = self.elapsed();
            let behaviour = clusters.get(cluster).and_then(|cluster| cluster.at(elapsed));
            behaviour.map(|behaviour| behaviour.draw(&mut self.random.borrow_mut()).clone())
        };
        let attempt = {
            let mut info = live.stream.info.borrow_mut();
            info.attempts += 1;
            info.asked_at = self.now();
            info.upstream = Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 20_000));
            let routing = &mut *live.routing.borrow_mut();
            routing.attempt = info.attempts;
            if info.attempts == 1 {
                routing.sent.complete = end;
            } else if live.request.keep && !routing.sent.unreached {
                routing.earlier.push(routing.sent.clone());
            }
            routing.sent.at = self.now();
            routing.sent.unreached = true;
            if live.request.keep {
                let headers = live.stream.request.headers.borrow();
                routing.sent.headers = headers.clone().unwrap_or_default();
            }
            info.attempts
        };
        let Some(behaviour) = behaviour else {
            return self.no_host(live);
        };
        let mut random = self.random.borrow_mut();
        let latency = behaviour.latency.draw(&mut random);
        drop(random);
        let unreached = behaviour.kind == Kind::ConnectFail;
        let step = match behaviour.kind {
            Kind::NoHost => return self.no_host(live),
            Kind::ConnectFail => {
                self.upstream_later(live, attempt, SETBACK, Step::Refuse);
                None
            }
            Kind::Hang => None,
            Kind::Reset => {
                self.upstream_later(live, attempt, latency, Step::Reset);
                None
            }
            Kind::Answer(answer) => {
                live.routing.borrow_mut().answer = Some(answer);
                Some(Step::Headers)
            }
            Kind::ResetAfterHeaders(answer) => {
                let mut routing = live.routing.borrow_mut();
                (routing.answer, routing.reset_after_headers) = (Some(answer), true);
                Some(Step::Headers)
            }
        };
        {
            let mut routing = live.routing.borrow_mut();
            routing.sent.unreached = unreached;
            routing.next = step.map(|step| (latency, step));
        }
        if live.routing.borrow().sent.complete {
            self.request_sent(live);
        }
    }

    /// Tells the upstream how long its answer is waited for.
    fn announce_timeout(&self, live: &Live, route: &Route) {
        let spent = live.routing.borrow().timed_from.map_or(0, |from| self.now() - from);
        let left = route.timeout.saturating_sub(Duration::from_nanos(spent));
        let each = route.retry.as_ref().and_then(|retry| retry.per_try_timeout);
        let wait = each.unwrap_or(left);
        if let Some(headers) = live.stream.request.headers.borrow_mut().as_mut()
            && !wait.is_zero()
        {
            headers.set("x-envoy-expected-rq-timeout-ms", wait.as_millis().to_string());
        }
    }

    /// All of the request is with the upstream: it answers in its time, and the timers run.
    fn request_sent(&self, live: &Rc<Live>) {
        let (attempt, next, route) = {
            let mut routing = live.routing.borrow_mut();
            (routing.attempt, routing.next.take(), routing.route.clone())
        };
        if let Some((latency, step)) = next {
            self.upstream_later(live, attempt, latency, step);
        }
        live.touched.set(self.now());
        let Some(route) = route else { return };
        let timer = |attempt| Event::Timeout { stream: live.stream.id, attempt };
        let first = live.routing.borrow_mut().timed_from.replace(self.now()).is_none();
        if first && !route.timeout.is_zero() {
            self.after(route.timeout, timer(None));
        }
        if let Some(each) = route.retry.as_ref().and_then(|retry| retry.per_try_timeout) {
            self.after(each, timer(Some(attempt)));
        }
    }

    pub(super) fn upstream_later(
        &self,
        live: &Rc<Live>,
        attempt: u32,
        delay: Duration,
        step: Step,
    ) {
        self.after(delay, Event::Upstream { stream: Rc::clone(live), attempt, step });
    }

    /// Whatever an upstream still does is void.
    pub(super) fn give_up_upstream(&self, live: &Live) {
        let mut routing = live.routing.borrow_mut();
        routing.attempt = 0;
        // A connection takes longer than nothing.
        routing.sent.unreached |= routing.sent.at == self.now();
    }

    fn no_host(&self, live: &Rc<Live>) {
        {
            let mut info = live.stream.info.borrow_mut();
            info.flags |= Flags::NO_HEALTHY_UPSTREAM;
            info.upstream = None;
        }
        self.local_reply(live, envoys(503, "no healthy upstream", "no_healthy_upstream"));
    }

    /// The upstream does the next thing.
    pub(super) fn upstream(&self, live: &Rc<Live>, attempt: u32, step: Step) {
        if live.over.get() || live.routing.borrow().attempt != attempt {
            return;
        }
        match step {
            Step::Refuse => self.setback(live, Setback::Refused),
            Step::Reset if live.routing.borrow().responding => {
                self.broken_off(live);
            }
            Step::Reset => self.setback(live, Setback::Reset),
            Step::Headers => self.answer(live, attempt),
            Step::Piece(piece) => self.answer_body(live, attempt, piece),
        }
    }

    /// The upstream breaks its answer off. HTTP/1.1 has no word for that: there it breaks the protocol.
    fn broken_off(&self, live: &Rc<Live>) {
        let http2 = live.routing.borrow().answer.as_ref().is_some_and(|answer| answer.http2);
        let (flag, why) = if http2 {
            (Flags::UPSTREAM_RESET, "remote_reset")
        } else {
            (Flags::UPSTREAM_PROTOCOL, "protocol_error")
        };
        {
            let mut info = live.stream.info.borrow_mut();
            info.flags |= flag;
            info.details = Some(format!("upstream_reset_after_response_started{{{why}}}"));
        }
        self.cut_off(live);
    }

    fn setback(&self, live: &Rc<Live>, setback: Setback) {
        if self.try_again(live, |retry| match setback {
            Setback::Refused => retry.on_connect_failure || retry.on_5xx,
            Setback::Reset => retry.on_reset || retry.on_5xx,
            Setback::TryTimeout => retry.on_5xx || retry.on_gateway_error,
        }) {
            return;
        }
        let (status, flag, reason, details) = match setback {
            Setback::Refused => (
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
        live.stream.info.borrow_mut().flags |= flag;
        if setback == Setback::Refused {
            let why = "delayed connect error: Connection refused".to_owned();
            live.stream.info.borrow_mut().transport_failure = Some(why);
        }
        if setback == Setback::TryTimeout {
            let reply = envoys(status, "upstream request timeout", "upstream_per_try_timeout");
            return self.local_reply(live, reply);
        }
        let again = live.routing.borrow().retries > 0;
        let again = if again { "retried and the latest reset reason" } else { "reset reason" };
        let body =
            format!("upstream connect error or disconnect/reset before headers. {again}: {reason}");
        let details = format!("upstream_reset_before_response_started{{{details}}}");
        self.local_reply(live, envoys(status, &body, &details));
    }

    /// Tries again, if the route wants it and allows another time.
    pub(super) fn try_again(&self, live: &Rc<Live>, wanted: impl Fn(&Retry) -> bool) -> bool {
        let retry = live.routing.borrow().route.as_ref().and_then(|route| route.retry.clone());
        let Some(retry) = retry.filter(wanted) else {
            return false;
        };
        let done = live.routing.borrow().retries;
        if done >= retry.attempts {
            live.stream.info.borrow_mut().flags |= Flags::RETRIES_EXHAUSTED;
            return false;
        }
        let attempt = {
            let mut routing = live.routing.borrow_mut();
            routing.retries += 1;
            // What the last attempt still does is void from now on.
            routing.attempt = u32::MAX;
            routing.retries
        };
        let most = RETRY_BASE_MS * ((1 << attempt.min(10)) - 1);
        let wait = Duration::from_millis(self.random.borrow_mut().u64(0..most.clamp(1, 250)));
        self.after(wait, Event::Retry { stream: Rc::clone(live), attempt });
        true
    }

    /// The next attempt.
    pub(super) fn ask_again(&self, live: &Rc<Live>, attempt: u32) {
        let current =
            live.routing.borrow().retries == attempt && live.routing.borrow().attempt == u32::MAX;
        if live.over.get() || !current {
            return;
        }
        let route = live.routing.borrow().route.clone();
        if let Some(route) = route {
            self.ask_upstream(live, &route, live.stream.request.arrived.get());
        }
    }

    /// A timer of the route's ran out: of one attempt, or of all.
    pub(super) fn timed_out(&self, stream: u64, attempt: Option<u32>) {
        let Some(live) = &self.live(stream) else { return };
        let (current, responding) = {
            let routing = live.routing.borrow();
            (routing.attempt, routing.responding)
        };
        match attempt {
            _ if live.over.get() || current == 0 => {}
            Some(attempt) if attempt == current && !responding => {
                self.setback(live, Setback::TryTimeout);
            }
            Some(_) => {}
            None => {
                live.stream.info.borrow_mut().flags |= Flags::UPSTREAM_TIMEOUT;
                if responding {
                    live.stream.info.borrow_mut().details = Some("response_timeout".into());
                    return self.cut_off(live);
                }
                self.local_reply(live, envoys(504, "upstream request timeout", "response_timeout"));
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

fn redirection(live: &Live, path: &str) -> LocalReply {
    let headers = live.stream.request.headers.borrow();
    let header = |name| headers.as_ref().and_then(|headers| headers.text(name)).unwrap_or_default();
    let location = format!("{}://{}{path}", header(":scheme"), header(":authority"));
    LocalReply {
        headers: vec![(Bytes::from_static(b"location"), location.into())],
        ..envoys(301, "", "direct_response")
    }
}
