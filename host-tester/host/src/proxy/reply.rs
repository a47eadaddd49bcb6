//! Answers that come from no upstream: a filter's, the router's, Envoy's own.

use super::active::{ActiveStream, Direction};
use super::chain::Piece;
use super::simulation::Simulation;
use crate::http::{HeaderMap, grpc_status, is_grpc};
use crate::state::LocalReply;
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

impl Simulation {
    /// Answers in the upstream's place. Where the response has not begun, the answer passes the filters;
    /// where they have seen one, it goes to the client past them; where the client has, it is cut off.
    pub(super) fn local_reply(&self, active: &Rc<ActiveStream>, reply: LocalReply) {
        if active.over.get() {
            return;
        }
        let waits = active.prepared.borrow().is_some();
        if !waits {
            let details = String::from_utf8_lossy(&reply.details).into_owned();
            active.stream.info.borrow_mut().details = Some(details);
        }
        active.request_aborted.set(true);
        self.give_up_upstream(active);
        if active.stream.response.headers.borrow().is_none() {
            if active.decoding.get() > 0 {
                active.prepared.borrow_mut().get_or_insert(reply);
            } else {
                self.reply_through_filters(active, &reply);
            }
        } else if active.received.borrow().is_none() {
            active.response_aborted.set(true);
            self.reply_past_filters(active, &reply);
        } else {
            self.cut_off(active);
        }
    }

    /// Sends the reply that waited for the request's callback to return.
    pub(super) fn send_prepared(&self, active: &Rc<ActiveStream>) {
        let prepared = active.prepared.take();
        if let Some(reply) = prepared.filter(|_| !active.over.get()) {
            self.reply_through_filters(active, &reply);
        }
    }

    fn reply_through_filters(&self, active: &Rc<ActiveStream>, reply: &LocalReply) {
        let (headers, body) = written(active, reply);
        let response = &active.stream.response;
        *response.headers.borrow_mut() = Some(headers);
        active.stream.info.borrow_mut().status = u16::try_from(reply.status).ok();
        response.arrived.set(true);
        let end = body.is_empty();
        self.headers(active, Direction::Response, 0, end);
        if !end && !active.aborted(Direction::Response) {
            self.data(active, Direction::Response, 0, Piece::New(body.to_vec()), true);
        }
    }

    fn reply_past_filters(&self, active: &Rc<ActiveStream>, reply: &LocalReply) {
        let (headers, body) = written(active, reply);
        let response = &active.stream.response;
        *response.replaced.borrow_mut() = response.headers.replace(Some(headers));
        let end = body.is_empty();
        self.client_headers(active, end);
        if !end {
            self.client_data(active, &body, true);
        }
    }
}

/// The headers and the body of an answer: for a gRPC request, gRPC's.
fn written(active: &ActiveStream, reply: &LocalReply) -> (HeaderMap, Bytes) {
    let mut headers = HeaderMap::with_capacity(6);
    if asks_grpc(active) {
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
    let is_head = active.request.method == "HEAD";
    (headers, if is_head { Bytes::new() } else { reply.body.clone() })
}

fn add(headers: &mut HeaderMap, reply: &LocalReply) {
    let given = reply.headers.iter().filter(|(name, _)| name != ":status");
    given.for_each(|(name, value)| headers.add(name.clone(), value.clone()));
}

fn asks_grpc(active: &ActiveStream) -> bool {
    active.stream.request.headers.borrow().as_ref().is_some_and(is_grpc)
}
