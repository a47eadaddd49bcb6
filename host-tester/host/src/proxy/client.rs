//! The client's end: what it sends, what it gets, and the end of a stream.

use super::calls::with_view;
use super::chain::Piece;
use super::events::Event;
use super::exchange::{Exchange, Received};
use super::live::{Live, Routing, Seat, Way};
use super::reply::envoys;
use super::request::Request;
use super::world::World;
use crate::http::{Flags, HeaderMap, Info, Stream};
use crate::properties::Given;
use crate::vm::Callback;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

/// Envoy's default `stream_idle_timeout`.
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

impl World {
    /// Begins a request; its number.
    pub(super) fn begin(&self, request: Request) -> u64 {
        let live = self.open(request);
        let id = live.stream.id;
        self.lives.borrow_mut().insert(id, Rc::clone(&live));
        self.resolve_route(&live);
        self.expect_idle(&live);
        if let Some(after) = live.request.hang_up {
            self.after(after, Event::HangUp { stream: Rc::clone(&live) });
        }
        let end = live.request.body.is_empty() && live.request.trailers.is_empty();
        live.stream.request.arrived.set(end);
        self.headers(&live, Way::Request, 0, end);
        if !end {
            self.request_body(&live, 0);
        }
        id
    }

    fn open(&self, request: Request) -> Rc<Live> {
        let id = self.next_stream.get();
        self.next_stream.set(id + 1);
        let worker = self.worker_for(&request);
        let plugins = self.slots.borrow().len();
        let seats = (0..plugins).map(|index| Seat::new(self.seat_of(index, worker))).collect();
        let headers = self.request_headers(&request);
        let stream = Stream {
            id,
            request: crate::http::Half {
                headers: RefCell::new(Some(headers)),
                ..Default::default()
            },
            response: crate::http::Half::default(),
            info: RefCell::new(self.info(id, &request)),
            stale_route: Cell::new(false),
        };
        Rc::new(Live {
            stream: Rc::new(stream),
            worker,
            seats,
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

    pub(super) fn info(&self, id: u64, request: &Request) -> Info {
        let port = 32_768 + u16::try_from(id % 28_000).unwrap_or(0);
        Info {
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
            given: Given::new(&request.properties),
            state: HashMap::new(),
        }
    }

    /// The client sends a piece of the body, and what follows at once.
    pub(super) fn request_body(&self, live: &Rc<Live>, mut piece: usize) {
        let (pieces, every) = (&live.request.body, live.request.every);
        while let Some(bytes) = pieces.get(piece).filter(|_| !live.over.get()) {
            live.touched.set(self.now());
            let half = &live.stream.request;
            half.body_bytes.set(half.body_bytes.get() + bytes.len() as u64);
            let end = live.request.ends_with_its_body();
            half.arrived.set(end);
            if !live.aborted(Way::Request) {
                self.data(live, Way::Request, 0, Piece::New(bytes.to_vec()), end);
            }
            if end {
                return;
            }
            piece += 1;
            if !every.is_zero() {
                return self.after(every, Event::RequestBody { stream: Rc::clone(live), piece });
            }
        }
        self.request_end(live);
    }

    fn request_end(&self, live: &Rc<Live>) {
        if live.aborted(Way::Request) {
            return;
        }
        live.stream.request.arrived.set(true);
        if live.request.trailers.is_empty() {
            return self.data(live, Way::Request, 0, Piece::New(Vec::new()), true);
        }
        let trailers = live.request.trailers.iter().cloned().collect();
        *live.stream.request.trailers.borrow_mut() = Some(trailers);
        self.trailers(live, Way::Request, 0);
    }

    /// Headers reach the client.
    pub(super) fn client_headers(&self, live: &Rc<Live>, end: bool) {
        let date = self.http_date();
        let mut received = Received::default();
        if let Some(headers) = live.stream.response.headers.borrow_mut().as_mut() {
            headers.remove(b"transfer-encoding");
            headers.remove(b"connection");
            headers.remove(b"keep-alive");
            if headers.get(b"date").is_none() {
                headers.push("date", date);
            }
            headers.overwrite(b"server", "envoy");
            if !live.stream.request.arrived.get() && !live.request.http2 {
                headers.push("connection", "close");
            }
            received.status = headers.text(":status").and_then(|s| s.parse().ok()).unwrap_or(0);
            if live.request.keep {
                received.headers = on_the_wire(headers, live, end);
            }
        }
        live.stream.info.borrow_mut().status = Some(received.status);
        *live.received.borrow_mut() = Some(received);
        if end {
            self.completed(live);
        }
    }

    /// A piece of the body reaches the client.
    pub(super) fn client_data(&self, live: &Rc<Live>, bytes: &[u8], end: bool) {
        live.touched.set(self.now());
        let half = &live.stream.response;
        half.body_bytes.set(half.body_bytes.get() + bytes.len() as u64);
        if let Some(received) = live.received.borrow_mut().as_mut().filter(|_| live.request.keep) {
            received.body.extend_from_slice(bytes);
        }
        if end {
            self.completed(live);
        }
    }

    /// Trailers reach the client.
    pub(super) fn client_trailers(&self, live: &Rc<Live>) {
        if let Some(received) = live.received.borrow_mut().as_mut() {
            received.trailers = live.stream.response.trailers.borrow().clone().unwrap_or_default();
        }
        self.completed(live);
    }

    fn completed(&self, live: &Rc<Live>) {
        if let Some(received) = live.received.borrow_mut().as_mut() {
            received.complete = true;
        }
        self.finish(live);
    }

    /// The client goes away.
    pub(super) fn hang_up(&self, live: &Rc<Live>) {
        if live.over.get() {
            return;
        }
        {
            let mut info = live.stream.info.borrow_mut();
            info.flags |= Flags::CLIENT_CLOSED;
            info.details = Some("downstream_remote_disconnect".to_owned());
        }
        self.finish(live);
    }

    /// Sees to it that a stream on which nothing moves is ended. One check serves all streams: a timer for
    /// each would keep those that are long over.
    fn expect_idle(&self, live: &Live) {
        if !self.idle_check.replace(true) {
            self.after(idle_timeout(live), Event::IdleCheck);
        }
    }

    pub(super) fn check_idle(&self) {
        let mut lives: Vec<_> = self.lives.borrow().values().cloned().collect();
        lives.sort_unstable_by_key(|live| live.stream.id);
        let due = |live: &Live| {
            let timeout = u64::try_from(idle_timeout(live).as_nanos()).unwrap_or(u64::MAX);
            live.touched.get().saturating_add(timeout)
        };
        for live in lives.iter().filter(|live| due(live) <= self.now() && !live.over.get()) {
            live.stream.info.borrow_mut().flags |= Flags::IDLE_TIMEOUT;
            self.local_reply(live, envoys(504, "stream timeout", "stream_idle_timeout"));
        }
        let next = lives.iter().filter(|live| !live.over.get()).map(|live| due(live)).min();
        self.idle_check.set(next.is_some());
        if let Some(next) = next {
            self.put_at(next.max(self.now() + 1), Event::IdleCheck);
        }
    }

    /// A filter or Envoy closes the stream.
    pub(super) fn reset(&self, live: &Rc<Live>, details: &str) {
        if live.over.get() {
            return;
        }
        live.stream.info.borrow_mut().details.get_or_insert_with(|| details.to_owned());
        self.finish(live);
    }

    /// The response breaks off.
    pub(super) fn cut_off(&self, live: &Rc<Live>) {
        if !live.over.get() {
            self.finish(live);
        }
    }

    /// The end: the access log, and the contexts go. In this order, whatever the specification says.
    fn finish(&self, live: &Rc<Live>) {
        live.over.set(true);
        self.give_up_upstream(live);
        live.stream.info.borrow_mut().ended = Some(self.now());
        let seated = || {
            live.seats.iter().enumerate().filter_map(|(index, seat)| {
                let handle = seat.handle.as_ref().filter(|handle| !handle.vm.dead.get())?;
                Some((index, seat, handle))
            })
        };
        for (index, seat, handle) in seated() {
            self.create(live, index, seat, handle);
            with_view(seat, handle, |view| view.logging = true);
            // A VM that dies here has been reported; the stream is over anyway.
            let _ = self.call(&handle.vm, seat.context.get(), Callback::Log);
            with_view(seat, handle, |view| view.logging = false);
        }
        for (_, seat, handle) in seated() {
            if self.call(&handle.vm, seat.context.get(), Callback::Done).is_ok() {
                let _ = self.call(&handle.vm, seat.context.get(), Callback::Delete);
            }
            if !handle.vm.dead.get() {
                handle.vm.vm.borrow_mut().guest_mut().contexts.remove(&seat.context.get());
            }
        }
        live.seats.iter().for_each(Seat::leave);
        self.lives.borrow_mut().remove(&live.stream.id);
        self.finished.borrow_mut().push(exchange(live, self.now()));
        self.retire();
    }

    /// A stream in flight.
    pub(super) fn live(&self, id: u64) -> Option<Rc<Live>> {
        self.lives.borrow().get(&id).cloned()
    }
}

fn idle_timeout(live: &Live) -> Duration {
    let route = live.routing.borrow().route.as_ref().and_then(|route| route.idle_timeout);
    route.unwrap_or(IDLE_TIMEOUT)
}

/// What HTTP/1 adds to say how long the body is.
fn on_the_wire(headers: &HeaderMap, live: &Live, end: bool) -> HeaderMap {
    let mut headers = headers.clone();
    let status = headers.text(":status").and_then(|status| status.parse().ok()).unwrap_or(0);
    let bodyless = matches!(status, 100..=199 | 204 | 304) || live.request.method == "HEAD";
    if headers.get(b"content-length").is_some() || bodyless || live.request.http2 {
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

fn exchange(live: &Live, now: u64) -> Exchange {
    let info = live.stream.info.borrow();
    let routing = &mut *live.routing.borrow_mut();
    let mut sent = std::mem::take(&mut routing.sent);
    let mut response = live.received.take();
    cut_to_length(&sent.headers, &mut sent.body);
    if let Some(received) = &mut response {
        cut_to_length(&received.headers, &mut received.body);
    }
    Exchange {
        id: live.stream.id,
        tag: live.request.tag,
        worker: live.worker,
        began: info.began,
        ended: now,
        route: info.route.clone(),
        cluster: info.cluster.clone(),
        attempts: info.attempts,
        request: live.stream.request.headers.take().unwrap_or_default(),
        sent: (info.attempts > 0).then_some(sent),
        earlier: std::mem::take(&mut routing.earlier),
        upstream: info.upstream,
        code: info.status,
        response,
        flags: info.flags,
        details: info.details.clone(),
    }
}
