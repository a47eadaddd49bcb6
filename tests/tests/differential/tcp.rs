//! Scenarios over plain TCP: plugins as network filters before one cluster.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::scenario::{Behaviour, Connect, Plugin};

/// How long nothing must come for a client to think that nothing more will.
pub const QUIET: Duration = Duration::from_millis(700);

const WASM: &str = "type.googleapis.com/envoy.extensions.filters.network.wasm.v3.Wasm";
const PROXY: &str = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";

/// A server of raw bytes; it ends when it is dropped.
pub struct Server {
    pub addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Echoes if it is to echo; otherwise answers the first bytes with its body and closes.
    pub async fn start(behaviour: Behaviour) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let behaviour = behaviour.clone();
                tokio::spawn(async move { serve(stream, &behaviour).await });
            }
        });
        Ok(Self { addr, task })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, behaviour: &Behaviour) -> std::io::Result<()> {
    let mut bytes = [0; 4096];
    loop {
        let read = stream.read(&mut bytes).await?;
        if read == 0 {
            return Ok(());
        }
        tokio::time::sleep(behaviour.latency).await;
        if behaviour.reset {
            return stream.set_zero_linger();
        }
        if !behaviour.echo {
            stream.write_all(&behaviour.body.bytes()).await?;
            return stream.shutdown().await;
        }
        stream.write_all(&bytes[..read]).await?;
    }
}

/// The network filters of the listener: the plugins, then the proxy to the cluster.
pub fn filters(plugins: &[Plugin], module: &Path, cluster: &str) -> Value {
    let proxy = json!({ "@type": PROXY, "stat_prefix": "tcp", "cluster": cluster });
    let proxy = json!({ "name": "envoy.filters.network.tcp_proxy", "typed_config": proxy });
    plugins.iter().map(|plugin| filter(plugin, module)).chain([proxy]).collect()
}

fn filter(plugin: &Plugin, module: &Path) -> Value {
    let configuration = json!({
        "@type": "type.googleapis.com/google.protobuf.StringValue",
        "value": Plugin::text(&plugin.config),
    });
    let config = json!({
        "name": plugin.name,
        "root_id": plugin.root_id,
        "failure_policy": plugin.fail.name(),
        "configuration": configuration,
        "vm_config": {
            "vm_id": plugin.vm.id,
            "runtime": "envoy.wasm.runtime.v8",
            "code": { "local": { "filename": module } },
        },
    });
    json!({ "name": plugin.name, "typed_config": { "@type": WASM, "config": config } })
}

/// Plays a client, and says what it received.
pub async fn outcome(connect: &Connect, envoy: SocketAddr) -> String {
    match exchange(connect, envoy).await {
        Ok(text) => text,
        Err(error) => format!("failed: {}", error.kind()),
    }
}

async fn exchange(connect: &Connect, envoy: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(envoy).await?;
    stream.set_nodelay(true)?;
    for (nth, piece) in connect.send.iter().enumerate() {
        if nth > 0 {
            tokio::time::sleep(connect.every).await;
        }
        stream.write_all(piece.as_bytes()).await?;
    }
    tokio::time::sleep(connect.every).await;
    if connect.close {
        stream.shutdown().await?;
    }
    let mut received = Vec::new();
    let ended = read_all(&mut stream, &mut received).await;
    Ok(format!("received \"{}\" {ended}", received.escape_ascii()))
}

/// Reads until the peer ends, or nothing more comes for a while.
async fn read_all(stream: &mut TcpStream, into: &mut Vec<u8>) -> &'static str {
    loop {
        let mut bytes = [0; 4096];
        match tokio::time::timeout(QUIET, stream.read(&mut bytes)).await {
            Err(_) => return "still open",
            // A FIN or a RST, whichever is first.
            Ok(Ok(0) | Err(_)) => return "ended",
            Ok(Ok(read)) => into.extend(&bytes[..read]),
        }
    }
}
