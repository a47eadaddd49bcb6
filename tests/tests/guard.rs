//! A canary that turns bad in a real Envoy is stopped by the responses alone: soon, once, and in every worker.

mod common;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use common::{
    decided_at, decision, finding, metric, rollout, serinus, two_versions, verdicts, with,
};
use serde_json::json;
use serinus_core::guard::Finding;
use serinus_core::record::{Record, Verdict};
use serinus_rig::{AccessEntry, Behaviour, Done, Envoy, Load, Upstream, wall_clock};

/// What may lie between the time in a record and the last request that was routed without knowing of it: the record's
/// time is cut to milliseconds, and a worker can be put to sleep by the kernel just before it publishes the decision,
/// or between the arrival of a request and its routing. Waiting for a tick of a second would show ten times over.
const GRACE: Duration = Duration::from_millis(100);

/// Requests after the decision, which is a second and a half of traffic.
const AFTERWARDS: usize = 600;

/// A rollback as it looked from outside.
struct Stop {
    record: Record,
    finding: Finding,
    /// Every request that Envoy sent, or tried to send, to the canary.
    canary: Vec<AccessEntry>,
}

impl Stop {
    fn after_decision(&self) -> usize {
        let decided = decided_at(&self.record) + Duration::from_millis(1);
        self.canary.iter().filter(|entry| entry.started > decided).count()
    }
}

fn traffic() -> Load {
    Load::new().rate(400.0).users(10_000).seed(7)
}

/// Sends traffic until the guard has stopped `v2` and some time longer, then looks at everything there is to see.
/// `done` are the exchanges before.
async fn stopped(envoy: &Envoy, v2: &Upstream, load: &Load, mut done: Vec<Done>) -> Result<Stop> {
    let mut load = load.start(envoy);
    let record = decision(envoy, "checkout", Verdict::Rollback, 0).await?;
    done.extend(load.so_far());
    for _ in 0..AFTERWARDS {
        done.extend(load.next().await);
    }
    done.extend(load.stop_and_finish().await);

    let log = envoy.wait_for_access_log(done.len()).await?;
    nothing_reaches_the_canary_after(&record, &log, v2, &done);
    assert_eq!(verdicts(envoy, "checkout", Verdict::Rollback)?.len(), 1, "decided once");
    let finding = finding(&record)?;
    let stop = Stop {
        canary: log.into_iter().filter(|e| e.cluster.as_deref() == Some("canary")).collect(),
        finding,
        record,
    };
    the_record_fits_the_counters(envoy, &stop).await?;
    Ok(stop)
}

fn nothing_reaches_the_canary_after(
    record: &Record,
    log: &[AccessEntry],
    v2: &Upstream,
    done: &[Done],
) {
    let late = |at: SystemTime| at > decided_at(record) + GRACE;
    let started_late: Vec<_> = log.iter().filter(|entry| late(entry.started)).collect();
    assert!(started_late.len() > AFTERWARDS / 2, "there was traffic after the decision");
    let astray: Vec<_> =
        started_late.iter().filter(|e| e.cluster.as_deref() != Some("baseline")).collect();
    assert!(astray.is_empty(), "routed to the canary after {}: {astray:?}", record.time_ms);
    // Only what needs no time at the upstream says when it was sent.
    let hits = v2.hits().into_iter().filter(|hit| late(wall_clock(hit.at))).count();
    assert_eq!(hits, 0, "arrived at the canary after the decision");
    let strangers = done.iter().filter(|d| d.upstream.as_deref() != Some("v1"));
    let left = strangers.filter(|d| late(wall_clock(d.at_sent))).count();
    assert_eq!(left, 0, "whoever had the canary is served by the baseline");
}

async fn of(envoy: &Envoy, name: &str, labels: &[(&str, &str)]) -> Result<u64> {
    metric(envoy, "checkout", name, labels).await
}

