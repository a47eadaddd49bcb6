//! The run.

use super::entry::{Entry, Origin};
use super::merge::{MergeError, Merged};
use super::what_if::{Canary, behaviour, leaves};
use crate::not_taken::{NotTakenError, taken};
use crate::recorder::Recorder;
use crate::report::Report;
use crate::scenario::observation::Finished;
use crate::scenario::{Progress, tell_log};
use bytes::Bytes;
use serinus_core::cohort::attribute::{Attributes, Reads};
use serinus_core::cohort::unit;
use serinus_core::config::Rollout;
use serinus_host::filter::Filter;
use serinus_host::proxy::{Exchange, Plugin, Proxy, Request, StartError};
use serinus_host::upstream::{Cluster, Route};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, UNIX_EPOCH};

/// Longer than any log is silent. Every second of it costs a tick of every VM.
const LONGEST_SILENCE: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long what is under way at the end is waited for.
const LINGER: Duration = Duration::from_secs(3600);

/// How many things may happen before they are told: nobody keeps them meanwhile but the host.
const BATCH: u32 = 1024;

/// The authority of requests whose log has none.
const HOST: &str = "example.com";

/// How it is replayed.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What is assumed of the canary.
    pub canary: Canary,
    /// The cluster that was the canary when the log was written.
    pub canary_cluster: String,
    /// Of everything that is drawn.
    pub seed: u64,
}

/// Why it cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The filter does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The filter is one that does not take this rollout.
    #[error(transparent)]
    NotTakenError(#[from] NotTakenError),
    /// A log cannot be read to its end.
    #[error(transparent)]
    MergeError(#[from] MergeError),
    /// There is nothing to replay.
    #[error("no log has an entry that can be read")]
    Empty,
    /// One entry is of another time than the rest.
    #[error(
        "{file}:{line}: begins {days} days after the entry before it: one of the two has a wrong time; take it out, or replay the \
         parts one by one"
    )]
    Silence {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// How long it was silent before.
        days: u64,
    },
}

/// What became of the requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that were sent.
    pub sent: u64,
    /// Those to the canary, and to the baseline.
    pub canary: Side,
    /// Likewise.
    pub baseline: Side,
    /// Requests without what any rollout knows its users by.
    pub unknown: u64,
    /// Requests whose log says no authority.
    pub without_host: u64,
}

/// The requests that one cohort was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// All.
    pub requests: u64,
    /// Those that the canary had served when the log was written.
    pub logged_at_canary: u64,
}

/// What came of a replay.
#[derive(Debug)]
pub struct Played {
    /// How many of what.
    pub counts: Counts,
    /// When it began, and how long it lasted by its own clock.
    pub began_ms: u64,
    /// Likewise.
    pub lasted: Duration,
    /// What was taken down: decisions, states, logs.
    pub seen: Report,
}

/// Replays all entries.
///
/// # Errors
/// If there are none, or no more can be had.
pub fn play(
    filter: &Filter,
    config: &[u8],
    rollouts: &[Rollout],
    entries: &mut Merged,
    options: &Options,
    progress: &mut dyn Progress,
) -> Result<Played, ReplayError> {
    let first = entries.earliest()?.ok_or(ReplayError::Empty)?;
    let mut replay = Replay::start(filter, config, rollouts, options, first.at)?;
    let mut next = Some(first);
    while let Some(entry) = next {
        replay.check(&entry, entries)?;
        replay.until(entry.at);
        replay.send(entry);
        progress.at(replay.elapsed(), None, replay.counts.sent);
        next = entries.earliest()?;
    }
    Ok(replay.finish())
}

struct Replay<'a> {
    proxy: Proxy,
    rollouts: &'a [Rollout],
    options: &'a Options,
    recorder: Recorder,
    random: fastrand::Rng,
    began: u64,
    counts: Counts,
}

