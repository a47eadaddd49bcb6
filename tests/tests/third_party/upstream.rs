//! A cluster: a server that notes whole requests, bodies and trailers included, and answers as its phase says.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::http::{HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serinus_lab::scenario::cluster::{Answer, AnswerBody, Conduct, Ending, Latency, Phase};
use serinus_lab::scenario::http::{Body as Text, Headers};
use serinus_lab::scenario::observation::Message;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// A header that names a request, where several are under way at once.
pub const NUMBER: &str = "x-scenario-number";

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Hit {
    pub at: Instant,
    pub message: Message,
}

/// One cluster.
pub struct Upstream {
    pub addr: SocketAddr,
    shared: Arc<Shared>,
    task: Option<JoinHandle<()>>,
}

struct Shared {
    phase: Mutex<Phase>,
    hits: Mutex<Vec<Hit>>,
    random: Mutex<fastrand::Rng>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Upstream {
    pub async fn start(phase: &Phase, seed: u64) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared {
            phase: Mutex::new(phase.clone()),
            hits: Mutex::default(),
            random: Mutex::new(fastrand::Rng::with_seed(seed)),
        });
        let task = Some(tokio::spawn(accept(listener, Arc::clone(&shared))));
        let mut upstream = Self { addr, shared, task };
        upstream.behave(phase).await?;
        Ok(upstream)
    }

    /// What has arrived.
    pub fn hits(&self) -> Vec<Hit> {
        lock(&self.shared.hits).clone()
    }

    /// Behaves so from now on. Nobody listens while connections are to be refused.
    pub async fn behave(&mut self, phase: &Phase) -> Result<()> {
        *lock(&self.shared.phase) = phase.clone();
        let refuses = matches!(phase.conduct.ending, Ending::ConnectFail | Ending::NoHost);
        match (refuses, self.task.take()) {
            (true, Some(task)) => {
                task.abort();
                // Its connections end with it.
                let _ = task.await;
            }
            (false, None) => {
                let listener = TcpListener::bind(self.addr).await?;
                self.task = Some(tokio::spawn(accept(listener, Arc::clone(&self.shared))));
            }
            (_, task) => self.task = task,
        }
        Ok(())
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.iter().for_each(JoinHandle::abort);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        let service = service_fn(move |request| serve(request, Arc::clone(&shared)));
        connections.spawn(async move {
            let builder = auto::Builder::new(TokioExecutor::new());
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Any body.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;

async fn serve(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Body>> {
    let message = read(request).await?;
    let echo = message.body.clone();
    lock(&shared.hits).push(Hit { at: Instant::now(), message });
    let conduct = draw(&shared);
    tokio::time::sleep(latency(conduct.latency, &shared)).await;
    match &conduct.ending {
        Ending::Answer(spec) => answer(spec, echo),
        Ending::Timeout => std::future::pending().await,
        // The error ends the connection.
        Ending::Reset | Ending::ConnectFail | Ending::NoHost => bail!("reset"),
        Ending::ResetAfterHeaders(_) => bail!("reset after headers: only on the embedded host"),
    }
}

/// What becomes of this one request.
fn draw(shared: &Shared) -> Conduct {
    let phase = lock(&shared.phase).clone();
    let mut left = lock(&shared.random).f64();
    let sometimes = phase.sometimes.iter().find(|one| {
        left -= one.share.get();
        left < 0.0
    });
    sometimes.map_or(phase.conduct, |one| one.conduct.clone())
}

fn latency(latency: Latency, shared: &Shared) -> Duration {
    let mut random = lock(&shared.random);
    match latency {
        Latency::Fixed(latency) => latency,
        Latency::Uniform { min, max } => min + max.saturating_sub(min).mul_f64(random.f64()),
        Latency::LogNormal { median, p99 } => {
            // Box and Muller; 2.326 is the 99th percentile of the standard normal distribution.
            let radius = (-2.0 * (1.0 - random.f64()).ln()).sqrt();
            let normal = radius * (std::f64::consts::TAU * random.f64()).cos();
            let sigma = (p99.as_secs_f64() / median.as_secs_f64()).ln() / 2.326;
            median.mul_f64((sigma * normal).exp().min(1000.0))
        }
    }
}

async fn read(request: Request<Incoming>) -> Result<Message> {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let mut headers =
        vec![(":method".to_owned(), head.method.to_string()), (":path".to_owned(), path)];
    headers.extend(head.uri.authority().map(|host| (":authority".to_owned(), host.to_string())));
    headers.extend(pairs(&head.headers).0);
    let body = body.collect().await.context("the request's body")?;
    let trailers = body.trailers().map(pairs).unwrap_or_default();
    let body = body.to_bytes().to_vec();
    Ok(Message { status: None, headers: Headers(headers), body, trailers })
}

/// Bytes that are not UTF-8 are replaced, as the embedded host does.
pub fn pairs(map: &HeaderMap) -> Headers {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Headers(map.iter().map(|(name, value)| (name.to_string(), text(value))).collect())
}

/// Headers out of pairs of text.
pub fn map(headers: &Headers) -> Result<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in &headers.0 {
        map.append(HeaderName::try_from(name.as_str())?, HeaderValue::try_from(value.as_str())?);
    }
    Ok(map)
}

fn answer(spec: &Answer, echo: Vec<u8>) -> Result<Response<Body>> {
    let body = match &spec.body {
        AnswerBody::Of(Text::Bytes(bytes)) => bytes.clone(),
        AnswerBody::Of(body) => body.bytes(),
        AnswerBody::Echo => echo,
    };
    let chunk = body.len().div_ceil(usize::try_from(spec.chunks)?.max(1)).max(1);
    let pieces = body.chunks(chunk).map(Bytes::copy_from_slice).collect();
    let mut response = Response::new(chunks(pieces, map(&spec.trailers)?, spec.every));
    *response.headers_mut() = map(&spec.headers)?;
    if spec.trailers.0.is_empty() {
        response.headers_mut().insert("content-length", body.len().into());
    }
    *response.status_mut() = spec.status.try_into()?;
    Ok(response)
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
