//! Four versions of a server, an Envoy before them, and users who keep asking.

use std::time::Duration;

use serde_json::{Value, json};
use serinus_rig::{
    Behaviour, COHORT_HEADER, Envoy, Error, Filter, Load, Result, Running, Upstream, envoy_binary,
    filter_path,
};

use crate::cli::Args;
use crate::trouble::Trouble;
use crate::words::count;

/// How many users there are, each as busy as the others.
pub const USERS: usize = 5_000;

const VERSIONS: [&str; 4] = ["v1", "v2", "v3", "v4"];
const PLUGIN: &str = "serinus";

/// What a web service takes; also so that some requests are always under way.
const LATENCY: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(25));

/// Everything that runs. When it is dropped, all of it ends.
pub struct World {
    /// The proxy under test.
    pub envoy: Envoy,
    /// Its version.
    pub envoy_version: String,
    versions: Vec<Upstream>,
}

/// Whether there is anything to play with.
pub fn check_setup() -> Result<(), Trouble> {
    filter_path().map_err(Trouble::Setup)?;
    envoy_binary().map_err(|e| Trouble::NoEnvoy(e.to_string()))?;
    Ok(())
}

impl World {
    /// Starts it, with everyone on v1 and no rollout.
    pub async fn start(args: &Args) -> Result<Self> {
        let mut versions = Vec::new();
        for (seed, name) in (args.seed..).zip(VERSIONS) {
            let version = Upstream::start(name).await?;
            version.seed(seed);
            version.behave(healthy());
            versions.push(version);
        }
        let filter = Filter::wasm(PLUGIN).module(filter_path()?);
        let mut builder = Envoy::builder()
            .workers(args.workers.into())
            .internal_only_header(COHORT_HEADER)
            .filter(filter.config(json!({ "rollouts": [] })).ecds())
            .routes(routes());
        for version in &versions {
            builder = builder.cluster(version.name(), version);
        }
        let envoy = builder.start().await?;
        let envoy_version = version(&envoy.server_info().await?);
        Ok(Self { envoy, envoy_version, versions })
    }

    /// One line for the top.
    pub fn describe(&self, args: &Args) -> String {
        format!(
            "Envoy {}, {} workers. {} requests/s from {} users. Seed {}.",
            self.envoy_version,
            args.workers,
            args.rate,
            count(USERS as u64),
            args.seed,
        )
    }

    /// Users who ask until they are stopped.
    pub fn traffic(&self, args: &Args) -> Running {
        let load = Load::new().rate(args.rate.into()).users(USERS).seed(args.seed);
        load.path("/checkout").start(&self.envoy)
    }

    /// The server of a version.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn version(&self, name: &str) -> Result<&Upstream> {
        let missing = || Error::Unexpected(format!("there is no {name}"));
        self.versions.iter().find(|version| version.name() == name).ok_or_else(missing)
    }

    /// Edits the plugin's configuration file; returns when Envoy has taken it.
    ///
    /// # Errors
    /// If Envoy refuses it.
    pub async fn edit(&self, config: Value) -> Result<()> {
        self.envoy.update_config(PLUGIN, config).await
    }
}

/// A version that answers.
fn healthy() -> Behaviour {
    Behaviour::ok().latency_between(LATENCY.0, LATENCY.1)
}

/// A version of which so many percent of the answers are 503, as fast as the others.
pub fn failing(percent: u8) -> Behaviour {
    let error = Behaviour::status(503).latency_between(LATENCY.0, LATENCY.1);
    healthy().sometimes(f64::from(percent) / 100.0, error)
}

/// To each version by the header that the filter sets; without one, to v1.
fn routes() -> Vec<Value> {
    let by_header = |version: &str| {
        let header = json!([{ "name": COHORT_HEADER, "string_match": { "exact": version } }]);
        json!({ "match": { "prefix": "/", "headers": header }, "route": { "cluster": version } })
    };
    let otherwise = json!({ "match": { "prefix": "/" }, "route": { "cluster": "v1" } });
    VERSIONS.map(by_header).into_iter().chain([otherwise]).collect()
}

/// The number in `hash/1.40.0/Clean/RELEASE/BoringSSL`.
fn version(server_info: &Value) -> String {
    let text = server_info["version"].as_str().unwrap_or_default();
    text.split('/').nth(1).unwrap_or("of unknown version").to_owned()
}