impl<'a> Replay<'a> {
    fn start(
        filter: &Filter,
        config: &[u8],
        rollouts: &'a [Rollout],
        options: &'a Options,
        began: u64,
    ) -> Result<Self, ReplayError> {
        let plugin = Plugin::new(filter).name("serinus").config(config.to_vec());
        let mut builder = Proxy::builder().seed(options.seed).start_at(began).plugin(plugin);
        for rollout in rollouts {
            let route = &rollout.route;
            builder = builder.route(plain("canary").header(&route.header, &route.canary));
        }
        let builder = builder.route(plain("baseline"));
        let builder = builder.cluster("canary", Cluster::default());
        let proxy = builder.cluster("baseline", Cluster::default()).start()?;
        let logs = proxy.logs();
        taken(logs.iter().map(|line| (&*line.plugin, &*line.text)), |_| true)?;
        let mut recorder = Recorder::new(UNIX_EPOCH + Duration::from_nanos(began), None);
        recorder.watch("", config);
        // Other numbers than those that the host draws of the same seed.
        let random = fastrand::Rng::with_seed(options.seed ^ 0x7265_706c_6179);
        let counts = Counts::default();
        Ok(Self { proxy, rollouts, options, recorder, random, began, counts })
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.proxy.now().saturating_sub(self.began))
    }

    fn check(&self, entry: &Entry, entries: &Merged) -> Result<(), ReplayError> {
        let silence = Duration::from_nanos(entry.at.saturating_sub(self.proxy.now()));
        if silence <= LONGEST_SILENCE {
            return Ok(());
        }
        let Origin { file, line } = entry.origin;
        let file = entries.names().get(file).cloned().unwrap_or_default();
        Err(ReplayError::Silence { file, line, days: silence.as_secs() / 86_400 })
    }

    /// Lets time pass up to this moment.
    fn until(&mut self, end: u64) {
        loop {
            let sample = u64::try_from(self.recorder.next_at().as_nanos()).unwrap_or(u64::MAX);
            let stop = end.min(self.began.saturating_add(sample));
            self.run(stop);
            if self.elapsed() >= self.recorder.next_at() {
                self.recorder.sample(self.elapsed(), &self.proxy);
            }
            if stop >= end {
                return;
            }
        }
    }

    fn run(&mut self, stop: u64) {
        loop {
            let happened = (0..BATCH).all(|_| self.proxy.step(stop));
            self.tell();
            if !happened {
                return;
            }
        }
    }

    fn tell(&mut self) {
        for line in self.proxy.take_logs() {
            if let Some(line) = tell_log(&line, self.began) {
                self.recorder.logged(&line);
            }
        }
        for over in self.proxy.finished() {
            self.over(&over);
        }
    }

    fn over(&mut self, over: &Exchange) {
        let since = |at: u64| Duration::from_nanos(at.saturating_sub(self.began));
        let side = match over.asked() {
            Some("canary") => &mut self.counts.canary,
            _ => &mut self.counts.baseline,
        };
        side.requests += 1;
        side.logged_at_canary += over.tag;
        self.recorder.finished(&Finished {
            began: since(over.began),
            ended: since(over.ended),
            cluster: over.asked(),
            status: over.status(),
            ..Finished::default()
        });
    }

    fn send(&mut self, entry: Entry) {
        self.counts.sent += 1;
        self.counts.unknown += u64::from(!self.is_known(&entry));
        self.counts.without_host += u64::from(entry.host.is_empty());
        // The router draws what becomes of a request when it asks the upstream, which is at once: nothing here
        // has a body, and the filter waits for nothing.
        self.proxy.behave("baseline", behaviour(&entry.ending));
        self.proxy.behave("canary", self.options.canary.ends(&entry.ending, &mut self.random));
        let tag = u64::from(self.was_canary(&entry));
        self.proxy.begin(request(entry, tag));
        self.tell();
    }

    /// Whether the canary served it when the log was written.
    fn was_canary(&self, entry: &Entry) -> bool {
        let cluster = entry.cluster.as_deref() == Some(&self.options.canary_cluster);
        let header =
            |rollout: &Rollout| entry.header(&rollout.route.header) == Some(&rollout.route.canary);
        cluster || self.rollouts.iter().any(header)
    }

    /// Whether it has what a rollout knows its users by.
    fn is_known(&self, entry: &Entry) -> bool {
        let seen = LoggedAttributes(entry);
        let reads = Reads::new(&seen);
        self.rollouts.iter().any(|rollout| unit::find(&rollout.cohorts.units, &reads).is_some())
    }

    fn finish(mut self) -> Played {
        let end = self.proxy.now().saturating_add(LINGER.as_nanos() as u64);
        while self.proxy.in_flight() > 0 && self.proxy.now() < end {
            let second = self.proxy.now().saturating_add(1_000_000_000);
            self.until(second.min(end));
        }
        let lasted = self.elapsed();
        self.recorder.end(lasted, &self.proxy);
        let seen = self.recorder.report(lasted);
        Played { counts: self.counts, began_ms: self.began / 1_000_000, lasted, seen }
    }
}

/// A route that cuts nothing off: how long a request takes, the log has said.
fn plain(cluster: &str) -> Route {
    Route::to(cluster).named(cluster).timeout(Duration::ZERO).idle_timeout(2 * LINGER)
}

fn request(entry: Entry, tag: u64) -> Request {
    let bytes = |text: String| Bytes::from(text.into_bytes());
    let host = if entry.host.is_empty() { HOST.to_owned() } else { entry.host };
    let source = entry.source.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let request = Request::new(&entry.method, &entry.path).host(&host).source(source);
    let mut request = request.tag(tag).keep(false);
    request.headers = entry.headers.into_iter().map(|(k, v)| (bytes(k), bytes(v))).collect();
    request.hang_up = leaves(&entry.ending);
    request
}

/// A request as the filter would see it, as far as the log has it.
struct LoggedAttributes<'a>(&'a Entry);

impl Attributes for LoggedAttributes<'_> {
    fn header(&self, name: &str) -> Option<Vec<u8>> {
        let value = match name {
            ":path" => Some(self.0.path.as_str()),
            ":method" => Some(self.0.method.as_str()),
            ":authority" => Some(self.0.host.as_str()),
            name => self.0.header(name),
        };
        value.map(|value| value.as_bytes().to_vec())
    }

    fn jwt_claim(&self, _: &str) -> Option<Vec<u8>> {
        None
    }

    fn source_address(&self) -> Option<Vec<u8>> {
        self.0.source.map(|source| source.to_string().into_bytes())
    }

    fn now(&self) -> u64 {
        self.0.at / 1_000_000
    }

    fn random(&self) -> Option<[u8; 16]> {
        // A cookie that would be issued now is no identity yet.
        None
    }
}
