//! What gRPC peers say, as their clusters' answers describe it.
//!
//! A cluster's [`Answer`] speaks gRPC if it has a `grpc-status` among its headers or trailers, or the content type.
//! Its body is what goes over the wire, if it is gRPC frames and nothing else; else it is one bare message, or as many as
//! it has `chunks` (0 for none). Messages come so long after one another as `every` says; an empty body is an empty
//! message. With `echo` the messages are those of the request, each sent back when it comes, and
//! the status is 0 unless another is given. It begins its latency after the first message, or after the request has
//! ended without one. An answer that is no gRPC is what it is on Envoy: a failure with the status that fits the HTTP
//! status.

use super::callouts::{SETBACK, add_envoys, count};
use super::exchange::Sent;
use super::simulation::Simulation;
use crate::callout::GrpcCall;
use crate::http::{HeaderMap, grpc_status};
use crate::upstream::{Answer, Kind};
use std::time::Duration;

const UNKNOWN: u32 = 2;
pub(super) const INTERNAL: u32 = 13;
pub(super) const UNAVAILABLE: u32 = 14;
/// The last status that gRPC knows. Envoy reports one beyond it as -1.
const LAST_STATUS: u32 = 16;

/// What a filter hears of its peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Initial(HeaderMap),
    Message(Vec<u8>),
    Trailing(HeaderMap),
    Close { status: u32, text: String },
}

/// Steps, each so long after the one before.
pub(super) type Script = Vec<(Duration, Step)>;

impl Simulation {
    pub(super) fn echoed(
        &self,
        answer: &Answer,
        latency: Duration,
        message: Option<&[u8]>,
        first: bool,
        end: bool,
    ) -> Script {
        let mut script = Script::new();
        if first {
            script.push((latency, Step::Initial(self.initial(answer, latency))));
        }
        let delay = |first: &Script| if first.is_empty() { latency } else { Duration::ZERO };
        if let Some(message) = message {
            script.push((delay(&script), Step::Message(message.to_vec())));
        }
        if end {
            script.push((delay(&script), Step::Trailing(echo_trailers(answer))));
            script.push((Duration::ZERO, closed(&echo_trailers(answer), "via_upstream")));
        }
        script
    }

    /// All that a peer does with a request, by what its cluster does.
    pub(super) fn script(&self, kind: &Kind, latency: Duration, request: &[Vec<u8>]) -> Script {
        match kind {
            Kind::NoHost | Kind::Hang => Script::new(),
            Kind::ConnectFail => failed(
                SETBACK,
                "remote connection failure",
                "remote_connection_failure|delayed_connect_error:_Connection_refused",
            ),
            Kind::Reset => failed(latency, "connection termination", "connection_termination"),
            Kind::Answer(answer) => self.answered_grpc(answer, latency, request),
            Kind::ResetAfterHeaders(answer) => {
                let mut script = self.answered_grpc(answer, latency, request);
                script.retain(|(_, step)| matches!(step, Step::Initial(_) | Step::Message(_)));
                script.truncate(2);
                let why = "upstream_reset_after_response_started{remote_reset}";
                script.push((SETBACK, Step::Trailing(HeaderMap::new())));
                script.push((Duration::ZERO, close(INTERNAL, why)));
                script
            }
        }
    }

    fn answered_grpc(&self, answer: &Answer, latency: Duration, request: &[Vec<u8>]) -> Script {
        let headers = self.initial(answer, latency);
        let speaks = speaks_grpc(answer) || answer.echo;
        let messages = if answer.echo { request.to_vec() } else { messages(answer) };
        let trailers = if answer.echo { echo_trailers(answer) } else { trailers(answer) };
        let mut script = Script::new();
        let ends = headers.get(b"grpc-status").is_some()
            || trailers.is_empty() && (answer.body.is_empty() && !speaks || messages.is_empty());
        script
            .push((latency, Step::Initial(if ends { HeaderMap::new() } else { headers.clone() })));
        let (trailing, end) = match answer.status {
            _ if headers.get(b"grpc-status").is_some() => {
                (headers.clone(), closed(&headers, "via_upstream"))
            }
            200 if ends => (headers, close(UNKNOWN, "via_upstream")),
            200 if !speaks => (HeaderMap::new(), close(INTERNAL, "via_upstream")),
            200 => {
                let pauses = std::iter::once(Duration::ZERO).chain(std::iter::repeat(answer.every));
                script.extend(pauses.zip(messages.into_iter().map(Step::Message)));
                (trailers.clone(), closed(&trailers, "via_upstream"))
            }
            status => (
                HeaderMap::new(),
                close(grpc_status(status.into()).cast_unsigned(), "via_upstream"),
            ),
        };
        script.push((Duration::ZERO, Step::Trailing(trailing)));
        script.push((Duration::ZERO, end));
        script
    }

