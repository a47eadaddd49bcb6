//! What came back.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::http::response::Parts;
use hyper::http::{HeaderMap, Response};
use serde_json::Value;

use super::pool::Lease;
use crate::{Result, UPSTREAM_HEADER};

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The trailers, if any.
    pub trailers: HeaderMap,
    /// From sending to the end of the body.
    pub elapsed: Duration,
}

impl Reply {
    /// The name of the upstream that answered; empty where Envoy answered by itself.
    pub fn upstream(&self) -> &str {
        self.header(UPSTREAM_HEADER).unwrap_or_default()
    }

    /// A response header, the first of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// If it is not.
    pub fn json(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// All values of a **request** header as the upstream received them, by its echo.
    pub fn received(&self, name: &str) -> Vec<String> {
        let echo = self.json().unwrap_or_default();
        let headers = echo["headers"].as_array().into_iter().flatten();
        headers
            .filter(|pair| pair[0] == name)
            .filter_map(|pair| pair[1].as_str().map(Into::into))
            .collect()
    }

    /// The gRPC status, from the trailers or, where there are none, from the headers.
    pub fn grpc_status(&self) -> Option<u8> {
        let status =
            self.trailers.get("grpc-status").or_else(|| self.headers.get("grpc-status"))?;
        status.to_str().ok()?.parse().ok()
    }
}

/// An answer of which the body is still to come. Dropping it hangs up.
pub struct Open {
    head: Parts,
    body: Incoming,
    lease: Lease,
    sent: Instant,
}

impl Open {
    pub(super) fn new(response: Response<Incoming>, lease: Lease, sent: Instant) -> Self {
        let (head, body) = response.into_parts();
        Self { head, body, lease, sent }
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The name of the upstream that answers; empty where Envoy answers by itself.
    pub fn upstream(&self) -> &str {
        self.headers().get(UPSTREAM_HEADER).and_then(|name| name.to_str().ok()).unwrap_or_default()
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// If the body is cut off.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        while let Some(frame) = self.body.frame().await {
            if let Ok(data) = frame?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// The rest of it.
    ///
    /// # Errors
    /// If the body is cut off.
    pub async fn collect(self) -> Result<Reply> {
        let body = self.body.collect().await?;
        let trailers = body.trailers().cloned().unwrap_or_default();
        self.lease.give_back();
        Ok(Reply {
            status: self.head.status.as_u16(),
            headers: self.head.headers,
            body: body.to_bytes(),
            trailers,
            elapsed: self.sent.elapsed(),
        })
    }
}
