//! Live traffic of many users.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

pub use super::users::{Picker, Users};
use super::{Call, Client};
use crate::Result;

type Shape = Arc<dyn Fn(&str, Call) -> Call + Send + Sync>;

/// Traffic in the making: an open loop, which sends at its rate however slowly the answers come, until
/// [`outstanding`](Self::outstanding) requests wait. Then it sends as answers free a place, and
/// catches up later: no request is left out.
#[derive(Clone)]
pub struct Load {
    rate: Option<f64>,
    requests: Option<u64>,
    duration: Option<Duration>,
    users: Users,
    seed: u64,
    path: String,
    connections: usize,
    shape: Shape,
}

impl Default for Load {
    fn default() -> Self {
        Self::new()
    }
}

impl Load {
    /// As fast as 64 connections allow, without end, from 1,000 users, to `/`.
    pub fn new() -> Self {
        Self {
            rate: None,
            requests: None,
            duration: None,
            users: Users::Uniform(1_000),
            seed: 1,
            path: "/".into(),
            connections: 64,
            shape: Arc::new(|_, call| call),
        }
    }

    /// So many requests per second, evenly spaced.
    #[must_use]
    pub fn rate(mut self, per_second: f64) -> Self {
        self.rate = Some(per_second);
        self
    }

    /// Ends after so many requests.
    #[must_use]
    pub fn requests(mut self, count: u64) -> Self {
        self.requests = Some(count);
        self
    }

    /// Ends after so long.
    #[must_use]
    pub fn lasting(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// Who sends them: a number of equal users, or any [`Users`].
    #[must_use]
    pub fn users(mut self, users: impl Into<Users>) -> Self {
        self.users = users.into();
        self
    }

    /// Seeds the draw of the users; the default is 1.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// What they ask for.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        self.path = path.into();
        self
    }

    /// How many requests may wait for their answer, each on a connection of its own.
    #[must_use]
    pub fn outstanding(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// Shapes each request; without it, it is a GET with the user's header: `|user, call| call.header("cookie", ...)`.
    #[must_use]
    pub fn shape(mut self, shape: impl Fn(&str, Call) -> Call + Send + Sync + 'static) -> Self {
        self.shape = Arc::new(shape);
        self
    }

    /// Starts sending, to an Envoy or to any address.
    pub fn start(&self, target: impl Into<SocketAddr>) -> Running {
        let (results, done) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let client = Client::new(target.into(), self.connections);
        let task = tokio::spawn(self.clone().run(client, results, stopped));
        Running { done, stop, task }
    }

    async fn run(
        self,
        client: Client,
        results: UnboundedSender<Done>,
        mut stopped: watch::Receiver<bool>,
    ) {
        let places = Arc::new(Semaphore::new(self.connections));
        let mut picker = Picker::new(self.users.clone(), self.seed);
        let mut exchanges = JoinSet::new();
        let start = Instant::now();
        for n in 0..self.requests.unwrap_or(u64::MAX) {
            let due = start
                + self.rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(n as f64 / rate));
            if self.duration.is_some_and(|duration| due.max(Instant::now()) >= start + duration) {
                break;
            }
            let place = async {
                tokio::time::sleep_until(due.into()).await;
                Arc::clone(&places).acquire_owned().await
            };
            let place =
                tokio::select! { biased; _ = stopped.changed() => break, place = place => place };
            let user = picker.pick();
            let call = (self.shape)(&user, client.get(&self.path).user(&user));
            let results = results.clone();
            exchanges.spawn(async move {
                let _ = results.send(Done::of(user, call).await);
                drop(place);
            });
            while exchanges.try_join_next().is_some() {}
        }
        while exchanges.join_next().await.is_some() {}
    }
}

/// One exchange of a load.
#[derive(Clone, Debug)]
pub struct Done {
    /// Who asked.
    pub user: String,
    /// When the request was handed to its connection.
    pub at_sent: Instant,
    /// When the answer was complete, or the exchange had failed.
    pub at_done: Instant,
    /// The status; `Err` with the reason where no whole answer came.
    pub status: Result<u16, String>,
    /// The upstream that answered; `None` where Envoy answered by itself, or nobody.
    pub upstream: Option<String>,
}

impl Done {
    async fn of(user: String, call: Call) -> Self {
        let at_sent = Instant::now();
        let reply = call.send().await;
        let upstream = reply.as_ref().ok().map(|reply| reply.upstream().to_owned());
        Self {
            user,
            at_sent,
            at_done: Instant::now(),
            status: reply.map(|reply| reply.status).map_err(|error| error.to_string()),
            upstream: upstream.filter(|name| !name.is_empty()),
        }
    }

    /// Whether a status below 500 came back.
    pub fn is_ok(&self) -> bool {
        matches!(self.status, Ok(status) if status < 500)
    }
}

/// A load under way. Dropping it breaks it off.
pub struct Running {
    done: UnboundedReceiver<Done>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    /// The next exchange to end; `None` once all have.
    pub async fn next(&mut self) -> Option<Done> {
        self.done.recv().await
    }

    /// The exchanges that have ended and were not yet taken.
    pub fn so_far(&mut self) -> Vec<Done> {
        std::iter::from_fn(|| self.done.try_recv().ok()).collect()
    }

    /// Sends nothing more; what is under way is finished.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits for its end, and returns the exchanges that were not yet taken.
    pub async fn finish(mut self) -> Vec<Done> {
        let mut all = Vec::new();
        while let Some(done) = self.next().await {
            all.push(done);
        }
        all
    }

    /// [Stops](Self::stop), then [finishes](Self::finish).
    pub async fn stop_and_finish(self) -> Vec<Done> {
        self.stop();
        self.finish().await
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
