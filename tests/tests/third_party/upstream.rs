//! The clusters of a scenario: servers that note whole requests, bodies and trailers included, and answer as told.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::http::{HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::keys;

const KEYS: &[&str] = &[
    "status",
    "headers",
    "body",
    "trailers",
    "grpc",
    "echo",
    "latency",
    "connect_fail",
    "timeout",
];

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Hit {
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub trailers: Vec<(String, String)>,
}

/// One cluster.
pub struct Upstream {
    pub addr: SocketAddr,
    hits: Arc<Mutex<Vec<Hit>>>,
    task: Option<JoinHandle<()>>,
}

impl Upstream {
    pub async fn start(behaviour: &Value) -> Result<Self> {
        keys::object(behaviour, KEYS)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let hits = Arc::new(Mutex::new(Vec::new()));
        // Nobody listens at a port that was bound and let go.
        let task = (behaviour.get("connect_fail").is_none())
            .then(|| tokio::spawn(accept(listener, behaviour.clone(), Arc::clone(&hits))));
        Ok(Self { addr, hits, task })
    }

    pub fn hits(&self) -> Vec<Hit> {
        self.hits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.iter().for_each(JoinHandle::abort);
    }
}

async fn accept(listener: TcpListener, behaviour: Value, hits: Arc<Mutex<Vec<Hit>>>) {
    let behaviour = Arc::new(behaviour);
    while let Ok((stream, _)) = listener.accept().await {
        let (behaviour, hits) = (Arc::clone(&behaviour), Arc::clone(&hits));
        let service = service_fn(move |request| {
            let (behaviour, hits) = (Arc::clone(&behaviour), Arc::clone(&hits));
            async move { serve(request, &behaviour, &hits).await }
        });
        tokio::spawn(async move {
            let builder = auto::Builder::new(TokioExecutor::new());
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// Any body.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;

async fn serve(
    request: Request<Incoming>,
    behaviour: &Value,
    hits: &Mutex<Vec<Hit>>,
) -> Result<Response<Body>> {
    let hit = read(request).await?;
    let echo = hit.body.clone();
    hits.lock().unwrap_or_else(PoisonError::into_inner).push(hit);
    if behaviour["timeout"] == true {
        std::future::pending::<()>().await;
    }
    if let Some(latency) = behaviour.get("latency") {
        tokio::time::sleep(keys::duration(latency)?).await;
    }
    answer(behaviour, echo)
}

async fn read(request: Request<Incoming>) -> Result<Hit> {
    let (head, body) = request.into_parts();
    let mut headers = vec![
        (":method".into(), head.method.to_string()),
        (":path".into(), head.uri.path_and_query().map(ToString::to_string).unwrap_or_default()),
    ];
    headers.extend(pairs(&head.headers));
    let body = body.collect().await.context("the request's body")?;
    let trailers = body.trailers().map(pairs).unwrap_or_default();
    let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    Ok(Hit { headers, body, trailers })
}

/// Bytes that are not UTF-8 are shown as Latin-1, so that no two values look the same.
pub fn pairs(map: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| {
        let bytes = value.as_bytes();
        std::str::from_utf8(bytes)
            .map_or_else(|_| bytes.iter().copied().map(char::from).collect(), Into::into)
    };
    map.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

/// Headers out of pairs of text.
pub fn map(pairs: Vec<(String, String)>) -> Result<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
    }
    Ok(map)
}

fn answer(behaviour: &Value, echo: String) -> Result<Response<Body>> {
    let mut trailers = keys::pairs(behaviour.get("trailers"));
    let mut headers = keys::pairs(behaviour.get("headers"));
    let mut body = if behaviour["echo"] == true {
        echo.into_bytes()
    } else {
        behaviour.get("body").map(keys::text).unwrap_or_default().into_bytes()
    };
    if let Some(status) = behaviour.get("grpc") {
        headers.push(("content-type".into(), "application/grpc".into()));
        trailers.push(("grpc-status".into(), keys::text(status)));
        // One empty message.
        body = vec![0; 5];
    }
    let mut response = Response::new(frames(body, map(trailers)?));
    *response.headers_mut() = map(headers)?;
    let status = behaviour.get("status").and_then(Value::as_u64).unwrap_or(200);
    *response.status_mut() = u16::try_from(status)?.try_into()?;
    Ok(response)
}

/// A body with its trailers, if there are any.
pub fn frames(body: Vec<u8>, trailers: HeaderMap) -> Body {
    if trailers.is_empty() {
        return Full::new(body.into()).boxed_unsync();
    }
    chunks(vec![body.into()], trailers, Duration::ZERO)
}

/// A body in pieces, one `every` so long.
pub fn chunks(pieces: Vec<Bytes>, trailers: HeaderMap, every: Duration) -> Body {
    let mut frames: Vec<Frame<Bytes>> = pieces.into_iter().map(Frame::data).collect();
    if !trailers.is_empty() {
        frames.push(Frame::trailers(trailers));
    }
    let stream = futures_util::stream::unfold(frames.into_iter(), move |mut rest| async move {
        let frame = rest.next()?;
        tokio::time::sleep(every).await;
        Some((Ok(frame), rest))
    });
    StreamBody::new(stream).boxed_unsync()
}
