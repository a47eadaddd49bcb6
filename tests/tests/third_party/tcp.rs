//! The bytes of a TCP scenario.

use std::time::Duration;

use anyhow::Result;
use serde_json::Value;
use serinus_rig::{Envoy, PATIENCE};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::{expect, keys};

/// A server that sends back what it gets, and tells at the end what that was.
pub struct Echo {
    pub listener: TcpListener,
}

impl Echo {
    /// Serves the next connection until it is closed.
    pub fn serve(self) -> JoinHandle<Result<(TcpListener, String)>> {
        tokio::spawn(async move {
            let (mut stream, _) = self.listener.accept().await?;
            let mut all = Vec::new();
            let mut some = [0; 1024];
            while let Ok(count @ 1..) = stream.read(&mut some).await {
                all.extend_from_slice(&some[..count]);
                stream.write_all(&some[..count]).await?;
            }
            Ok((self.listener, String::from_utf8_lossy(&all).into_owned()))
        })
    }
}

/// One connection, and what came of it.
pub async fn connect(envoy: &Envoy, echo: Echo, step: &Value) -> Result<Echo> {
    let connect = &step["connect"];
    keys::object(connect, &["send", "close", "every"])?;
    let expected = &step["expect"];
    keys::object(expected, &["received", "sent", "logs"])?;
    let serving = echo.serve();
    let mut stream = TcpStream::connect(envoy.addr()).await?;
    let every = connect.get("every").map_or(Ok(Duration::ZERO), keys::duration)?;
    let mut received = Vec::new();
    for piece in keys::list(connect.get("send")) {
        stream.write_all(keys::text(piece).as_bytes()).await?;
        tokio::time::sleep(every).await;
    }
    if connect["close"] == true {
        stream.shutdown().await?;
    }
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut received)).await??;
    drop(stream);
    let (listener, sent) = serving.await??;
    expect::ensure_text("received", &String::from_utf8_lossy(&received), &expected["received"])?;
    expect::ensure_text("sent", &sent, &expected["sent"])?;
    Ok(Echo { listener })
}
