//! A worker's VM dies in mid-traffic, and the rollout does not notice.

#[path = "../common/mod.rs"]
mod common;
mod trap;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use common::{decision, finding, metric, rollout, two_versions, verdicts, wait_for_gauge, with};
use serde_json::{Value, json};
use serinus_core::record::Verdict;
use serinus_rig::{
    Behaviour, Done, Envoy, Filter, Load, Upstream, Users, eventually, stickiness_violations,
};
use tempfile::TempDir;
use trap::TRAP;

struct Stage {
    v2: Upstream,
    _v1: Upstream,
    envoy: Envoy,
    _module: TempDir,
}

async fn start(workers: usize, config: Value) -> Result<Stage> {
    let (_v1, v2, envoy) = two_versions().await?;
    let (_module, path) = trap::module()?;
    let plugin = Filter::wasm("serinus").module(path).config(config);
    let envoy = envoy.workers(workers).filter(plugin).start().await?;
    Ok(Stage { v2, _v1, envoy, _module })
}

async fn reloads(envoy: &Envoy) -> Result<u64> {
    Ok(envoy.stat("wasm.serinus.vm_reload_success").await?)
}

/// Kills the VM of one worker.
async fn kill_one(envoy: &Envoy) -> Result<()> {
    let reply = envoy.get("/").alone().header(TRAP, "1").send().await?;
    assert_eq!(reply.status, 503, "the request that kills dies with the VM");
    Ok(())
}

/// Kills the VM of every worker, and sends requests until all have come back. Returns what was sent.
async fn kill_all(envoy: &Envoy, workers: u64) -> Result<Vec<Done>> {
    let before = reloads(envoy).await?;
    // As many connections at once as reach every worker; the rig has Envoy spread them exactly.
    let kill = Load::new().requests(4 * workers).outstanding(4 * workers as usize);
    let killed = kill.shape(|_, call| call.header(TRAP, "1")).start(envoy).finish().await;
    assert!(killed.iter().all(|exchange| exchange.status == Ok(503)), "{killed:?}");
    let mut probes = Vec::new();
    let probe = Load::new().requests(8 * workers).outstanding(4 * workers as usize).users(400);
    loop {
        let round = probe.start(envoy).finish().await;
        let recovered = round.iter().all(|exchange| exchange.status == Ok(200));
        probes.extend(round);
        if recovered && reloads(envoy).await? >= before + workers {
            return Ok(probes);
        }
        assert!(probes.len() < 100_000, "no VM came back");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Who gets what of 400 users; none may fail.
async fn cohorts(envoy: &Envoy) -> BTreeMap<String, Option<String>> {
    let load = Load::new().requests(400).users(Users::InTurn(400));
    let done = load.start(envoy).finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)));
    done.into_iter().map(|exchange| (exchange.user, exchange.upstream)).collect()
}

#[tokio::test]
async fn from_its_first_request_on_the_new_vm_puts_everyone_where_they_were() -> Result<()> {
    let stage = start(2, rollout("20%")).await?;
    let before = cohorts(&stage.envoy).await;
    let load = Load::new().rate(400.0).users(Users::InTurn(400)).start(&stage.envoy);
    for kill in 1..=3 {
        kill_one(&stage.envoy).await?;
        let back = || async { (reloads(&stage.envoy).await.ok()? >= kill).then_some(()) };
        eventually("the killed VM to come back", back).await?;
        stage.v2.wait_for_requests(stage.v2.requests() + 40).await?;
    }
    let done = load.stop_and_finish().await;
    let failed = done.iter().filter(|exchange| exchange.status != Ok(200)).count();
    println!("3 kills: {failed} of {} requests failed", done.len());
    assert!(failed * 2 < done.len(), "the other worker goes on");
    assert_eq!(stickiness_violations(&done, 0), []);
    for exchange in done.iter().filter(|exchange| exchange.upstream.is_some()) {
        assert_eq!(before[&exchange.user], exchange.upstream, "{}", exchange.user);
    }
    assert_eq!(cohorts(&stage.envoy).await, before);
    assert_eq!(common::records(&stage.envoy)?, []);
    Ok(())
}