    /// The headers of an answer.
    fn initial(&self, answer: &Answer, took: Duration) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.push(":status", answer.status.to_string());
        answer.headers.iter().for_each(|(name, value)| headers.add(name.clone(), value.clone()));
        let speaks = speaks_grpc(answer) || answer.echo;
        if speaks && headers.get(b"content-type").is_none() {
            headers.push("content-type", "application/grpc");
        }
        if headers.get(b"date").is_none() {
            headers.push("date", self.clock.http_date());
        }
        headers.set("x-envoy-upstream-service-time", took.as_millis().to_string());
        headers
    }
}

/// What the cluster receives of a callout when it begins.
pub(super) fn sent(call: &GrpcCall) -> Sent {
    let mut headers = HeaderMap::new();
    headers.push(":method", "POST");
    headers.push(":path", format!("/{}/{}", call.service, call.method));
    headers.push(":authority", call.cluster.clone());
    headers.push(":scheme", "http");
    headers.push("te", "trailers");
    if call.timeout_ms > 0 {
        headers.push("grpc-timeout", format!("{}m", call.timeout_ms));
    }
    headers.push("content-type", "application/grpc");
    call.metadata.iter().for_each(|(name, value)| headers.add(name.clone(), value.clone()));
    add_envoys(&mut headers, call.timeout_ms);
    let body = call.message.as_deref().map(framed).unwrap_or_default();
    Sent { headers, body, complete: call.message.is_some(), ..Sent::default() }
}

/// A message on the wire: not compressed, its length, its bytes.
pub(super) fn framed(message: &[u8]) -> Vec<u8> {
    let len = count(message.len()).to_be_bytes();
    [[0].as_slice(), &len, message].concat()
}

/// The router's own answer to a gRPC request.
fn failed(after: Duration, reason: &str, details: &str) -> Script {
    let why = format!(
        "upstream connect error or disconnect/reset before headers. reset reason: {reason}"
    );
    let headers = [
        (":status", "200".to_owned()),
        ("content-type", "application/grpc".to_owned()),
        ("grpc-status", UNAVAILABLE.to_string()),
        ("grpc-message", why),
    ];
    let headers: HeaderMap = headers.into_iter().collect();
    let end = closed(&headers, &format!("upstream_reset_before_response_started{{{details}}}"));
    vec![
        (after, Step::Initial(HeaderMap::new())),
        (Duration::ZERO, Step::Trailing(headers)),
        (Duration::ZERO, end),
    ]
}

pub(super) fn close(status: u32, text: &str) -> Step {
    Step::Close { status, text: text.to_owned() }
}

/// The end that headers or trailers tell; Envoy adds to the message what became of the request.
fn closed(map: &HeaderMap, details: &str) -> Step {
    let status = map.text("grpc-status").map_or(UNKNOWN, |status| {
        status.parse().ok().filter(|status| *status <= LAST_STATUS).unwrap_or(u32::MAX)
    });
    match map.text("grpc-message").filter(|message| !message.is_empty()) {
        Some(message) => close(status, &format!("{message}{{{details}}}")),
        None => close(status, details),
    }
}

fn speaks_grpc(answer: &Answer) -> bool {
    let mut all = answer.headers.iter().chain(&answer.trailers);
    all.any(|(name, value)| {
        name == "grpc-status" || name == "content-type" && value.starts_with(b"application/grpc")
    })
}

/// The messages of an answer that speaks gRPC; none if its headers already tell the status.
fn messages(answer: &Answer) -> Vec<Vec<u8>> {
    let trailers_only = answer.headers.iter().any(|(name, _)| name == "grpc-status");
    if trailers_only || answer.chunks == 0 {
        return Vec::new();
    }
    if answer.body.is_empty() {
        return vec![Vec::new()];
    }
    if let Some(messages) = frames(&answer.body) {
        return messages;
    }
    let size = answer.body.len().div_ceil(answer.chunks as usize);
    answer.body.chunks(size).map(<[u8]>::to_vec).collect()
}

/// The messages in bytes that are gRPC frames and nothing else: 0, a length, a message.
fn frames(mut bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut messages = Vec::new();
    while let Some((head, rest)) = bytes.split_first_chunk::<5>() {
        let [0, length @ ..] = *head else { return None };
        let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
        messages.push(rest.get(..length)?.to_vec());
        bytes = rest.get(length..)?;
    }
    bytes.is_empty().then_some(messages)
}

fn trailers(answer: &Answer) -> HeaderMap {
    answer.trailers.iter().cloned().collect()
}

fn echo_trailers(answer: &Answer) -> HeaderMap {
    let mut trailers = trailers(answer);
    if trailers.get(b"grpc-status").is_none() {
        trailers.push("grpc-status", "0");
    }
    trailers
}
