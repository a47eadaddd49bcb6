//! Requests through Envoy: single ones with full control over their bytes, and [load].

mod call;
pub mod load;
mod payload;
mod pool;
mod reply;
pub mod stickiness;
mod users;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub use call::Call;
pub use reply::{Open, Reply};

use crate::{Error, PATIENCE, Result};
use pool::Pool;

/// A client with a number of keep-alive connections, which it uses in turn; clones share them.
#[derive(Clone)]
pub struct Client {
    pool: Arc<Pool>,
}

impl Client {
    /// A client with at most so many connections, opened when they are first needed.
    pub fn new(addr: SocketAddr, connections: usize) -> Self {
        Self { pool: Arc::new(Pool::new(addr, connections.max(1))) }
    }

    /// GET.
    pub fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    /// POST.
    pub fn post(&self, path: &str) -> Call {
        self.call("POST", path)
    }

    /// A gRPC call with an empty message.
    pub fn grpc(&self, method: &str) -> Call {
        let call = self
            .post(method)
            .http2()
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        call.body(&[0; 5][..])
    }

    /// Any method.
    pub fn call(&self, method: &str, path: &str) -> Call {
        Call::new(self.clone(), method, path)
    }

    /// Sends these bytes on a fresh connection, and returns what comes back until the peer closes it. For what no HTTP
    /// library would send; say `connection: close` in it.
    ///
    /// # Errors
    /// If the connection fails, or the peer leaves it open.
    pub async fn send_raw(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        let exchange = async {
            let mut stream = TcpStream::connect(self.pool.addr()).await?;
            stream.write_all(bytes).await?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.map(|_| answer)
        };
        let answer = tokio::time::timeout(PATIENCE, exchange).await;
        let what = "the end of a raw exchange";
        answer
            .map_err(|_| Error::GaveUp { what: what.into(), after: PATIENCE })?
            .map_err(Error::io(what))
    }
}
