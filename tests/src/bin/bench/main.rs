//! What a request costs with Serinus, and with what a team would use instead.
//!
//! One Envoy per variant, all alive at once, each with one worker. They take turns with slices of
//! the same traffic, and each slice is charged the CPU time that its Envoy used, so that a machine
//! that slows down slows all of them. Figures are medians over the rounds; the ratio is what to
//! quote.

mod report;
mod variants;

use anyhow::Result;
use serinus_rig::{Envoy, Load, Upstream};
use std::io::IsTerminal;
use variants::Variant;

const ROUNDS: usize = 60;
const REQUESTS: u64 = 1_000;
const SEED: u64 = 7;

/// A variant in action, with what its slices cost.
struct Running {
    variant: Variant,
    envoy: Envoy,
    /// CPU microseconds per request, one a round.
    cost: Vec<f64>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let (v1, v2) = (Upstream::start("v1").await?, Upstream::start("v2").await?);
    let mut running = Vec::new();
    for variant in variants::all()? {
        let envoy = variant.start(&v1, &v2).await?;
        running.push(Running { variant, envoy, cost: Vec::new() });
    }
    println!(
        "CPU of Envoy per request, concurrency 1, HTTP/1.1 keep-alive: {ROUNDS} rounds of \
         {REQUESTS} requests for each of {} variants, interleaved, after one round of warm-up; seed {SEED}",
        running.len()
    );
    for round in 0..=ROUNDS {
        for one in &mut running {
            let cost = slice(&one.envoy, round as u64).await?;
            if round > 0 {
                one.cost.push(cost);
            }
        }
        progress(round);
    }
    report::print(&running)
}

fn progress(round: usize) {
    if std::io::stderr().is_terminal() {
        let end = if round == ROUNDS { "\n" } else { "" };
        eprint!("\rround {round}/{ROUNDS}{end}");
    }
}

/// CPU microseconds per request of one slice.
async fn slice(envoy: &Envoy, round: u64) -> Result<f64> {
    let before = envoy.cpu_time()?;
    let load = Load::new().requests(REQUESTS).users(10_000).seed(SEED + round).outstanding(8);
    let done = load.start(envoy).finish().await;
    anyhow::ensure!(done.iter().all(|d| d.is_ok()), "a request failed");
    let used = envoy.cpu_time()? - before;
    Ok(used.as_secs_f64() * 1e6 / REQUESTS as f64)
}
