//! The client's end: what it sends, what it gets, and the end of a stream.

use super::active::{ActiveStream, Direction, RequestContext, Routing};
use super::calls::with_view;
use super::chain::Piece;
use super::events::Event;
use super::exchange::{Exchange, Received};
use super::reply::envoys;
use super::request::Request;
use super::simulation::Simulation;
use crate::http::{Flags, HeaderMap};
use crate::stream::GivenProperties;
use crate::stream::{Stream, StreamInfo};
use crate::vm::Callback;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

/// Envoy's default `stream_idle_timeout`.
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

impl Simulation {
    /// Begins a request; its number.
    pub(super) fn begin(&self, request: Request) -> u64 {
        let active = self.open(request);
        let id = active.stream.id;
        self.streams.insert(&active);
        self.resolve_route(&active);
        self.expect_idle(&active);
        if let Some(after) = active.request.hang_up {
            self.after(after, Event::HangUp { stream: Rc::clone(&active) });
        }
        let end = active.request.body.is_empty() && active.request.trailers.is_empty();
        active.stream.request.arrived.set(end);
        self.headers(&active, Direction::Request, 0, end);
        if !end {
            self.request_body(&active, 0);
        }
        id
    }

    fn open(&self, request: Request) -> Rc<ActiveStream> {
        let id = self.streams.next_id();
        let worker = self.worker_for(&request);
        let contexts = self.handles_for(worker).into_iter().map(RequestContext::new).collect();
        let headers = self.request_headers(&request);
        let stream = Stream {
            id,
            request: crate::stream::HalfStream {
                headers: RefCell::new(Some(headers)),
                ..Default::default()
            },
            response: crate::stream::HalfStream::default(),
            info: RefCell::new(self.info(id, &request)),
            stale_route: Cell::new(false),
        };
        Rc::new(ActiveStream {
            stream: Rc::new(stream),
            worker,
            contexts,
            request,
            routing: RefCell::new(Routing::default()),
            received: RefCell::new(None),
            decoding: Cell::new(0),
            encoding: Cell::new(0),
            prepared: RefCell::new(None),
            request_aborted: Cell::new(false),
            response_aborted: Cell::new(false),
            touched: Cell::new(self.now()),
            over: Cell::new(false),
        })
    }

    /// The worker that a request asks for, or one that is drawn.
    pub(super) fn worker_for(&self, request: &Request) -> u32 {
        let asked = request.worker.filter(|worker| (1..=self.workers).contains(worker));
        asked.unwrap_or_else(|| self.random.borrow_mut().u32(1..=self.workers.max(1)))
    }

