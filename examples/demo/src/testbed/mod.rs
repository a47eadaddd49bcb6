//! Four versions of a server, a proxy before them, and users who keep asking.
//!
//! | module | the proxy |
//! |---|---|
//! | [`envoy`] | a real Envoy, with real servers and connections |
//! | `embedded` | the embedded host, for where no Envoy can be had: everything but the filter is simulated |
//!
//! The play needs little of either, and gets the same witnesses' records from both. It is built without the second
//! unless the feature `embedded` asks for it, because that takes a compiler of WebAssembly along.

#[cfg(feature = "embedded")]
mod embedded;
mod envoy;

use serinus_core::contract::{MetricName, RolloutState};
use std::pin::Pin;
use std::time::Duration;

use serde_json::Value;
use serinus_rig::{AccessEntry, Done, Error, Hit, Result, envoy_binary, filter_path};

use crate::cli::Args;
use crate::trouble::Trouble;
use crate::words::count;

/// How many users there are, each as busy as the others.
pub const USERS: usize = 5_000;

const VERSIONS: [&str; 4] = ["v1", "v2", "v3", "v4"];
const PLUGIN: &str = "serinus";
const PATH: &str = "/checkout";

/// What a web service takes; also so that some requests are always under way.
const LATENCY: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(25));

/// An answer that may take a while.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Everything that runs. When it is dropped, all of it ends.
pub trait Testbed {
    /// What it runs on.
    fn host(&self) -> Host;

    /// The exchanges that have ended since the last call.
    fn exchanges(&mut self) -> Vec<Done>;

    /// The lines logged since the last call.
    fn log_lines(&mut self) -> Vec<String>;

    /// The requests that have reached a version.
    ///
    /// # Errors
    /// If there is none of this name.
    fn arrivals(&self, version: &str) -> Result<Vec<Hit>>;

    /// The access log so far.
    fn access_log(&self) -> Vec<AccessEntry>;

    /// Has so many percent of a version's answers be 503 from now on, as fast as the others.
    ///
    /// # Errors
    /// If there is none of this name.
    fn break_down(&self, version: &str, percent: u8, seed: u64) -> Result<()>;

    /// Edits the plugin's configuration; done when every worker has it.
    ///
    /// # Errors
    /// If it is refused.
    fn edit(&self, config: Value) -> Later<'_, Result<()>>;

    /// What the filter says of itself.
    ///
    /// # Errors
    /// If the proxy has ended.
    fn gauges(&self, rollout: &'static str) -> Later<'_, Result<Gauges>>;

    /// Lets nobody ask any more, and those who have asked be answered: the exchanges not yet taken.
    fn finish(&mut self) -> Later<'_, Vec<Done>>;
}

/// What the filter says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// What the rollout is doing.
    pub state: RolloutState,
    /// The canary's weight, in 1/100000.
    pub weight: u64,
}

impl Gauges {
    /// The gauges by their values; a state that this build does not know is the state of a rollout that has just begun.
    fn read(gauge: impl Fn(MetricName) -> u64) -> Self {
        let state = RolloutState::from_code(gauge(MetricName::State)).unwrap_or_default();
        Self { state, weight: gauge(MetricName::CanaryWeight) }
    }
}

/// What a testbed runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// An Envoy of this version.
    Envoy(String),
    /// The embedded host.
    Embedded,
}

/// Whether there is anything to play with.
pub fn check_setup(args: &Args) -> Result<(), Trouble> {
    filter_path().map_err(Trouble::Setup)?;
    match args.embedded {
        true if cfg!(feature = "embedded") => Ok(()),
        true => Err(Trouble::NotBuiltIn),
        false => envoy_binary().map(|_| ()).map_err(|e| Trouble::NoEnvoy(e.to_string())),
    }
}

/// Starts one, with everyone on v1 and no rollout, and lets the users in.
pub async fn start(args: &Args) -> Result<Box<dyn Testbed>> {
    #[cfg(feature = "embedded")]
    if args.embedded {
        return Ok(Box::new(embedded::Embedded::start(args)?));
    }
    Ok(Box::new(envoy::Real::start(args).await?))
}

impl Host {
    /// What is being started, for the wait until it runs.
    pub fn starting(args: &Args) -> &'static str {
        if args.embedded {
            "Starting the embedded host, and four versions of a small web service that it simulates."
        } else {
            "Starting Envoy and four versions of a small web service."
        }
    }

    /// One line for the top.
    pub fn describe(&self, args: &Args) -> String {
        let (host, workers, users) = match self {
            Self::Envoy(version) => (format!("Envoy {version}, "), "workers", "users"),
            Self::Embedded => ("Embedded host, no Envoy: ".into(), "worker VMs", "simulated users"),
        };
        let (crowd, Args { workers: n, rate, seed, .. }) = (count(USERS as u64), args);
        format!("{host}{n} {workers}. {rate} requests/s from {crowd} {users}. Seed {seed}.")
    }
}

fn unknown(version: &str) -> Error {
    Error::Unexpected(format!("there is no {version}"))
}
