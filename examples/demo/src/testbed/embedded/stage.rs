//! The proxy, its servers and its users, on their thread.

use serinus_core::contract::Series;
use std::time::{Duration, Instant, UNIX_EPOCH};

use serde_json::Value;
use serinus_host::engine::{Engine, EngineOptions};
use serinus_host::filter::Filter;
use serinus_host::proxy::{Plugin, Proxy};
use serinus_host::upstream::{Answer, Behaviour, Cluster, Kind, Latency, Route};
use serinus_rig::{COHORT_HEADER, Done, Error, Result, UPSTREAM_HEADER, filter_path, wall_clock};

use super::super::{Gauges, LATENCY, PLUGIN, VERSIONS, unknown};
use super::traffic::Traffic;
use super::witnesses::Witnesses;
use crate::cli::Args;

/// Everything but the filter is simulated.
pub struct Stage {
    proxy: Proxy,
    traffic: Traffic,
    /// When the virtual clock began.
    began: Instant,
    /// What was seen.
    pub witnesses: Witnesses,
}

impl Stage {
    /// A stage with everyone on v1 and no rollout.
    ///
    /// # Errors
    /// If the filter does not load here, or refuses to start.
    pub fn build(args: &Args) -> Result<Self> {
        let engine = Engine::new(&EngineOptions::cached()).map_err(unexpected)?;
        let filter = Filter::load(&engine, filter_path()?).map_err(unexpected)?;
        let began = Instant::now();
        let wall = wall_clock(began).duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut builder = Proxy::builder()
            .workers(args.workers.into())
            .seed(args.seed)
            .start_at(u64::try_from(wall.as_nanos()).unwrap_or_default())
            .plugin(Plugin::new(&filter).name(PLUGIN).config(r#"{ "rollouts": [] }"#));
        for version in VERSIONS {
            builder = builder
                .cluster(version, Cluster::new(answers(version, 200)))
                .route(Route::to(version).header(COHORT_HEADER, version));
        }
        let proxy = builder.route(Route::to("v1")).start().map_err(unexpected)?;
        let witnesses = Witnesses::new(began, proxy.now());
        Ok(Self { proxy, traffic: Traffic::new(args), began, witnesses })
    }

    /// Lets everything happen that is due by now.
    pub fn catch_up(&mut self) {
        let now = self.began.elapsed();
        while let Some(due) = self.traffic.due().filter(|due| *due <= now) {
            self.advance_to(due);
            self.proxy.begin(self.traffic.next_request());
        }
        self.advance_to(now);
        self.look();
    }

    fn advance_to(&mut self, elapsed: Duration) {
        self.proxy.advance(elapsed.saturating_sub(self.proxy.elapsed()));
    }

    fn look(&mut self) {
        for exchange in self.proxy.finished() {
            let user = self.traffic.user_of(&exchange);
            self.witnesses.saw(&exchange, user);
        }
    }

    /// Has so many percent of a version's answers be 503 from now on.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn break_down(&mut self, version: &str, percent: u8) -> Result<()> {
        let known = VERSIONS.into_iter().find(|known| *known == version);
        let version = known.ok_or_else(|| unknown(version))?;
        let share = f64::from(percent) / 100.0;
        self.proxy.behave(version, answers(version, 200).sometimes(share, answers(version, 503)));
        Ok(())
    }

    /// Configures the plugin anew, on all workers at the same virtual moment.
    ///
    /// # Errors
    /// If it refuses.
    pub fn edit(&mut self, config: &Value) -> Result<()> {
        let edited = self.proxy.configure(PLUGIN, config.to_string().as_bytes());
        edited.map_err(|refused| {
            let log = self.log_lines();
            unexpected(format!("{refused}:\n{}", log[log.len().saturating_sub(5)..].join("\n")))
        })
    }

    /// What the filter says of itself.
    ///
    /// # Errors
    /// If it has died on a worker.
    pub fn gauges(&mut self, rollout: &str) -> Result<Gauges> {
        if let Some(failure) = self.proxy.failures().first() {
            return Err(unexpected(failure));
        }
        let gauge = |metric| {
            self.proxy.metric(&Series::of_rollout(metric, rollout).raw_name()).unwrap_or_default()
        };
        Ok(Gauges::read(gauge))
    }

    /// The lines logged since the last call.
    pub fn log_lines(&mut self) -> Vec<String> {
        self.proxy.take_logs().into_iter().map(|line| line.text).collect()
    }

    /// Lets nobody ask any more, and those who have asked be answered.
    pub fn finish(&mut self) -> Vec<Done> {
        self.traffic.close();
        self.proxy.advance(LATENCY.1);
        self.look();
        self.witnesses.take_exchanges()
    }
}

/// A version that says its name, as the real servers do.
fn answers(version: &'static str, status: u16) -> Behaviour {
    let answer = Answer::status(status).header(UPSTREAM_HEADER, version);
    Behaviour::of(Kind::Answer(answer)).latency(Latency::Uniform { min: LATENCY.0, max: LATENCY.1 })
}

fn unexpected(error: impl ToString) -> Error {
    Error::Unexpected(error.to_string())
}
