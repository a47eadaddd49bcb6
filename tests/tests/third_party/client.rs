//! Requests and connections to the Envoy.

use std::net::SocketAddr;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::{Response, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serinus_lab::scenario::observation::Message;
use serinus_lab::scenario::request::{Connection, Request};
use serinus_rig::PATIENCE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::upstream::{self, Body};

/// Sends a request over a connection of its own; `None`: there was no answer, or the client did not wait for it.
pub async fn send(to: SocketAddr, request: &Request, http2: bool) -> Option<Message> {
    let patience = request.hang_up.unwrap_or(PATIENCE);
    tokio::time::timeout(patience, exchange(to, request, http2)).await.ok()?.ok()
}

async fn exchange(to: SocketAddr, spec: &Request, http2: bool) -> Result<Message> {
    let stream = TokioIo::new(TcpStream::connect(to).await?);
    let request = request(spec, http2)?;
    let response = if http2 {
        let (mut client, connection) = http2::handshake(TokioExecutor::new(), stream).await?;
        tokio::spawn(connection);
        client.send_request(request).await?
    } else {
        let (mut client, connection) = http1::handshake(stream).await?;
        tokio::spawn(connection);
        client.send_request(request).await?
    };
    read(response).await
}

fn request(spec: &Request, http2: bool) -> Result<hyper::Request<Body>> {
    let uri: Uri = match http2 {
        true => format!("http://{}{}", spec.host, spec.path).parse()?,
        false => spec.path.parse()?,
    };
    let mut headers = upstream::map(&spec.headers)?;
    if !http2 {
        headers.insert("host", spec.host.as_str().try_into()?);
    }
    let trailers = upstream::map(&spec.trailers)?;
    let pieces: Vec<Bytes> =
        spec.chunks.iter().map(|chunk| Bytes::copy_from_slice(chunk)).collect();
    // One piece or none has a length; only what comes in pieces is sent in chunks.
    let body = match pieces.as_slice() {
        [] if trailers.is_empty() => Full::default().boxed_unsync(),
        [one] if trailers.is_empty() => Full::new(one.clone()).boxed_unsync(),
        _ => upstream::chunks(pieces, trailers, spec.every),
    };
    let mut request = hyper::Request::builder().method(spec.method.as_str()).uri(uri).body(body)?;
    *request.headers_mut() = headers;
    Ok(request)
}

async fn read(response: Response<Incoming>) -> Result<Message> {
    let (head, body) = response.into_parts();
    let body = body.collect().await?;
    Ok(Message {
        status: Some(head.status.as_u16()),
        headers: upstream::pairs(&head.headers),
        trailers: body.trailers().map(upstream::pairs).unwrap_or_default(),
        body: body.to_bytes().to_vec(),
    })
}

/// Opens a connection, sends, and reads to the end.
pub async fn connect(to: SocketAddr, spec: &Connection) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(to).await?;
    let mut received = Vec::new();
    for piece in &spec.send {
        stream.write_all(piece).await?;
        tokio::time::sleep(spec.every).await;
    }
    if spec.close {
        stream.shutdown().await?;
    }
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut received)).await?;
    Ok(received)
}
