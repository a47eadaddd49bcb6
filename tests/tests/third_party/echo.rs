//! A server that sends back what it gets.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The server of a TCP scenario.
pub struct Echo {
    pub addr: SocketAddr,
    received: Arc<Mutex<Vec<u8>>>,
}

impl Echo {
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (addr, received) = (listener.local_addr()?, Arc::default());
        let all = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&all)));
            }
        });
        Ok(Self { addr, received })
    }

    /// What it has received since it was last asked.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.received.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn serve(mut stream: TcpStream, all: Arc<Mutex<Vec<u8>>>) {
    let mut some = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut some).await {
        let piece = some.get(..count).unwrap_or_default();
        all.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(piece);
        if stream.write_all(piece).await.is_err() {
            return;
        }
    }
}