#[tokio::test]
async fn the_latch_outlives_every_vm() -> Result<()> {
    let stage = start(2, rollout("20%")).await?;
    stage.v2.behave(Behaviour::status(503));
    let load = Load::new().rate(400.0).users(10_000).start(&stage.envoy);
    decision(&stage.envoy, "checkout", Verdict::Rollback, 0).await?;
    load.stop_and_finish().await;
    stage.v2.behave(Behaviour::ok());
    stage.v2.forget();

    kill_all(&stage.envoy, 2).await?;
    cohorts(&stage.envoy).await;
    assert_eq!(stage.v2.requests(), 0, "not even at the first request of the new VMs");
    assert_eq!(metric(&stage.envoy, "checkout", "serinus_state", &[]).await?, 3);
    let decided = [("verdict", "rollback")];
    assert_eq!(metric(&stage.envoy, "checkout", "serinus_decisions_total", &decided).await?, 1);
    assert_eq!(verdicts(&stage.envoy, "checkout", Verdict::Rollback)?.len(), 1, "decided once");
    Ok(())
}

#[tokio::test]
async fn the_stage_and_the_evidence_for_the_next_outlive_every_vm() -> Result<()> {
    let stages = json!([
        { "weight": "10%", "min_requests": 40 },
        { "weight": "50%", "min_requests": 1_200 },
        { "weight": "100%", "watch": "1h" },
    ]);
    let stage = start(2, with(&rollout("10%"), &json!({ "stages": stages }))).await?;
    let envoy = &stage.envoy;
    let load = Load::new().rate(400.0).users(2_000).start(envoy);
    wait_for_gauge(envoy, "checkout", "serinus_stage", 1).await?;
    stage.v2.wait_for_requests(stage.v2.requests() + 900).await?;
    load.stop_and_finish().await;
    let before = cohorts(envoy).await;

    kill_all(envoy, 2).await?;
    assert_eq!(cohorts(envoy).await, before, "the same stage");
    assert_eq!(metric(envoy, "checkout", "serinus_stage", &[]).await?, 1);
    // Some 900 were seen before, of which a VM may have taken its last second to the grave. 500 more are enough only if
    // the rest has been kept.
    let load = Load::new().rate(400.0).requests(1_000).users(2_000).start(envoy);
    let promoted = decision(envoy, "checkout", Verdict::Promote, 1).await?;
    load.finish().await;
    assert_eq!((promoted.stage, promoted.weight), (1, 50_000));
    assert_eq!(verdicts(envoy, "checkout", Verdict::Promote)?.len(), 2, "each step once");
    Ok(())
}

#[tokio::test]
async fn the_guard_remembers_what_a_dead_vm_saw() -> Result<()> {
    let stage = start(2, rollout("5%")).await?;
    let (envoy, v2) = (&stage.envoy, &stage.v2);
    let fail_next = |limit: u64| {
        let left = std::sync::atomic::AtomicU64::new(limit);
        v2.behave_by(move |_| {
            use std::sync::atomic::Ordering::SeqCst;
            let fails = left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok();
            if fails { Behaviour::status(503) } else { Behaviour::ok() }
        });
    };
    let failures = || async {
        let labels = [("cohort", "canary"), ("outcome", "failure")];
        metric(envoy, "checkout", "serinus_requests_total", &labels).await.ok()
    };
    let load = Load::new().rate(400.0).users(10_000).seed(2).start(envoy);
    fail_next(3);
    eventually("three failures", || async { failures().await.filter(|n| *n == 3) }).await?;
    kill_all(envoy, 2).await?;
    assert_eq!((failures().await, common::records(envoy)?), (Some(3), vec![]));
    // Two more make the five that the guard asks for, and no more come.
    fail_next(2);
    let stopped = decision(envoy, "checkout", Verdict::Rollback, 0).await?;
    load.stop_and_finish().await;
    let finding = finding(&stopped)?;
    assert_eq!((finding.seen.failed.canary, v2.answered(503)), (5, 5));
    Ok(())
}