async fn the_record_fits_the_counters(envoy: &Envoy, stop: &Stop) -> Result<()> {
    assert_eq!(of(envoy, "serinus_state", &[]).await?, 3);
    assert_eq!(of(envoy, "serinus_canary_weight", &[]).await?, 0);
    assert_eq!(of(envoy, "serinus_decisions_total", &[("verdict", "rollback")]).await?, 1);

    let canary = stop.canary.len() as u64;
    assert_eq!(of(envoy, "serinus_assigned_total", &[("cohort", "canary")]).await?, canary);
    assert_eq!(of(envoy, "serinus_requests_total", &[("cohort", "canary")]).await?, canary);
    let failed = stop.canary.iter().filter(|entry| entry.code >= 500).count() as u64;
    let labels = &[("cohort", "canary"), ("outcome", "failure")];
    assert_eq!(of(envoy, "serinus_requests_total", labels).await?, failed);

    let (record, finding) = (&stop.record, &stop.finding);
    assert_eq!((record.generation, record.stage, record.weight), (1, 0, 5_000));
    assert!(finding.ln_e >= finding.threshold, "{finding:?}");
    let seen = finding.seen;
    assert!((5..=failed).contains(&seen.failed.canary), "{seen:?} of {failed}");
    assert!((seen.failed.canary..=canary).contains(&seen.assigned.canary), "{seen:?} of {canary}");
    let baseline = of(envoy, "serinus_assigned_total", &[("cohort", "baseline")]).await?;
    assert!(seen.assigned.baseline <= baseline, "{seen:?} of {baseline}");
    Ok(())
}

#[derive(Clone, Copy, Debug)]
enum Trouble {
    Answers503,
    Resets,
    Refuses,
    Fails30Percent,
    /// Exactly as often as the guard asks for, then never again.
    FailsFiveTimes,
}

impl Trouble {
    async fn befall(self, v2: &Upstream) -> Result<()> {
        match self {
            Self::Answers503 => v2.behave(Behaviour::status(503)),
            Self::Resets => v2.behave(Behaviour::reset()),
            Self::Refuses => v2.stop().await?,
            Self::Fails30Percent => {
                v2.seed(30);
                v2.behave(Behaviour::ok().sometimes(0.3, Behaviour::status(503)));
            }
            Self::FailsFiveTimes => {
                let seen = AtomicU64::new(0);
                v2.behave_by(move |_| match seen.fetch_add(1, Ordering::SeqCst) {
                    0..5 => Behaviour::status(503),
                    _ => Behaviour::ok(),
                });
            }
        }
        Ok(())
    }
}

async fn cost_of(trouble: Trouble, workers: usize) -> Result<usize> {
    let (_v1, v2, envoy) = two_versions().await?;
    trouble.befall(&v2).await?;
    let envoy = envoy.workers(workers).filter(serinus(rollout("5%"))?).start().await?;
    let stop = stopped(&envoy, &v2, &traffic(), Vec::new()).await?;
    let (cost, late) = (stop.canary.len(), stop.after_decision());
    println!("{trouble:?}, {workers} workers: {cost} canary requests, {late} after the decision");
    Ok(cost)
}

#[tokio::test]
async fn a_dead_canary_costs_ten_requests_at_the_most() -> Result<()> {
    for workers in [2, 4] {
        for trouble in [Trouble::Answers503, Trouble::Resets, Trouble::Refuses] {
            let cost = cost_of(trouble, workers).await?;
            assert!(cost <= 10, "{trouble:?} with {workers} workers cost {cost}");
        }
    }
    Ok(())
}

/// A worker that goes on sends to a canary that answers, so no failure of its own tells it.
#[tokio::test]
async fn a_worker_that_sees_no_failure_stops_with_the_others() -> Result<()> {
    for workers in [2, 4] {
        let cost = cost_of(Trouble::FailsFiveTimes, workers).await?;
        assert!(cost <= 10, "with {workers} workers cost {cost}");
    }
    Ok(())
}

#[tokio::test]
async fn a_canary_that_fails_now_and_then_is_stopped_too() -> Result<()> {
    for workers in [2, 4] {
        let cost = cost_of(Trouble::Fails30Percent, workers).await?;
        // Half of all runs need 15, one in twenty more than 29.
        assert!(cost <= 80, "{cost}");
    }
    Ok(())
}

#[tokio::test]
async fn a_long_healthy_canary_that_dies_is_stopped_as_soon() -> Result<()> {
    let (v1, v2, envoy) = two_versions().await?;
    // Errors on both sides: each of the baseline's speaks for the canary, and must not be held against a later alarm.
    v1.behave(Behaviour::ok().sometimes(0.01, Behaviour::status(500)));
    v2.behave(Behaviour::ok().sometimes(0.005, Behaviour::status(500)));
    let envoy = envoy.filter(serinus(rollout("5%"))?).start().await?;
    let healthy = Load::new().requests(6_000).users(10_000).seed(5).start(&envoy).finish().await;
    assert_eq!(healthy.len(), 6_000);
    assert_eq!(verdicts(&envoy, "checkout", Verdict::Rollback)?.len(), 0);

    let before = v2.requests();
    v2.behave(Behaviour::status(503));
    let stop = stopped(&envoy, &v2, &traffic(), healthy).await?;
    let cost = stop.canary.len() as u64 - before;
    println!("dead after {before} healthy canary requests: {cost} more");
    assert!(before > 150 && cost <= 40, "{before}, then {cost}");
    Ok(())
}

