//! On a real Envoy.

use serde_json::{Value, json};
use serinus_core::contract::{Label, MetricName};
use serinus_rig::{
    AccessEntry, Behaviour, COHORT_HEADER, Done, Envoy, Error, Filter, Hit, Load, LogTail, Metrics,
    Result, Running, Upstream, filter_path,
};

use super::{Gauges, Host, LATENCY, Later, PATH, PLUGIN, Testbed, USERS, VERSIONS, unknown};
use crate::cli::Args;

/// The users, an Envoy and the servers, in the order in which they have to end.
pub struct Real {
    traffic: Running,
    envoy: Envoy,
    envoy_version: String,
    log: LogTail,
    versions: Vec<Upstream>,
}

impl Real {
    /// Starts it.
    ///
    /// # Errors
    /// If Envoy or a server does not start.
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
        let envoy_version = number(&envoy.server_info().await?);
        let load = Load::new().rate(args.rate.into()).users(USERS).seed(args.seed);
        let (traffic, log) = (load.path(PATH).start(&envoy), envoy.log_tail());
        Ok(Self { traffic, envoy, envoy_version, log, versions })
    }

    fn version(&self, name: &str) -> Result<&Upstream> {
        self.versions.iter().find(|version| version.name() == name).ok_or_else(|| unknown(name))
    }

    async fn read_gauges(&self, rollout: &str) -> Result<Gauges> {
        if !self.envoy.is_alive() {
            let log = self.envoy.log_lines();
            let end = log[log.len().saturating_sub(5)..].join("\n");
            return Err(Error::Unexpected(format!("Envoy ended. Its last words:\n{end}")));
        }
        let page = Metrics::parse(&self.envoy.admin("/stats/prometheus?filter=serinus_").await?);
        let of_rollout = [(Label::Rollout.as_str(), rollout)];
        let gauge = |metric: MetricName| page.value(metric.as_str(), &of_rollout) as u64;
        Ok(Gauges::read(gauge))
    }

    async fn rest(&mut self) -> Vec<Done> {
        self.traffic.stop();
        let mut rest = Vec::new();
        while let Some(done) = self.traffic.next().await {
            rest.push(done);
        }
        rest
    }
}

impl Testbed for Real {
    fn host(&self) -> Host {
        Host::Envoy(self.envoy_version.clone())
    }

    fn exchanges(&mut self) -> Vec<Done> {
        self.traffic.so_far()
    }

    fn log_lines(&mut self) -> Vec<String> {
        self.log.new_lines()
    }

    fn arrivals(&self, version: &str) -> Result<Vec<Hit>> {
        Ok(self.version(version)?.hits())
    }

    fn access_log(&self) -> Vec<AccessEntry> {
        self.envoy.access_log()
    }

    fn break_down(&self, version: &str, percent: u8, seed: u64) -> Result<()> {
        let version = self.version(version)?;
        // From here on the same answers fail for the same seed, however many were given before.
        version.seed(seed);
        let error = Behaviour::status(503).latency_between(LATENCY.0, LATENCY.1);
        version.behave(healthy().sometimes(f64::from(percent) / 100.0, error));
        Ok(())
    }

    fn edit(&self, config: Value) -> Later<'_, Result<()>> {
        Box::pin(self.envoy.update_config(PLUGIN, config))
    }

    fn gauges(&self, rollout: &'static str) -> Later<'_, Result<Gauges>> {
        Box::pin(self.read_gauges(rollout))
    }

    fn finish(&mut self) -> Later<'_, Vec<Done>> {
        Box::pin(self.rest())
    }
}

/// A version that answers.
fn healthy() -> Behaviour {
    Behaviour::ok().latency_between(LATENCY.0, LATENCY.1)
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
fn number(server_info: &Value) -> String {
    let text = server_info["version"].as_str().unwrap_or_default();
    text.split('/').nth(1).unwrap_or("of unknown version").to_owned()
}
