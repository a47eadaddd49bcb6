//! A real Envoy with one listener, from its start to its end.

pub mod access_log;
mod admin;
mod bootstrap;
pub mod builder;
mod ecds;
mod files;
pub mod filter;
mod log;
pub mod metrics;
mod process;
mod update;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{Call, Client, Error, Result, eventually};
use access_log::AccessEntry;
use builder::Builder;
use ecds::Discovery;
use files::Files;
pub use log::LogTail;
use process::Process;

/// How many connections the handle's own client keeps.
const CONNECTIONS: usize = 16;

/// A running Envoy. It ends, and its files go, when this is dropped; and also when this process is
/// killed. With `SERINUS_KEEP=1` in the environment its files stay, and stderr says where.
pub struct Envoy {
    addr: SocketAddr,
    client: Client,
    admin: Client,
    discoveries: Mutex<HashMap<String, Discovery>>,
    process: Mutex<Process>,
    // Dropped last: Envoy writes into them until it ends.
    files: Files,
}

impl Envoy {
    /// Begins the description of one.
    pub fn builder() -> Builder {
        Builder::new()
    }

    async fn connect(files: Files, process: Process, discoveries: Vec<Discovery>) -> Result<Self> {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let discoveries = discoveries.into_iter().map(|d| (d.filter.name.clone(), d)).collect();
        let mut envoy = Self {
            addr: nowhere,
            client: Client::new(nowhere, CONNECTIONS),
            admin: Client::new(nowhere, 1),
            discoveries: Mutex::new(discoveries),
            process: Mutex::new(process),
            files,
        };
        let address = Files::read;
        let admin = envoy.while_alive("the admin address", || async {
            address(envoy.files.admin_address()).trim().parse().ok().map(Ok)
        });
        envoy.admin = Client::new(admin.await?, 2);
        let ready = || async {
            (envoy.admin.get("/ready").send().await.ok()?.status == 200).then_some(Ok(()))
        };
        envoy.while_alive("Envoy to be ready", ready).await?;
        let listening = envoy
            .while_alive("the listener", || async { envoy.listener_address().await.transpose() });
        envoy.addr = listening.await?;
        envoy.client = Client::new(envoy.addr, CONNECTIONS);
        Ok(envoy)
    }

    /// Waits for something that only a living Envoy does.
    async fn while_alive<T, F>(&self, what: &str, probe: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Option<Result<T>>>,
    {
        let probe = || async {
            let ended = self.process().ended();
            match ended {
                Some(status) => {
                    Some(Err(Error::EnvoyEnded { status: status.to_string(), log: self.log_end() }))
                }
                None => probe().await,
            }
        };
        eventually(what, probe).await?
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The directory of its configuration and logs.
    pub fn dir(&self) -> &Path {
        self.files.dir.path()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process().id()
    }

    /// Whether it still runs.
    pub fn is_alive(&self) -> bool {
        self.process().ended().is_none()
    }

    /// The memory it holds now.
    ///
    /// # Errors
    /// If it has ended.
    pub fn rss_bytes(&self) -> Result<u64> {
        self.process().rss_bytes()
    }

    /// The CPU time it has used so far, in steps of 10 ms.
    ///
    /// # Errors
    /// If it has ended.
    pub fn cpu_time(&self) -> Result<Duration> {
        self.process().cpu_time()
    }

    /// A client with 16 connections through this Envoy, shared with [`get`](Self::get) and the others.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// GET through this Envoy.
    pub fn get(&self, path: &str) -> Call {
        self.client.get(path)
    }

    /// POST through this Envoy.
    pub fn post(&self, path: &str) -> Call {
        self.client.post(path)
    }

    /// A gRPC call through this Envoy.
    pub fn grpc(&self, method: &str) -> Call {
        self.client.grpc(method)
    }

    /// Raw bytes to this Envoy; see [`Client::send_raw`].
    ///
    /// # Errors
    /// If the connection fails, or is not closed.
    pub async fn send_raw(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        self.client.send_raw(bytes).await
    }

    /// The access log so far; Envoy writes it every 50 ms.
    pub fn access_log(&self) -> Vec<AccessEntry> {
        access_log::parse(&Files::read(self.files.access_log()))
    }

    /// The access log, as soon as it has so many entries.
    ///
    /// # Errors
    /// [`Error::GaveUp`].
    pub async fn wait_for_access_log(&self, entries: usize) -> Result<Vec<AccessEntry>> {
        let what = format!("{entries} entries in the access log");
        eventually(what, || async { Some(self.access_log()).filter(|log| log.len() >= entries) })
            .await
    }

    /// Ends it, and waits until it is gone; returns its whole log.
    pub fn stop(self) -> Vec<String> {
        self.process().end();
        self.log_lines()
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        lock(&self.process)
    }

    fn discoveries(&self) -> MutexGuard<'_, HashMap<String, Discovery>> {
        lock(&self.discoveries)
    }
}

impl From<&Envoy> for SocketAddr {
    fn from(envoy: &Envoy) -> Self {
        envoy.addr
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
