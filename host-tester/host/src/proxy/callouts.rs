//! HTTP requests of the filters' own, and their answers.

use super::events::Event;
use super::exchange::{CalloutSeen, Sent};
use super::simulation::Simulation;
use crate::abi::Status;
use crate::http::HeaderMap;
use crate::state::{CallAnswer, HttpCall};
use crate::upstream::{Answer, Kind};
use crate::vm::Callback;
use std::time::Duration;

/// How long a refused or broken connection takes to show.
pub(super) const SETBACK: Duration = Duration::from_millis(1);

/// An HTTP callout that is answered.
pub(super) struct Answered {
    pub(super) vm: u64,
    pub(super) context: u32,
    pub(super) token: u32,
    pub(super) answer: Option<CallAnswer>,
}

impl Simulation {
    /// What a cluster does with one request, and how long it takes to begin; `None` where there is no host to do it.
    pub(super) fn draw(&self, cluster: &str) -> Option<(Duration, Kind)> {
        self.upstreams.draw(cluster, self.clock.elapsed(), &mut self.random.borrow_mut())
    }

    /// Begins an HTTP callout. A cluster without a host fails it at once, and there is no callback.
    pub(super) fn http_call(&self, call: HttpCall) -> Result<(), Status> {
        let drawn = self.draw(&call.cluster).ok_or(Status::InternalFailure)?;
        let sent = sent(&call);
        let (delay, answer) = self.outcome(&call, &sent, drawn);
        let HttpCall { vm, context, token, cluster, .. } = call;
        self.remember(vm, cluster, sent);
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
        (latency, kind): (Duration, Kind),
    ) -> (Option<Duration>, Option<CallAnswer>) {
        let (latency, answer) = match kind {
            Kind::NoHost | Kind::Hang => (None, None),
            Kind::ConnectFail => {
                let why = "upstream connect error or disconnect/reset before headers. reset reason: \
                           remote connection failure";
                (Some(SETBACK), Some(plain(503, why)))
            }
            Kind::Reset => {
                let why = "upstream connect error or disconnect/reset before headers. reset reason: \
                           connection termination";
                (Some(latency), Some(plain(503, why)))
            }
            Kind::ResetAfterHeaders(_) => (Some(latency), None),
            Kind::Answer(answer) => {
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
        headers.push("date", self.clock.http_date());
        headers.push("x-envoy-upstream-service-time", took.as_millis().to_string());
        let trailers: HeaderMap = answer.trailers.iter().cloned().collect();
        CallAnswer { headers, body, trailers: (!trailers.is_empty()).then_some(trailers) }
    }

    /// Keeps a callout for the caller; its number. What the VM asks that only tries a configuration
    /// out is not kept: Envoy drops that VM, and its callouts with it, before they are sent.
    pub(super) fn remember(&self, vm: u64, cluster: String, sent: Sent) -> Option<u64> {
        let worker = self.vm(vm)?.worker;
        let callout = CalloutSeen { at: self.now(), worker, cluster, sent };
        Some(self.callouts.borrow_mut().push(callout))
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
        cell.vm.borrow_mut().host_mut().open_calls -= 1;
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
}

/// What the cluster receives.
fn sent(call: &HttpCall) -> Sent {
    let mut headers: HeaderMap = call.headers.iter().cloned().collect();
    if !call.body.is_empty() {
        headers.set("content-length", call.body.len().to_string());
    }
    add_envoys(&mut headers, call.timeout_ms);
    Sent { headers, body: call.body.to_vec(), complete: true, ..Sent::default() }
}

/// What Envoy adds to a request of a filter's.
pub(super) fn add_envoys(headers: &mut HeaderMap, timeout_ms: u32) {
    headers.set("x-envoy-internal", "true");
    if timeout_ms > 0 {
        headers.set("x-envoy-expected-rq-timeout-ms", timeout_ms.to_string());
    }
}

pub(super) fn count(n: usize) -> u32 {
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
