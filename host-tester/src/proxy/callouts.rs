//! Requests of the filters' own, and their answers.

use super::events::Event;
use super::exchange::{CalloutSeen, Sent};
use super::world::World;
use crate::abi::Status;
use crate::callout::{GrpcCall, GrpcMessage};
use crate::http::HeaderMap;
use crate::upstream::{Answer, Kind};
use crate::vm::{CallAnswer, Callback, HttpCall};
use std::time::Duration;

/// How long a refused or broken connection takes to show.
const SETBACK: Duration = Duration::from_millis(1);
/// Callouts that are remembered for the caller.
const REMEMBERED: usize = 10_000;

/// An HTTP callout that is answered.
pub(super) struct Answered {
    pub(super) vm: u64,
    pub(super) context: u32,
    pub(super) token: u32,
    pub(super) answer: Option<CallAnswer>,
}

/// What a gRPC peer does next.
pub(super) enum GrpcStep {}

impl World {
    pub(super) fn http_call(&self, call: HttpCall) -> Result<(), Status> {
        let drawn = {
            let clusters = self.clusters.borrow();
            let cluster = clusters.get(call.cluster.as_str()).ok_or(Status::BadArgument)?;
            let behaviour = cluster.at(self.elapsed());
            let mut random = self.random.borrow_mut();
            behaviour.map(|behaviour| {
                let behaviour = behaviour.draw(&mut random).clone();
                (behaviour.latency.draw(&mut random), behaviour.kind)
            })
        };
        let mut sent = Sent {
            headers: call.headers.iter().cloned().collect(),
            body: call.body.to_vec(),
            trailers: call.trailers.iter().cloned().collect(),
            complete: true,
        };
        if !call.body.is_empty() {
            sent.headers.set("content-length", call.body.len().to_string());
        }
        let (delay, answer) = self.outcome(&call, &sent, drawn);
        self.remember(&call, sent);
        let HttpCall { vm, context, token, .. } = call;
        if let Some(delay) = delay {
            self.after(delay, Event::Callout(Box::new(Answered { vm, context, token, answer })));
        }
        Ok(())
    }

    /// When a callout is answered, and with what; never, if it has no timeout and nobody answers.
    fn outcome(
        &self,
        call: &HttpCall,
        sent: &Sent,
        drawn: Option<(Duration, Kind)>,
    ) -> (Option<Duration>, Option<CallAnswer>) {
        let (latency, answer) = match drawn {
            None | Some((_, Kind::NoHost)) => {
                (Some(SETBACK), Some(plain(503, "no healthy upstream")))
            }
            Some((_, Kind::ConnectFail)) => {
                let why = "upstream connect error or disconnect/reset before headers. reset reason: \
                           remote connection failure";
                (Some(SETBACK), Some(plain(503, why)))
            }
            Some((latency, Kind::Reset)) => {
                let why = "upstream connect error or disconnect/reset before headers. reset reason: \
                           connection termination";
                (Some(latency), Some(plain(503, why)))
            }
            Some((_, Kind::Hang)) => (None, None),
            Some((latency, Kind::ResetAfterHeaders(_))) => (Some(latency), None),
            Some((latency, Kind::Answer(answer))) => {
                let pauses = answer.every * answer.chunks.saturating_sub(1);
                (Some(latency + pauses), Some(self.answered(&answer, sent, latency)))
            }
        };
        let timeout = Duration::from_millis(call.timeout_ms.into());
        if !timeout.is_zero() && latency.is_none_or(|latency| latency > timeout) {
            return (Some(timeout), Some(plain(504, "upstream request timeout")));
        }
        (latency, answer)
    }

    fn answered(&self, answer: &Answer, sent: &Sent, took: Duration) -> CallAnswer {
        let body = if answer.echo { sent.body.clone() } else { answer.body.to_vec() };
        let mut headers = HeaderMap::new();
        headers.push(":status", answer.status.to_string());
        answer.headers.iter().for_each(|(name, value)| headers.add(name.clone(), value.clone()));
        if answer.trailers.is_empty() {
            if answer.chunks > 1 {
                headers.push("transfer-encoding", "chunked");
            } else {
                headers.push("content-length", body.len().to_string());
            }
        }
        headers.push("date", self.http_date());
        headers.push("x-envoy-upstream-service-time", took.as_millis().to_string());
        let trailers: HeaderMap = answer.trailers.iter().cloned().collect();
        CallAnswer { headers, body, trailers: (!trailers.is_empty()).then_some(trailers) }
    }

    fn remember(&self, call: &HttpCall, sent: Sent) {
        let worker = self.vm(call.vm).map_or(0, |cell| cell.worker);
        let mut callouts = self.callouts.borrow_mut();
        if callouts.len() < REMEMBERED {
            callouts.push(CalloutSeen {
                at: self.now(),
                worker,
                cluster: call.cluster.clone(),
                sent,
            });
        }
    }

    /// A callout's answer reaches its root context; nothing at all is a reset.
    pub(super) fn callout_answered(&self, answered: Answered) {
        let Answered { vm, context, token, answer } = answered;
        let Some(cell) = self.vm(vm) else { return };
        let callback = Callback::HttpCallResponse {
            token,
            headers: count(answer.as_ref().map_or(0, |answer| answer.headers.len())),
            body: count(answer.as_ref().map_or(0, |answer| answer.body.len())),
            trailers: count(
                answer.as_ref().and_then(|a| a.trailers.as_ref()).map_or(0, HeaderMap::len),
            ),
        };
        let reset = answer.is_none();
        cell.vm.borrow_mut().guest_mut().open_calls -= 1;
        cell.with_root(context, |root| {
            root.answer = answer;
            root.status = if reset { (11, b"reset".to_vec()) } else { root.status.clone() };
        });
        self.call_root(vm, context, callback);
        if !cell.dead.get() {
            cell.with_root(context, |root| {
                root.answer = None;
                root.status.1.clear();
            });
        }
    }

    pub(super) fn grpc_call(&self, _call: GrpcCall) -> Result<(), Status> {
        Err(Status::InternalFailure)
    }

    pub(super) fn grpc_send(&self, _vm: u64, _context: u32, _token: u32, _message: GrpcMessage) {}

    pub(super) fn grpc_step(&self, _vm: u64, _context: u32, _token: u32, step: GrpcStep) {
        match step {}
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// An answer of Envoy's own.
fn plain(status: u16, body: &str) -> CallAnswer {
    let headers = [
        (":status", status.to_string()),
        ("content-length", body.len().to_string()),
        ("content-type", "text/plain".to_owned()),
    ];
    CallAnswer { headers: headers.into_iter().collect(), body: body.into(), trailers: None }
}
