//! One request, one answer.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper::http::request::Parts;
use hyper::http::{HeaderMap, HeaderName, HeaderValue, Response};
use serde_json::{Value, json};

use super::behaviour::{Answer, Behaviour, Sends};
use crate::{Result, UPSTREAM_HEADER};

pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// The time between the headers and the cut, so that the headers are under way before it.
const BEFORE_THE_CUT: Duration = Duration::from_millis(10);

/// The response of `upstream` to a request, or `None` where none is ever sent.
pub(super) fn response(
    upstream: &str,
    behaviour: &Behaviour,
    request: &Parts,
) -> Result<Option<Response<Body>>> {
    let mut response = Response::builder();
    if !matches!(behaviour.answer, Answer::Sends(_)) {
        response = response.header(UPSTREAM_HEADER, upstream);
    }
    for (name, value) in &behaviour.headers {
        response = response.header(name, value);
    }
    let (response, body) = match &behaviour.answer {
        Answer::Reset | Answer::Hang => return Ok(None),
        Answer::Status(status) => (response.status(*status), echo(*status, upstream, request)),
        Answer::Chunks { count, every } => (response, chunks(*count, *every)),
        Answer::ResetAfterHeaders => (response, cut()),
        Answer::Sends(sends) => (response.status(sends.status), sent(sends)?),
        Answer::Grpc { status, trailers_only } => {
            let response = response.header("content-type", "application/grpc");
            if *trailers_only {
                (response.header("grpc-status", u16::from(*status)), full(Bytes::new()))
            } else {
                (response, grpc(*status))
            }
        }
    };
    Ok(Some(response.body(body)?))
}

fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// The request as JSON, so that a test sees what reached the upstream. Bytes that are not UTF-8 become U+FFFD.
fn echo(status: u16, upstream: &str, request: &Parts) -> Body {
    if matches!(status, 204 | 304) {
        return full(Bytes::new());
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers: Vec<Value> = request
        .headers
        .iter()
        .map(|(name, value)| json!([name.as_str(), text(value.as_bytes())]))
        .collect();
    let echo = json!({
        "upstream": upstream,
        "method": request.method.as_str(),
        "path": request.uri.path_and_query().map(ToString::to_string),
        "headers": headers,
    });
    full(echo.to_string())
}

fn chunks(count: u64, every: Duration) -> Body {
    StreamBody::new(stream::unfold(0, move |sent| async move {
        if sent == count {
            return None;
        }
        tokio::time::sleep(every).await;
        Some((Ok(Frame::data(Bytes::from_static(b"chunk\n"))), sent + 1))
    }))
    .boxed_unsync()
}

/// One piece has a length, several are chunked; nothing at all has the length 0.
fn sent(sends: &Sends) -> Result<Body> {
    if sends.pieces.len() <= 1 && sends.trailers.is_empty() {
        return Ok(full(sends.pieces.first().cloned().unwrap_or_default()));
    }
    let mut trailers = HeaderMap::new();
    for (name, value) in &sends.trailers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(hyper::http::Error::from)?;
        trailers.append(name, HeaderValue::from_str(value).map_err(hyper::http::Error::from)?);
    }
    let every = sends.every;
    let trailers = (!trailers.is_empty()).then_some(Frame::trailers(trailers));
    let frames = sends.pieces.clone().into_iter().map(Frame::data).chain(trailers).enumerate();
    let frames = stream::unfold(frames, move |mut frames| async move {
        let (nth, frame) = frames.next()?;
        if nth > 0 {
            tokio::time::sleep(every).await;
        }
        Some((Ok(frame), frames))
    });
    Ok(StreamBody::new(frames).boxed_unsync())
}

fn cut() -> Body {
    StreamBody::new(stream::unfold(false, |begun| async move {
        if begun {
            tokio::time::sleep(BEFORE_THE_CUT).await;
            return Some((Err(io::ErrorKind::ConnectionReset.into()), true));
        }
        Some((Ok(Frame::data(Bytes::from_static(b"half"))), true))
    }))
    .boxed_unsync()
}

fn grpc(status: u8) -> Body {
    const EMPTY_MESSAGE: &[u8] = &[0; 5];
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(u16::from(status)));
    let frames =
        [Ok(Frame::data(Bytes::from_static(EMPTY_MESSAGE))), Ok(Frame::trailers(trailers))];
    StreamBody::new(stream::iter(frames)).boxed_unsync()
}
