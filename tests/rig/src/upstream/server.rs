//! The listening half of an upstream: connections, and how they end.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::http::{Request, Response};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::answer::{Body, response};
use super::behaviour::Answer;
use super::{State, lock};

const BACKLOG: u32 = 1024;
const MAX_HEADERS: usize = 4096;

/// A port of our own that refuses connections until [`listen`] is called on it: bound, so that nobody else gets it.
pub(super) fn reserve(addr: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    Ok(socket)
}

pub(super) fn listen(socket: TcpSocket) -> io::Result<TcpListener> {
    socket.listen(BACKLOG)
}

/// Accepts until it is aborted, and takes its connections with it.
pub(super) async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(serve(stream, Arc::clone(&state))); }
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

/// Serves one connection, HTTP/1.1 or HTTP/2 by prior knowledge, until the peer or a [reset](Answer::Reset) ends it.
async fn serve(stream: TcpStream, state: Arc<State>) {
    let _ = stream.set_nodelay(true);
    let Ok(stream) = stream.into_std() else {
        return;
    };
    let (Ok(twin), Ok(stream)) = (stream.try_clone(), TcpStream::from_std(stream)) else {
        return;
    };
    let reset = Arc::new(Notify::new());
    let service = service_fn(|request| handle(request, Arc::clone(&state), Arc::clone(&reset)));
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().max_headers(MAX_HEADERS).max_buf_size(1 << 20);
    server.http2().max_header_list_size(1 << 20);
    tokio::select! {
        _ = server.serve_connection(TokioIo::new(stream), service) => {}
        // With linger 0 the last close of the socket, which is the twin's, sends RST instead of FIN.
        () = reset.notified() => { let _ = SockRef::from(&twin).set_linger(Some(Duration::ZERO)); }
    }
}

async fn handle(
    request: Request<Incoming>,
    state: Arc<State>,
    reset: Arc<Notify>,
) -> Result<Response<Body>, io::Error> {
    let (head, body) = request.into_parts();
    let at = Instant::now();
    let (behaviour, delay) = state.receive(at, &head);
    tokio::time::sleep(delay).await;
    match response(&state.name, &behaviour, &head).map_err(io::Error::other)? {
        Some(response) => {
            if let Ok(rest) = body.collect().await {
                let trailers = rest.trailers().cloned();
                lock(&state.record).complete(at, rest.to_bytes(), trailers);
            }
            Ok(response)
        }
        None => {
            if matches!(behaviour.answer, Answer::Reset) {
                reset.notify_one();
            }
            match std::future::pending::<Infallible>().await {}
        }
    }
}
