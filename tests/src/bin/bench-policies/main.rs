//! What a promotion policy costs an Envoy: its filter's size, load and memory, an evaluation, and the worst stall.
//!
//! A policy is asked once a second, far too seldom to be seen. So one Envoy carries many rollouts with it and another
//! as many without, and what the first uses more of the CPU is the policy's. Each rollout has seen some traffic, so
//! that there are histograms to judge; there is none while it is measured. On one worker.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use serinus_rig::{
    Behaviour, Envoy, Filter, Load, Upstream, filter_path, policies_filter_path, workspace_root,
};
use serinus_tests::policies::{inlined, policy};

/// How often the filter asks a policy, a second.
const ASKED: f64 = 1.0;

/// Requests that each rollout has seen: enough for the shipped policies to say something.
const SEEN: u64 = 2_500;

/// The smallest of so many starts and memories, because noise only adds.
const STARTS: usize = 5;

const MB: f64 = 1e6;
const MIB: f64 = (1 << 20) as f64;

#[tokio::main]
async fn main() -> Result<()> {
    let (lean, full) = (filter_path()?, policies_filter_path()?);
    let budget = shipped("error-budget")?;
    println!("One worker, no traffic; the smallest of {STARTS} starts, CPU over 20 s.\n");

    let none = load(None).await?;
    println!("{:<24} {:>9} {:>8} {:>9} {:>21}", "", "bytes", "load", "CPU of it", "RSS added");
    for (name, module, policy) in [
        ("serinus-filter", &lean, None),
        ("serinus-filter-policies", &full, None),
        ("the same, with error-budget", &full, Some(&budget)),
    ] {
        let started = load(Some((module, rollouts(1, policy)))).await?;
        let added = started.rss - none.rss;
        let ms = |of: fn(&Started) -> Duration| {
            (of(&started).as_secs_f64() - of(&none).as_secs_f64()) * 1e3
        };
        let (ready, cpu) = (ms(|s| s.ready), ms(|s| s.cpu));
        let (mb, mib) = (added / MB, added / MIB);
        println!(
            "{name:<24} {:>9} {ready:>5.0} ms {cpu:>6.0} ms {mb:>6.1} MB, {mib:>4.1} MiB",
            size(module)?
        );
    }

    println!("\nan evaluation with its instance, after {SEEN} requests");
    for name in ["manual-approval", "error-budget", "latency-quantiles", "score"] {
        let each = evaluation(&full, &shipped(name)?, 20).await?;
        println!("{name:<40} {:>4.0} us", each * 1e6);
    }
    let trivial = evaluation(&full, &policy("whole/promotes")?, 20).await?;
    println!("{:<40} {:>4.0} us", "one that does nothing", trivial * 1e6);
    let stall = evaluation(&full, &policy("whole/loops")?, 10).await?;
    println!("{:<40} {:>4.1} ms", "an endless loop, until its fuel is gone", stall * 1e3);
    Ok(())
}

/// A policy that `make wasm` has built, inlined.
fn shipped(name: &str) -> Result<Value> {
    let file = workspace_root().join(format!("target/dist/policies/{name}.core.wasm"));
    Ok(inlined(&std::fs::read(&file).with_context(|| file.display().to_string())?))
}

fn size(module: &Path) -> Result<u64> {
    Ok(std::fs::metadata(module)?.len())
}

/// So many rollouts that never end by themselves; all with the same policy, or without.
fn rollouts(count: usize, policy: Option<&Value>) -> Value {
    let one = |i: usize| {
        json!({
            "rollout": format!("r{i}"),
            "match": { "path_prefix": path(i) },
            "unit": [{ "header": "x-user-id" }],
            "stages": [{ "weight": "50%", "min_time": "1h" }, { "weight": "100%" }],
            "gates": [{ "metric": "errors", "max": "1%" },
                      { "metric": "latency", "quantile": "p99", "max": "500ms" }],
            "policy": policy,
        })
    };
    json!({ "rollouts": (0..count).map(one).collect::<Vec<_>>() })
}

/// What the requests of a rollout ask for.
fn path(rollout: usize) -> String {
    format!("/r{rollout}/")
}

/// Sends each rollout its traffic, answered in 0 to 20 ms.
async fn serve(envoy: &Envoy, rollouts: usize) {
    for rollout in 0..rollouts {
        let load = Load::new().requests(SEEN).path(&path(rollout)).outstanding(128);
        load.start(envoy).finish().await;
    }
}

async fn start(filter: Option<(&PathBuf, Value)>) -> Result<(Upstream, Envoy)> {
    let upstream = Upstream::start("v1").await?;
    upstream.behave(Behaviour::ok().latency_between(Duration::ZERO, Duration::from_millis(20)));
    let builder = Envoy::builder().workers(1).without_access_log();
    let builder = builder.cluster("baseline", &upstream).cluster("canary", &upstream);
    let builder = match filter {
        Some((module, config)) => {
            builder.filter(Filter::wasm("serinus").module(module).config(config))
        }
        None => builder,
    };
    Ok((upstream, builder.start().await?))
}

struct Started {
    /// Until it served, and what CPU it had used by then: the first depends on the neighbours.
    ready: Duration,
    cpu: Duration,
    rss: f64,
}

/// How long an Envoy takes until it serves, and how much memory it has after two seconds.
async fn load(filter: Option<(&PathBuf, Value)>) -> Result<Started> {
    let mut least = Started { ready: Duration::MAX, cpu: Duration::MAX, rss: f64::MAX };
    for _ in 0..STARTS {
        let began = Instant::now();
        let (_upstream, envoy) = start(filter.clone()).await?;
        least.ready = least.ready.min(began.elapsed());
        least.cpu = least.cpu.min(envoy.cpu_time()?);
        tokio::time::sleep(Duration::from_secs(2)).await;
        least.rss = least.rss.min(envoy.rss_bytes()? as f64);
    }
    Ok(least)
}

/// CPU seconds of one evaluation.
async fn evaluation(filter: &PathBuf, policy: &Value, rollouts: usize) -> Result<f64> {
    let (_v1, with) = start(Some((filter, self::rollouts(rollouts, Some(policy))))).await?;
    let (_v2, without) = start(Some((filter, self::rollouts(rollouts, None)))).await?;
    tokio::join!(serve(&with, rollouts), serve(&without, rollouts));
    // The first evaluations are slower: V8 has not optimised the interpreter yet.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = (with.cpu_time()?, without.cpu_time()?);
    let began = Instant::now();
    tokio::time::sleep(Duration::from_secs(20)).await;
    let asked = began.elapsed().as_secs_f64() * ASKED * rollouts as f64;
    let used = (with.cpu_time()? - before.0).as_secs_f64();
    let idle = (without.cpu_time()? - before.1).as_secs_f64();
    Ok((used - idle) / asked)
}
