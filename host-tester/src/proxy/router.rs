//! The end of the chain: which route, which cluster, how often, how long.

use super::chain::Piece;
use super::events::{Event, Step};
use super::exchange::Sent;
use super::live::{Live, Way};
use super::reply::envoys;
use super::world::World;
use crate::http::{Flags, HeaderMap};
use crate::upstream::{Answer, Direct, Kind, Retry, Route, RouteAction};
use crate::vm::LocalReply;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

/// Before a request is tried again, at most this, doubled each time.
const RETRY_BASE_MS: u64 = 25;
/// How long a refused or broken connection takes to show.
const SETBACK: Duration = Duration::from_millis(1);

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
        let fits =
            |route: &&Rc<Route>| headers.as_ref().is_some_and(|headers| route.matches(headers));
        let route = routes.iter().find(fits).cloned();
        let mut info = live.stream.info.borrow_mut();
        info.route = route.as_ref().map(|route| Rc::clone(&route.name));
        info.cluster = match route.as_ref().map(|route| &route.action) {
            Some(RouteAction::Cluster(cluster)) => Some(Rc::clone(cluster)),
            Some(RouteAction::Direct(_)) | None => None,
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
            info.upstream = Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 20_000));
            let routing = &mut *live.routing.borrow_mut();
            routing.attempt = info.attempts;
            routing.asked_at = self.now();
            if info.attempts == 1 {
                routing.sent = Sent { complete: end, ..Sent::default() };
            }
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
        let step = match behaviour.kind {
            Kind::NoHost => return self.no_host(live),
            Kind::ConnectFail => {
                return self.upstream_later(live, attempt, SETBACK, Step::Refuse);
            }
            Kind::Hang => None,
            Kind::Reset => Some(Step::Reset),
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
        live.routing.borrow_mut().next = step.map(|step| (latency, step));
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

    fn upstream_later(&self, live: &Rc<Live>, attempt: u32, delay: Duration, step: Step) {
        self.after(delay, Event::Upstream { stream: Rc::clone(live), attempt, step });
    }

    /// Whatever an upstream still does is void.
    pub(super) fn give_up_upstream(&self, live: &Live) {
        live.routing.borrow_mut().attempt = 0;
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
                {
                    let mut info = live.stream.info.borrow_mut();
                    info.flags |= Flags::UPSTREAM_PROTOCOL;
                    info.details =
                        Some("upstream_reset_after_response_started{protocol_error}".into());
                }
                self.cut_off(live);
            }
            Step::Reset => self.setback(live, Setback::Reset),
            Step::Headers => self.answer(live, attempt),
            Step::Piece(piece) => self.answer_body(live, attempt, piece),
        }
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
    fn try_again(&self, live: &Rc<Live>, wanted: impl Fn(&Retry) -> bool) -> bool {
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

    /// The upstream's headers come, and all that comes with them.
    fn answer(&self, live: &Rc<Live>, attempt: u32) {
        let Some(answer) = live.routing.borrow().answer.clone() else { return };
        let status = answer.status;
        if self.try_again(live, |retry| {
            retry.on_5xx && (500..600).contains(&status)
                || retry.on_gateway_error && (502..505).contains(&status)
                || retry.on_retriable_4xx && status == 409
        }) {
            return;
        }
        let body = body_of(live, &answer);
        let headers = self.response_headers(live, &answer, body.len());
        let end = (body.is_empty() || live.request.method == "HEAD") && answer.trailers.is_empty();
        {
            let mut routing = live.routing.borrow_mut();
            routing.responding = true;
            routing.pieces = split(body, answer.chunks);
        }
        let response = &live.stream.response;
        *response.headers.borrow_mut() = Some(headers);
        response.arrived.set(end);
        live.stream.info.borrow_mut().details = Some("via_upstream".to_owned());
        live.stream.info.borrow_mut().status = Some(status);
        self.headers(live, Way::Response, 0, end);
        if !end {
            self.answer_body(live, attempt, 0);
        }
    }

    fn response_headers(&self, live: &Live, answer: &Answer, len: usize) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(answer.headers.len() + 5);
        headers.push(":status", answer.status.to_string());
        answer.headers.iter().for_each(|(name, value)| headers.add(name.clone(), value.clone()));
        let bodyless = matches!(answer.status, 100..=199 | 204 | 304);
        if answer.trailers.is_empty() && !bodyless && headers.get(b"grpc-status").is_none() {
            if answer.chunks > 1 {
                headers.push("transfer-encoding", "chunked");
            } else {
                headers.push("content-length", len.to_string());
            }
        }
        if headers.get(b"date").is_none() {
            headers.push("date", self.http_date());
        }
        let took = (self.now() - live.routing.borrow().asked_at) / 1_000_000;
        headers.set("x-envoy-upstream-service-time", took.to_string());
        headers
    }

    /// A piece of the upstream's body comes, and what follows at once.
    fn answer_body(&self, live: &Rc<Live>, attempt: u32, mut piece: u32) {
        let (every, breaks) = {
            let routing = live.routing.borrow();
            let every = routing.answer.as_ref().map_or(Duration::ZERO, |answer| answer.every);
            (every, routing.reset_after_headers)
        };
        while !live.aborted(Way::Response) {
            let bytes = live.routing.borrow_mut().pieces.pop_front();
            let Some(bytes) = bytes else { break };
            self.data(live, Way::Response, 0, Piece::New(bytes), false);
            piece += 1;
            if breaks {
                return self.upstream_later(live, attempt, SETBACK, Step::Reset);
            }
            if !every.is_zero() {
                return self.upstream_later(live, attempt, every, Step::Piece(piece));
            }
        }
        if breaks {
            return self.upstream_later(live, attempt, SETBACK, Step::Reset);
        }
        self.answer_end(live);
    }

    fn answer_end(&self, live: &Rc<Live>) {
        if live.aborted(Way::Response) {
            return;
        }
        let trailers = live.routing.borrow().answer.as_ref().map(|answer| answer.trailers.clone());
        let trailers: HeaderMap = trailers.unwrap_or_default().into_iter().collect();
        let response = &live.stream.response;
        response.arrived.set(true);
        if trailers.is_empty() {
            return self.data(live, Way::Response, 0, Piece::New(Vec::new()), true);
        }
        *response.trailers.borrow_mut() = Some(trailers);
        self.trailers(live, Way::Response, 0);
    }
}

fn direct_reply(direct: &Direct) -> LocalReply {
    LocalReply {
        body: direct.body.clone(),
        headers: direct.headers.clone(),
        ..envoys(direct.status.into(), "", "direct_response")
    }
}

fn body_of(live: &Live, answer: &Answer) -> Vec<u8> {
    if answer.echo { live.routing.borrow().sent.body.clone() } else { answer.body.to_vec() }
}

/// A body in so many pieces, as equal as can be.
fn split(body: Vec<u8>, chunks: u32) -> std::collections::VecDeque<Vec<u8>> {
    if body.is_empty() {
        return std::collections::VecDeque::new();
    }
    let size = body.len().div_ceil(chunks.max(1) as usize).max(1);
    body.chunks(size).map(<[u8]>::to_vec).collect()
}
