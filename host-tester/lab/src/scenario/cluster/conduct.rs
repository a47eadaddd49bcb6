//! What an upstream does with a request.

use super::Latency;
use crate::scenario::http::{Body, Headers, status};
use crate::scenario::matcher::only_true;
use crate::scenario::read::declare::shape;
use crate::scenario::read::decode::{Decode, Definitions, Mistakes, Node};
use serde_json::{Value, json};
use std::time::Duration;

/// What an upstream does with a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Conduct {
    /// How long it takes to begin.
    pub latency: Latency,
    /// What it comes to.
    pub ending: Ending,
}

/// What a request to an upstream comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// No connection is made.
    ConnectFail,
    /// There is no host to connect to.
    NoHost,
    /// It is taken, and never answered.
    Timeout,
    /// It is taken, and the connection is reset.
    Reset,
    /// The headers and half of the body come, then the connection is reset.
    ResetAfterHeaders(Answer),
    /// It is answered.
    Answer(Answer),
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Headers,
    /// The body.
    pub body: AnswerBody,
    /// In how many pieces the body comes, at least 1.
    pub chunks: u32,
    /// The time between two pieces.
    pub every: Duration,
    /// The trailers. A server that speaks HTTP/1 drops them unless it is told otherwise.
    pub trailers: Headers,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerBody {
    /// This.
    Of(Body),
    /// That of the request.
    Echo,
}

impl Ending {
    /// 200 and nothing else.
    pub(super) fn plain() -> Self {
        Self::Answer(Answer {
            status: 200,
            headers: Headers::default(),
            body: AnswerBody::Of(Body::Bytes(Vec::new())),
            chunks: 1,
            every: Duration::ZERO,
            trailers: Headers::default(),
        })
    }
}

/// The key of an [`Ending`] that is none: `true` and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Yes;

impl Decode for Yes {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        only_true(node, mistakes).map(|()| Self)
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "const": true })
    }
}

shape! {
    /// What an upstream does with a request: one of the failures, or an answer.
    pub(super) RawConduct {
        /// How long it takes until the first byte; 0s by default.
        latency: Option<Latency>,
        /// No connection is made.
        connect_fail: Option<Yes>,
        /// The cluster has no host.
        no_host: Option<Yes>,
        /// It never answers.
        timeout: Option<Yes>,
        /// It resets the connection in place of an answer.
        reset: Option<Yes>,
        /// It resets the connection after the headers and half of the body.
        reset_after_headers: Option<Yes>,
        /// The status; 200 by default.
        status: Option<u32>,
        /// The headers.
        headers: Option<Headers>,
        /// The body.
        body: Option<Body>,
        /// Whether the body is that of the request.
        echo: Option<bool>,
        /// In how many pieces the body comes; 1 by default.
        chunks: Option<u32>,
        /// The time between two pieces; 0s by default.
        every: Option<Duration>,
        /// The trailers.
        trailers: Option<Headers>,
        /// A gRPC answer with this status in its trailers.
        grpc: Option<u32>,
        /// A gRPC answer without a message, with this status among its headers.
        grpc_trailers_only: Option<u32>,
    }
}

impl RawConduct {
    /// The failures that are said, by key.
    fn failures(&self) -> Vec<&'static str> {
        let said = [
            ("connect_fail", self.connect_fail),
            ("no_host", self.no_host),
            ("timeout", self.timeout),
            ("reset", self.reset),
            ("reset_after_headers", self.reset_after_headers),
        ];
        said.iter().filter(|(_, yes)| yes.is_some()).map(|(key, _)| *key).collect()
    }

    /// Whether it says anything about an answer.
    fn answers(&self) -> bool {
        let body = self.body.is_some() || self.echo.is_some() || self.chunks.is_some();
        let fields = self.status.is_some() || self.headers.is_some() || self.trailers.is_some();
        let grpc = self.grpc.is_some() || self.grpc_trailers_only.is_some();
        body || fields || grpc || self.every.is_some()
    }

    /// The checked form, without the shares.
    pub(super) fn check(self, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Conduct> {
        let latency = self.latency.unwrap_or(Latency::Fixed(Duration::ZERO));
        let failures = self.failures();
        let ending = match failures.as_slice() {
            [] => Ending::Answer(self.answer(node, mistakes)?),
            ["reset_after_headers"] => Ending::ResetAfterHeaders(self.answer(node, mistakes)?),
            [key] if self.answers() => {
                return node.fail(mistakes, format!("`{key}` does not go with an answer"));
            }
            ["connect_fail"] => Ending::ConnectFail,
            ["no_host"] => Ending::NoHost,
            ["timeout"] => Ending::Timeout,
            ["reset"] => Ending::Reset,
            several => {
                return node.fail(mistakes, format!("does only one of {}", several.join(", ")));
            }
        };
        Some(Conduct { latency, ending })
    }

    fn answer(self, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Answer> {
        if self.echo == Some(true) && self.body.is_some() {
            return node.fail(mistakes, "`echo` and `body` are both the body: say one of them");
        }
        let chunks = self.chunks.unwrap_or(1);
        if !(1..=100_000).contains(&chunks) {
            mistakes
                .add(node.key("chunks"), format!("expected 1 to 100000 pieces, found {chunks}"));
            return None;
        }
        let mut answer = Answer {
            status: status(self.status.unwrap_or(200), "status", node, mistakes)?,
            headers: self.headers.unwrap_or_default(),
            body: match self.echo {
                Some(true) => AnswerBody::Echo,
                _ => AnswerBody::Of(self.body.unwrap_or(Body::Bytes(Vec::new()))),
            },
            chunks,
            every: self.every.unwrap_or_default(),
            trailers: self.trailers.unwrap_or_default(),
        };
        match (self.grpc, self.grpc_trailers_only) {
            (Some(_), Some(_)) => {
                return node.fail(mistakes, "does only one of grpc, grpc_trailers_only");
            }
            (Some(status), None) => answer.speak_grpc(status, false),
            (None, Some(status)) => answer.speak_grpc(status, true),
            (None, None) => {}
        }
        Some(answer)
    }
}

impl Answer {
    /// gRPC: the status is in the trailers, or in the headers where there is nothing else.
    fn speak_grpc(&mut self, status: u32, trailers_only: bool) {
        let content_type = ("content-type".to_owned(), "application/grpc".to_owned());
        let status = ("grpc-status".to_owned(), status.to_string());
        self.headers.0.push(content_type);
        if trailers_only {
            self.headers.0.push(status);
            return;
        }
        self.trailers.0.push(status);
        if matches!(&self.body, AnswerBody::Of(body) if body.is_empty()) {
            // One empty message: no compression, no length.
            self.body = AnswerBody::Of(Body::Bytes(vec![0; 5]));
        }
    }
}
