//! One request, with full control over its bytes.

use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::http::uri::{Authority, PathAndQuery, Uri};
use hyper::http::{self, HeaderMap, HeaderName, HeaderValue, Method, Request};

use super::Client;
use super::payload::{Body, Payload};
use super::reply::{Open, Reply};
use crate::{Error, PATIENCE, Result};

/// A request in the making. Errors in its parts come out when it is sent.
#[must_use = "a call does nothing until it is sent"]
pub struct Call {
    client: Client,
    method: http::Result<Method>,
    path: String,
    host: String,
    headers: http::Result<HeaderMap>,
    payload: Payload,
    http2: bool,
    alone: bool,
    patience: Duration,
}

impl Call {
    pub(super) fn new(client: Client, method: &str, path: &str) -> Self {
        Self {
            client,
            method: Method::from_bytes(method.as_bytes()).map_err(Into::into),
            path: path.into(),
            host: "serinus.test".into(),
            headers: Ok(HeaderMap::new()),
            payload: Payload::default(),
            http2: false,
            alone: false,
            patience: PATIENCE,
        }
    }

    /// Adds a header, once more if it is there already. Values may be any bytes but control characters: `b"\xff\xfe"`,
    /// 64 KiB, nothing.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers = self.headers.and_then(|mut headers| {
            let name = HeaderName::from_bytes(name.as_bytes())?;
            headers.try_append(name, HeaderValue::from_bytes(value.as_ref())?)?;
            Ok(headers)
        });
        self
    }

    /// Who asks: the header [`USER_HEADER`](crate::USER_HEADER).
    pub fn user(self, user: &str) -> Self {
        self.header(crate::USER_HEADER, user)
    }

    /// The host asked for; by default `serinus.test`.
    pub fn host(mut self, host: &str) -> Self {
        self.host = host.into();
        self
    }

    /// The request's body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.payload = Payload { pieces: vec![body.into()], ..self.payload };
        self
    }

    /// The request's body in pieces, with so much time between two of them.
    pub fn chunks<T: Into<Bytes>>(
        mut self,
        pieces: impl IntoIterator<Item = T>,
        every: Duration,
    ) -> Self {
        let pieces = pieces.into_iter().map(Into::into).collect();
        self.payload = Payload { pieces, every, ..self.payload };
        self
    }

    /// Adds a trailer. Over HTTP/1.1 it is dropped unless the header `trailer` names it.
    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        self.headers = self.headers.and_then(|headers| {
            let name = HeaderName::from_bytes(name.as_bytes())?;
            self.payload.trailers.try_append(name, HeaderValue::from_str(value)?)?;
            Ok(headers)
        });
        self
    }

    /// On an HTTP/2 connection of its own, as gRPC needs.
    pub fn http2(mut self) -> Self {
        self.http2 = true;
        self
    }

    /// On a fresh connection, which is closed afterwards.
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// Gives up after so long.
    pub fn timeout(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sends it, and reads the whole answer.
    ///
    /// # Errors
    /// If it cannot be put together, or no whole answer comes.
    pub async fn send(self) -> Result<Reply> {
        let patience = self.patience;
        let what = format!("the answer to {}", self.path);
        let exchange = async { self.begin().await?.collect().await };
        tokio::time::timeout(patience, exchange)
            .await
            .unwrap_or(Err(Error::GaveUp { what, after: patience }))
    }

    /// Sends it, and waits only for the headers of the answer; its body is then read by chunks.
    ///
    /// # Errors
    /// If it cannot be put together, or no headers come.
    pub async fn open(self) -> Result<Open> {
        let patience = self.patience;
        let what = format!("the headers of the answer to {}", self.path);
        let headers = tokio::time::timeout(patience, self.begin()).await;
        headers.unwrap_or(Err(Error::GaveUp { what, after: patience }))
    }

    /// Sends it on a fresh connection, and hangs up as soon as `when` is done: a client that
    /// disconnects in mid-request.
    ///
    /// # Errors
    /// If an answer, or an error, comes first.
    pub async fn hang_up<T>(self, when: impl Future<Output = T>) -> Result<T> {
        tokio::select! {
            done = when => Ok(done),
            answer = self.alone().send() => Err(answer.err().unwrap_or_else(|| Error::unexpected("answered before the hang-up"))),
        }
    }

    async fn begin(self) -> Result<Open> {
        let (client, http2, alone) = (self.client.clone(), self.http2, self.alone);
        let request = self.into_request()?;
        let mut lease = if http2 || alone {
            client.pool.apart(http2).await?
        } else {
            client.pool.lease().await?
        };
        let sent = Instant::now();
        let response = lease.send(request).await?;
        Ok(Open::new(response, lease, sent))
    }

    fn into_request(self) -> Result<Request<Body>> {
        let mut request = Request::new(self.payload.into_body());
        let path = PathAndQuery::try_from(self.path).map_err(http::Error::from)?;
        *request.method_mut() = self.method?;
        *request.headers_mut() = self.headers?;
        if self.http2 {
            let host = Authority::try_from(self.host).map_err(http::Error::from)?;
            *request.uri_mut() =
                Uri::builder().scheme("http").authority(host).path_and_query(path).build()?;
        } else {
            let host = HeaderValue::try_from(self.host).map_err(http::Error::from)?;
            *request.uri_mut() = path.into();
            request.headers_mut().entry("host").or_insert(host);
        }
        Ok(request)
    }
}
