//! What each profile means in users at risk.
//!
//!     cargo run --release -p serinus-core --example profiles
//!
//! For the first stage, where a bad release is met: how long it takes until it is stopped, and how many
//! requests fail until then, at several error rates of the canary and .1 % at the baseline. Each request is
//! taken for a user of their own, so fewer users are hit than is said. And how long a release takes at
//! least.

#![expect(clippy::expect_used, reason = "its own rollouts are sound")]

#[expect(dead_code, reason = "what the tests need")]
#[path = "../tests/simulation/mod.rs"]
mod simulation;

use serde_json::json;
use serinus_core::arm::PerArm;
use serinus_core::config::{self, Rollout};
use serinus_core::stats::confidence::{Prior, interval};
use simulation::{Traffic, quantile, stops};

const RUNS: u64 = 2_000;
const SEED: u64 = 1;
const RATES: [f64; 4] = [1.0, 0.3, 0.05, 0.01];

fn main() {
    println!("{RUNS} runs each, seed {SEED}: median (p95)\n");
    println!(
        "| profile, first stage | the canary fails | failed requests | at 100/s | at 1000/s |"
    );
    println!("|---|---|---|---|---|");
    let profiles = ["low", "standard", "critical"];
    profiles.iter().for_each(|name| risk(name, &rollout(name)));
    println!("\n| profile | to 100 % at least | first stage's gate needs | at 100/s | at 1000/s |");
    println!("|---|---|---|---|---|");
    profiles.iter().for_each(|name| length(name, &rollout(name)));
}

fn rollout(profile: &str) -> Rollout {
    let document = json!({ "rollout": "r", "unit": [{ "header": "u" }], "profile": profile });
    config::from_value(&document).expect("a sound rollout").remove(0)
}

fn risk(name: &str, rollout: &Rollout) {
    let weight = rollout.stage(0).weight.get();
    for rate in RATES {
        let traffic = Traffic { weight, ..Traffic::failing(rate) };
        let stops = stops(&rollout.guard, &traffic, 40_000_000, RUNS, SEED);
        let seen = PerArm { baseline: quantile(&stops, 0.5), canary: quantile(&stops, 0.95) };
        let failed = seen.map(|requests| (*requests as f64 * rate).round());
        let time = |rps: f64| {
            let per_second = rps * f64::from(weight) / 1e5;
            let both = seen.map(|requests| span(*requests as f64 / per_second));
            format!("{} ({})", both.baseline, both.canary)
        };
        println!(
            "| {name}, {} % | {} % | {} ({}) | {} | {} |",
            f64::from(weight) / 1e3,
            rate * 100.0,
            failed.baseline,
            failed.canary,
            time(100.0),
            time(1000.0)
        );
    }
}

fn length(name: &str, rollout: &Rollout) {
    let unfinished = rollout.stages.iter().rev().skip(1);
    let least: u64 = unfinished.map(|stage| stage.min_time_ms).sum();
    let max = rollout.gates[0].limit().expect("the first gate of a profile is about errors");
    let clean = |n: u64| interval(0, n, rollout.levels.promote, Prior::Rare).high <= max;
    let needs = (1..).find(|n| clean(*n)).unwrap_or(0);
    let per_second = f64::from(rollout.stage(0).weight.get()) / 1e5;
    let time = |rps: f64| span(needs as f64 / (rps * per_second));
    let early = if rollout.finish_early { ", or earlier with the evidence" } else { "" };
    println!(
        "| {name} | {}{early} | {needs} canary requests without a failure ({}) | {} | {} |",
        span(least as f64 / 1000.0),
        rollout.gates[0].label,
        time(100.0),
        time(1000.0)
    );
}

/// Seconds for a person.
fn span(seconds: f64) -> String {
    match seconds {
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