/// A hundred and twenty requests that fail at once, over as many connections and so in all workers, are one user's.
#[tokio::test]
async fn a_user_who_tries_again_stops_nothing_and_five_users_do() -> Result<()> {
    let (_v1, v2, envoy) = two_versions().await?;
    let envoy = envoy.workers(4).filter(serinus(rollout("10%"))?).start().await?;
    let client = envoy.client();
    let mut canary = Vec::new();
    for id in 0.. {
        let user = format!("user-{id}");
        if client.get("/").user(&user).send().await?.upstream() == "v2" {
            canary.push(user);
        }
        if canary.len() == 6 {
            break;
        }
    }
    v2.behave(Behaviour::status(503));
    let again = (0..120).map(|_| client.get("/").user(&canary[0]).alone().send());
    for reply in futures_util::future::join_all(again).await {
        assert_eq!(reply?.status, 503);
    }
    let failed = [("cohort", "canary"), ("outcome", "failure")];
    assert_eq!(of(&envoy, "serinus_requests_total", &failed).await?, 120);
    let counted = [("cohort", "canary")];
    assert_eq!(of(&envoy, "serinus_failure_episodes_total", &counted).await?, 1);
    assert_eq!(common::records(&envoy)?, []);
    for user in &canary[1..5] {
        client.get("/").user(user).send().await?;
    }
    let found = finding(&decision(&envoy, "checkout", Verdict::Rollback, 0).await?)?;
    assert_eq!((found.seen.failed.canary, found.seen.episodes.canary), (124, 5));
    Ok(())
}

#[tokio::test]
async fn however_many_workers_race_one_of_them_decides() -> Result<()> {
    let (_v1, v2, envoy) = two_versions().await?;
    // Answers that arrive together, long after many more requests have left.
    v2.behave(Behaviour::status(503).latency(Duration::from_millis(50)));
    let base = rollout("50%");
    let envoy = envoy.workers(4).filter(serinus(base.clone())?.ecds()).start().await?;
    let storm = Load::new().users(10_000).outstanding(200).requests(3_000);
    let rounds = 8;
    for generation in 1..=rounds {
        envoy.update_config("serinus", with(&base, &json!({ "generation": generation }))).await?;
        let done = storm.clone().seed(generation).start(&envoy).finish().await;
        let records = verdicts(&envoy, "checkout", Verdict::Rollback)?;
        let ours: Vec<_> = records.iter().filter(|r| r.generation == generation).collect();
        assert_eq!(ours.len(), 1, "generation {generation}: {ours:?}");
        let at = decided_at(ours[0]);
        let astray =
            done.iter().filter(|d| !d.is_ok() && wall_clock(d.at_sent) > at + GRACE).count();
        assert_eq!(astray, 0, "sent to the canary after the decision");
    }
    let in_flight = v2.requests();
    println!("{rounds} storms: {rounds} rollbacks, {in_flight} canary requests");
    let decided =
        metric(&envoy, "checkout", "serinus_decisions_total", &[("verdict", "rollback")]).await?;
    assert_eq!(decided, rounds);
    assert_eq!(metric(&envoy, "checkout", "serinus_state", &[]).await?, 3);
    Ok(())
}

#[tokio::test]
async fn an_outage_that_both_share_does_not_roll_back() -> Result<()> {
    let (v1, v2, envoy) = two_versions().await?;
    let gates = json!({ "gates": [{ "metric": "errors", "max": "1%" }] });
    let envoy = envoy.filter(serinus(with(&rollout("20%"), &gates))?).start().await?;
    let dead = Behaviour::status(503);
    for outage in [dead.clone(), Behaviour::ok().sometimes(0.3, dead)] {
        v1.behave(outage.clone());
        v2.behave(outage);
        let done = traffic().requests(1_500).start(&envoy).finish().await;
        let failed = done.iter().filter(|d| !d.is_ok()).count();
        println!("{failed} of {} failed", done.len());
        assert!(failed > 300);
    }
    assert_eq!(common::records(&envoy)?, []);
    let weight = metric(&envoy, "checkout", "serinus_canary_weight", &[]).await?;
    assert_eq!(weight, 20_000);
    v2.wait_for_requests(450).await.context("the canary was served all along")?;
    Ok(())
}
