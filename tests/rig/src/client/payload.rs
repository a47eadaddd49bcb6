//! What a request carries after its headers: a body in one piece or in several, and trailers.
//!
//! A body in one piece has a `content-length`; over HTTP/1.1 one in several pieces is chunked, and over HTTP/2 it has
//! no length, as of a client that does not know yet what it will send.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper::http::HeaderMap;

pub(super) type Body = UnsyncBoxBody<Bytes, Infallible>;

#[derive(Default)]
pub(super) struct Payload {
    pub pieces: Vec<Bytes>,
    /// The time before each piece but the first.
    pub every: Duration,
    pub trailers: HeaderMap,
}

impl Payload {
    pub fn into_body(mut self) -> Body {
        if self.pieces.len() <= 1 && self.trailers.is_empty() {
            return Full::new(self.pieces.pop().unwrap_or_default()).boxed_unsync();
        }
        let every = self.every;
        let trailers = (!self.trailers.is_empty()).then_some(Frame::trailers(self.trailers));
        let frames = self.pieces.into_iter().map(Frame::data).chain(trailers).enumerate();
        StreamBody::new(stream::unfold(frames, move |mut frames| async move {
            let (nth, frame) = frames.next()?;
            if nth > 0 {
                tokio::time::sleep(every).await;
            }
            Some((Ok(frame), frames))
        }))
        .boxed_unsync()
    }
}
