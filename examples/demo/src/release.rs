//! The three rollouts, as an operator would write them.

use serde_json::{Value, json};
use serinus_core::config;
use serinus_core::gate::Gate;
use serinus_core::stats::confidence::{Prior, interval};
use std::time::Duration;

/// One rollout of the play: which version against which.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    /// The rollout's name.
    pub name: &'static str,
    /// The version that serves.
    pub baseline: &'static str,
    /// The version that is tried.
    pub canary: &'static str,
    stages: fn() -> Value,
}

/// It will turn bad. Its first stage is long, so only the guard can end it.
pub const BAD: Release = Release {
    name: "checkout-v2",
    baseline: "v1",
    canary: "v2",
    stages: || json!([{ "weight": "5%", "min_time": "1h" }, { "weight": "100%" }]),
};

/// It is healthy. Real stages last minutes to hours; these are as short as their gates allow.
pub const GOOD: Release = Release {
    name: "checkout-v3",
    baseline: "v1",
    canary: "v3",
    stages: || {
        json!([
            { "weight": "5%", "min_time": "4s" },
            { "weight": "25%", "min_time": "3s" },
            { "weight": "50%", "min_time": "3s" },
            { "weight": "100%", "watch": "4s" },
        ])
    },
};

/// It is healthy by every metric, and somebody wants it gone.
pub const UNWANTED: Release = Release {
    name: "checkout-v4",
    baseline: "v3",
    canary: "v4",
    stages: || json!([{ "weight": "50%", "min_time": "1h" }, { "weight": "100%" }]),
};

/// All of them.
pub const ALL: [Release; 3] = [BAD, GOOD, UNWANTED];

/// The share of failures that [`GOOD`] must be shown to stay under.
pub const ERROR_LIMIT: f64 = 0.02;

impl Release {
    /// The release of a rollout's name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|release| release.name == name)
    }

    /// The plugin's configuration. The guard is left at its defaults.
    pub fn config(&self) -> Value {
        json!({
            "rollout": self.name,
            "unit": [{ "header": serinus_rig::USER_HEADER }],
            "route": { "header": serinus_rig::COHORT_HEADER, "baseline": self.baseline, "canary": self.canary },
            "stages": (self.stages)(),
            "gates": [
                { "metric": "errors", "max": ERROR_LIMIT },
                { "metric": "latency", "quantile": "p95", "max": "250ms", "severity": "warn" },
            ],
        })
    }

    /// The same with `kill: true`.
    pub fn killed(&self) -> Value {
        let mut config = self.config();
        config["kill"] = true.into();
        config
    }

    /// How many canary requests without a failure each stage needs before its gates can pass, with its share.
    /// `None` if the core does not accept the rollout.
    pub fn evidence(&self) -> Option<Evidence> {
        let rollout = config::from_value(&self.config()).ok()?.into_iter().next()?;
        let alpha = rollout.levels.promote;
        let limits = rollout.gates.iter().filter_map(Gate::limit);
        let needed = limits.map(|limit| clean_requests(limit, alpha));
        let stages = rollout.stages.iter();
        Some(Evidence {
            requests: needed.max().unwrap_or(0),
            stages: stages
                .map(|stage| {
                    (f64::from(stage.weight.get()) / 1e5, Duration::from_millis(stage.min_time_ms))
                })
                .collect(),
        })
    }
}

/// What it takes to leave each stage.
pub struct Evidence {
    /// Clean canary requests.
    pub requests: u64,
    stages: Vec<(f64, Duration)>,
}

impl Evidence {
    /// How long the first stage takes at `rate` requests per second if nothing fails.
    pub fn first_stage(&self, rate: u32) -> Duration {
        self.stages.first().map_or(Duration::ZERO, |stage| self.stage(*stage, rate))
    }

    /// How long all stages take.
    pub fn whole(&self, rate: u32) -> Duration {
        self.stages.iter().map(|stage| self.stage(*stage, rate)).sum()
    }

    fn stage(&self, (share, least): (f64, Duration), rate: u32) -> Duration {
        let evidence = Duration::from_secs_f64(self.requests as f64 / (f64::from(rate) * share));
        evidence.max(least)
    }
}

/// The least number of requests, none of them a hit, after which the rate is shown to be at most `limit`.
fn clean_requests(limit: f64, alpha: f64) -> u64 {
    let shown = |n: u64| interval(0, n, alpha, Prior::Rare).high <= limit;
    let (mut too_few, mut enough) = (0_u64, 1_u64);
    while !shown(enough) && enough < 1 << 40 {
        (too_few, enough) = (enough, enough * 2);
    }
    while enough - too_few > 1 {
        let middle = too_few.midpoint(enough);
        if shown(middle) { enough = middle } else { too_few = middle }
    }
    enough
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_accepts_every_release() {
        for release in ALL {
            assert!(config::from_value(&release.config()).is_ok(), "{}", release.name);
            assert!(config::from_value(&release.killed()).is_ok_and(|all| all[0].kill));
        }
    }

    #[test]
    fn the_evidence_is_the_least_that_passes_the_gate() {
        let n = clean_requests(0.02, 0.025);
        assert!(interval(0, n, 0.025, Prior::Rare).high <= 0.02);
        assert!(interval(0, n - 1, 0.025, Prior::Rare).high > 0.02);
    }

    #[test]
    fn at_the_usual_rate_the_climb_fits_into_half_a_minute() {
        let evidence = GOOD.evidence().unwrap();
        assert!(evidence.whole(400) < Duration::from_secs(30), "{:?}", evidence.whole(400));
        assert!(evidence.first_stage(400) > Duration::from_secs(4));
    }
}
