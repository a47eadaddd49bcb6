//! Answers that come from no upstream: a filter's, the router's, Envoy's own.

use super::chain::Piece;
use super::live::{Live, Way};
use super::world::World;
use crate::http::HeaderMap;
use crate::vm::LocalReply;
use bytes::Bytes;
use std::rc::Rc;

/// An answer of Envoy's own.
pub(super) fn envoys(status: u32, body: &str, details: &str) -> LocalReply {
    LocalReply {
        status,
        details: Bytes::copy_from_slice(details.as_bytes()),
        body: Bytes::copy_from_slice(body.as_bytes()),
        headers: Vec::new(),
        grpc: -1,
    }
}

/// What a stream gets whose filter's VM is dead.
pub(super) fn wasm_failed() -> LocalReply {
    LocalReply { grpc: 14, ..envoys(503, "", "wasm_fail_stream") }
}

/// What a client gets whose response has lost its status on the way.
pub(super) fn no_status() -> LocalReply {
    let details = "filter_removed_required_response_headers{missing_required_header:_:status}";
    envoys(502, "missing required header: :status", details)
}

impl World {
    /// Answers in the upstream's place. Where the response has not begun, the answer passes the filters;
    /// where they have seen one, it goes to the client past them; where the client has, it is cut off.
    pub(super) fn local_reply(&self, live: &Rc<Live>, reply: LocalReply) {
        if live.over.get() {
            return;
        }
        let waits = live.prepared.borrow().is_some();
        if !waits {
            let details = String::from_utf8_lossy(&reply.details).into_owned();
            live.stream.info.borrow_mut().details = Some(details);
        }
        live.request_aborted.set(true);
        self.give_up_upstream(live);
        if live.stream.response.headers.borrow().is_none() {
            if live.decoding.get() > 0 {
                live.prepared.borrow_mut().get_or_insert(reply);
            } else {
                self.reply_through_filters(live, &reply);
            }
        } else if live.received.borrow().is_none() {
            live.response_aborted.set(true);
            self.reply_past_filters(live, &reply);
        } else {
            self.cut_off(live);
        }
    }

    /// Sends the reply that waited for the request's callback to return.
    pub(super) fn send_prepared(&self, live: &Rc<Live>) {
        let prepared = live.prepared.take();
        if let Some(reply) = prepared.filter(|_| !live.over.get()) {
            self.reply_through_filters(live, &reply);
        }
    }

    fn reply_through_filters(&self, live: &Rc<Live>, reply: &LocalReply) {
        let (headers, body) = written(live, reply);
        let response = &live.stream.response;
        *response.headers.borrow_mut() = Some(headers);
        live.stream.info.borrow_mut().status = u16::try_from(reply.status).ok();
        response.arrived.set(true);
        let end = body.is_empty();
        self.headers(live, Way::Response, 0, end);
        if !end && !live.aborted(Way::Response) {
            self.data(live, Way::Response, 0, Piece::New(body.to_vec()), true);
        }
    }

    fn reply_past_filters(&self, live: &Rc<Live>, reply: &LocalReply) {
        let (headers, body) = written(live, reply);
        let response = &live.stream.response;
        *response.replaced.borrow_mut() = response.headers.replace(Some(headers));
        let end = body.is_empty();
        self.client_headers(live, end);
        if !end {
            self.client_data(live, &body, true);
        }
    }
}

/// The headers and the body of an answer: for a gRPC request, gRPC's.
fn written(live: &Live, reply: &LocalReply) -> (HeaderMap, Bytes) {
    let mut headers = HeaderMap::with_capacity(6);
    if asks_grpc(live) {
        let status = if reply.grpc >= 0 { reply.grpc } else { grpc_status(reply.status) };
        headers.push(":status", "200");
        add(&mut headers, reply);
        headers.push("content-type", "application/grpc");
        headers.push("grpc-status", status.to_string());
        if !reply.body.is_empty() {
            headers.push("grpc-message", reply.body.clone());
        }
        return (headers, Bytes::new());
    }
    headers.push(":status", reply.status.to_string());
    add(&mut headers, reply);
    if reply.body.is_empty() {
        headers.remove(b"content-length");
        return (headers, Bytes::new());
    }
    headers.overwrite(b"content-length", reply.body.len().to_string());
    if headers.get(b"content-type").is_none() {
        headers.push("content-type", "text/plain");
    }
    let is_head = live.request.method == "HEAD";
    (headers, if is_head { Bytes::new() } else { reply.body.clone() })
}

fn add(headers: &mut HeaderMap, reply: &LocalReply) {
    let given = reply.headers.iter().filter(|(name, _)| name != ":status");
    given.for_each(|(name, value)| headers.add(name.clone(), value.clone()));
}

fn asks_grpc(live: &Live) -> bool {
    live.stream.request.headers.borrow().as_ref().is_some_and(is_grpc)
}

/// Whether a message is gRPC's.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(b"content-type");
    kind.and_then(|kind| kind.strip_prefix(b"application/grpc"))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"+"))
}

/// Envoy's gRPC status for an HTTP status.
pub(crate) fn grpc_status(http: u32) -> i32 {
    match http {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502..=504 => 14,
        _ => 2,
    }
}