    pub(super) fn info(&self, id: u64, request: &Request) -> StreamInfo {
        let port = 32_768 + u16::try_from(id % 28_000).unwrap_or(0);
        StreamInfo {
            began: self.now(),
            ended: None,
            flags: Flags::NONE,
            details: None,
            status: None,
            route: None,
            cluster: None,
            upstream: None,
            attempts: 0,
            asked_at: 0,
            answered_at: None,
            transport_failure: None,
            source: SocketAddr::new(request.source, port),
            destination: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 10_000),
            connection: id,
            http2: request.http2,
            given: GivenProperties::new(&request.properties),
            state: HashMap::new(),
        }
    }

    /// The client sends a piece of the body, and what follows at once.
    pub(super) fn request_body(&self, active: &Rc<ActiveStream>, mut piece: usize) {
        let (pieces, every) = (&active.request.body, active.request.every);
        while let Some(bytes) = pieces.get(piece).filter(|_| !active.over.get()) {
            active.touched.set(self.now());
            let half = &active.stream.request;
            half.body_bytes.set(half.body_bytes.get() + bytes.len() as u64);
            let end = active.request.ends_with_its_body();
            half.arrived.set(end);
            if !active.aborted(Direction::Request) {
                self.data(active, Direction::Request, 0, Piece::New(bytes.to_vec()), end);
            }
            if end {
                return;
            }
            piece += 1;
            if !every.is_zero() {
                return self.after(every, Event::RequestBody { stream: Rc::clone(active), piece });
            }
        }
        self.request_end(active);
    }

    fn request_end(&self, active: &Rc<ActiveStream>) {
        if active.aborted(Direction::Request) {
            return;
        }
        active.stream.request.arrived.set(true);
        if active.request.trailers.is_empty() {
            return self.data(active, Direction::Request, 0, Piece::New(Vec::new()), true);
        }
        let trailers = active.request.trailers.iter().cloned().collect();
        *active.stream.request.trailers.borrow_mut() = Some(trailers);
        self.trailers(active, Direction::Request, 0);
    }

    /// Headers reach the client.
    pub(super) fn client_headers(&self, active: &Rc<ActiveStream>, end: bool) {
        let date = self.clock.http_date();
        let mut received = Received::default();
        if let Some(headers) = active.stream.response.headers.borrow_mut().as_mut() {
            headers.remove(b"transfer-encoding");
            headers.remove(b"connection");
            headers.remove(b"keep-alive");
            if headers.get(b"date").is_none() {
                headers.push("date", date);
            }
            headers.overwrite(b"server", "envoy");
            if !active.stream.request.arrived.get() && !active.request.http2 {
                headers.push("connection", "close");
            }
            received.status = headers.text(":status").and_then(|s| s.parse().ok()).unwrap_or(0);
            if active.request.keep {
                received.headers = on_the_wire(headers, active, end);
            }
        }
        active.stream.info.borrow_mut().status = Some(received.status);
        *active.received.borrow_mut() = Some(received);
        if end {
            self.completed(active);
        }
    }

    /// A piece of the body reaches the client.
    pub(super) fn client_data(&self, active: &Rc<ActiveStream>, bytes: &[u8], end: bool) {
        active.touched.set(self.now());
        let half = &active.stream.response;
        half.body_bytes.set(half.body_bytes.get() + bytes.len() as u64);
        if let Some(received) =
            active.received.borrow_mut().as_mut().filter(|_| active.request.keep)
        {
            received.body.extend_from_slice(bytes);
        }
        if end {
            self.completed(active);
        }
    }

    /// Trailers reach the client.
    pub(super) fn client_trailers(&self, active: &Rc<ActiveStream>) {
        if let Some(received) = active.received.borrow_mut().as_mut() {
            received.trailers =
                active.stream.response.trailers.borrow().clone().unwrap_or_default();
        }
        self.completed(active);
    }

    fn completed(&self, active: &Rc<ActiveStream>) {
        if let Some(received) = active.received.borrow_mut().as_mut() {
            received.complete = true;
        }
        self.finish(active);
    }

    /// The client goes away.
    pub(super) fn hang_up(&self, active: &Rc<ActiveStream>) {
        if active.over.get() {
            return;
        }
        {
            let mut info = active.stream.info.borrow_mut();
            info.flags |= Flags::CLIENT_CLOSED;
            info.details = Some("downstream_remote_disconnect".to_owned());
        }
        self.finish(active);
    }

    /// Sees to it that a stream on which nothing moves is ended. One check serves all streams: a timer for
    /// each would keep those that are long over.
    fn expect_idle(&self, active: &ActiveStream) {
        if !self.streams.idle_check.replace(true) {
            self.after(idle_timeout(active), Event::IdleCheck);
        }
    }

    pub(super) fn check_idle(&self) {
        let streams = self.streams.in_order();
        let due = |active: &ActiveStream| {
            let timeout = u64::try_from(idle_timeout(active).as_nanos()).unwrap_or(u64::MAX);
            active.touched.get().saturating_add(timeout)
        };
        for active in
            streams.iter().filter(|active| due(active) <= self.now() && !active.over.get())
        {
            active.stream.info.borrow_mut().flags |= Flags::IDLE_TIMEOUT;
            self.local_reply(active, envoys(504, "stream timeout", "stream_idle_timeout"));
        }
        let next =
            streams.iter().filter(|active| !active.over.get()).map(|active| due(active)).min();
        self.streams.idle_check.set(next.is_some());
        if let Some(next) = next {
            self.put_at(next.max(self.now() + 1), Event::IdleCheck);
        }
    }

    /// A filter or Envoy closes the stream.
    pub(super) fn reset(&self, active: &Rc<ActiveStream>, details: &str) {
        if active.over.get() {
            return;
        }
        active.stream.info.borrow_mut().details.get_or_insert_with(|| details.to_owned());
        self.finish(active);
    }

    /// The response breaks off.
    pub(super) fn cut_off(&self, active: &Rc<ActiveStream>) {
        if !active.over.get() {
            self.finish(active);
        }
    }

    /// The end: the access log, and the contexts go. In this order, whatever the specification says.
    fn finish(&self, active: &Rc<ActiveStream>) {
        active.over.set(true);
        self.give_up_upstream(active);
        active.stream.info.borrow_mut().ended = Some(self.now());
        let seated = || {
            active.contexts.iter().enumerate().filter_map(|(index, context)| {
                let handle = context.handle.as_ref().filter(|handle| !handle.vm.dead.get())?;
                Some((index, context, handle))
            })
        };
        for (index, context, handle) in seated() {
            self.create(active, index, context, handle);
            with_view(context, handle, |view| view.logging = true);
            // A VM that dies here has been reported; the stream is over anyway.
            let _ = self.call(&handle.vm, context.id.get(), Callback::Log);
            with_view(context, handle, |view| view.logging = false);
        }
        for (_, context, handle) in seated() {
            if self.call(&handle.vm, context.id.get(), Callback::Done).is_ok() {
                let _ = self.call(&handle.vm, context.id.get(), Callback::Delete);
            }
            if !handle.vm.dead.get() {
                handle.vm.vm.borrow_mut().host_mut().contexts.remove(&context.id.get());
            }
        }
        active.contexts.iter().for_each(RequestContext::leave);
        self.streams.finish(exchange(active, self.now()));
        self.retire();
    }
}

