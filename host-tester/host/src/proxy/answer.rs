//! An upstream's answer, piece by piece, on its way to the filters.

use super::active::{ActiveStream, Direction};
use super::chain::Piece;
use super::events::Step;
use super::router::SETBACK;
use super::simulation::Simulation;
use crate::http::HeaderMap;
use crate::upstream::Answer;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

impl Simulation {
    /// The upstream's headers come, and all that comes with them.
    pub(super) fn answer(&self, active: &Rc<ActiveStream>, attempt: u32) {
        let Some(answer) = active.routing.borrow().answer.clone() else { return };
        let status = answer.status;
        if self.try_again(active, |retry| {
            retry.on_5xx && (500..600).contains(&status)
                || retry.on_gateway_error && (502..505).contains(&status)
                || retry.on_retriable_4xx && status == 409
        }) {
            return;
        }
        let body = body_of(active, &answer);
        let headers = self.response_headers(active, &answer, body.len());
        let end =
            (body.is_empty() || active.request.method == "HEAD") && answer.trailers.is_empty();
        {
            let mut routing = active.routing.borrow_mut();
            routing.responding = true;
            routing.pieces = split(body, answer.chunks);
        }
        *active.stream.response.headers.borrow_mut() = Some(headers);
        if end {
            self.answer_has_come(active);
        }
        active.stream.info.borrow_mut().details = Some("via_upstream".to_owned());
        active.stream.info.borrow_mut().status = Some(status);
        self.headers(active, Direction::Response, 0, end);
        if !end {
            self.answer_body(active, attempt, 0);
        }
    }

    fn response_headers(&self, active: &ActiveStream, answer: &Answer, len: usize) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(answer.headers.len() + 5);
        headers.push(":status", answer.status.to_string());
        answer.headers.iter().for_each(|(name, value)| headers.add(name.clone(), value.clone()));
        let bodyless = matches!(answer.status, 100..=199 | 204 | 304);
        let sized = bodyless || headers.get(b"content-length").is_some();
        if answer.trailers.is_empty() && !sized {
            if answer.chunks > 1 && !answer.http2 {
                headers.push("transfer-encoding", "chunked");
            } else if answer.chunks == 1 && !(answer.http2 && len == 0) {
                headers.push("content-length", len.to_string());
            }
        }
        if headers.get(b"date").is_none() {
            headers.push("date", self.clock.http_date());
        }
        let took = (self.now() - active.stream.info.borrow().asked_at) / 1_000_000;
        headers.set("x-envoy-upstream-service-time", took.to_string());
        headers
    }

    /// A piece of the upstream's body comes, and what follows at once.
    pub(super) fn answer_body(&self, active: &Rc<ActiveStream>, attempt: u32, mut piece: u32) {
        let (every, breaks) = {
            let routing = active.routing.borrow();
            let every = routing.answer.as_ref().map_or(Duration::ZERO, |answer| answer.every);
            (every, routing.reset_after_headers)
        };
        while !active.aborted(Direction::Response) {
            let bytes = active.routing.borrow_mut().pieces.pop_front();
            let Some(bytes) = bytes else { break };
            if active.routing.borrow().ends_with_its_body() {
                self.answer_has_come(active);
                return self.data(active, Direction::Response, 0, Piece::New(bytes), true);
            }
            self.data(active, Direction::Response, 0, Piece::New(bytes), false);
            piece += 1;
            if breaks {
                return self.upstream_later(active, attempt, SETBACK, Step::Reset);
            }
            if !every.is_zero() {
                return self.upstream_later(active, attempt, every, Step::Piece(piece));
            }
        }
        if breaks {
            return self.upstream_later(active, attempt, SETBACK, Step::Reset);
        }
        self.answer_end(active);
    }

    fn answer_has_come(&self, active: &ActiveStream) {
        active.stream.response.arrived.set(true);
        active.stream.info.borrow_mut().answered_at = Some(self.now());
    }

    fn answer_end(&self, active: &Rc<ActiveStream>) {
        if active.aborted(Direction::Response) {
            return;
        }
        let trailers =
            active.routing.borrow().answer.as_ref().map(|answer| answer.trailers.clone());
        let trailers: HeaderMap = trailers.unwrap_or_default().into_iter().collect();
        self.answer_has_come(active);
        let response = &active.stream.response;
        if trailers.is_empty() {
            return self.data(active, Direction::Response, 0, Piece::New(Vec::new()), true);
        }
        *response.trailers.borrow_mut() = Some(trailers);
        self.trailers(active, Direction::Response, 0);
    }
}

fn body_of(active: &ActiveStream, answer: &Answer) -> Vec<u8> {
    if answer.echo { active.routing.borrow().sent.body.clone() } else { answer.body.to_vec() }
}

/// A body in so many pieces, as equal as can be.
fn split(body: Vec<u8>, chunks: u32) -> VecDeque<Vec<u8>> {
    if body.is_empty() {
        return VecDeque::new();
    }
    let size = body.len().div_ceil(chunks.max(1) as usize).max(1);
    body.chunks(size).map(<[u8]>::to_vec).collect()
}