fn idle_timeout(active: &ActiveStream) -> Duration {
    let route = active.routing.borrow().route.as_ref().and_then(|route| route.idle_timeout);
    route.unwrap_or(IDLE_TIMEOUT)
}

/// What HTTP/1 adds to say how long the body is.
fn on_the_wire(headers: &HeaderMap, active: &ActiveStream, end: bool) -> HeaderMap {
    let mut headers = headers.clone();
    let status = headers.text(":status").and_then(|status| status.parse().ok()).unwrap_or(0);
    let bodyless = matches!(status, 100..=199 | 204 | 304) || active.request.method == "HEAD";
    if headers.get(b"content-length").is_some() || bodyless || active.request.http2 {
        return headers;
    }
    match end {
        true => headers.push("content-length", "0"),
        false => headers.push("transfer-encoding", "chunked"),
    }
    headers
}

/// Envoy sends a body that is longer than the headers say; the peer reads no further than they say.
fn cut_to_length(headers: &HeaderMap, body: &mut Vec<u8>) {
    let said = headers.text("content-length").and_then(|length| length.parse().ok());
    body.truncate(said.unwrap_or(usize::MAX));
}

fn exchange(active: &ActiveStream, now: u64) -> Exchange {
    let info = active.stream.info.borrow();
    let routing = &mut *active.routing.borrow_mut();
    let mut sent = std::mem::take(&mut routing.sent);
    let mut response = active.received.take();
    cut_to_length(&sent.headers, &mut sent.body);
    if let Some(received) = &mut response {
        cut_to_length(&received.headers, &mut received.body);
    }
    Exchange {
        id: active.stream.id,
        tag: active.request.tag,
        worker: active.worker,
        began: info.began,
        ended: now,
        route: info.route.clone(),
        cluster: info.cluster.clone(),
        attempts: info.attempts,
        request: active.stream.request.headers.take().unwrap_or_default(),
        sent: (info.attempts > 0).then_some(sent),
        earlier: std::mem::take(&mut routing.earlier),
        upstream: info.upstream,
        code: info.status,
        response,
        flags: info.flags,
        details: info.details.clone(),
    }
}
