//! A healthy canary climbs to the end by itself, and only on evidence.

mod common;

use std::time::Duration;

use anyhow::Result;
use common::{
    climbing, decision, metric, records, serinus, two_versions, verdicts, wait_for_gauge, with,
};
use serde_json::{Value, json};
use serinus_core::record::{Judgement, Reason, Record, Verdict};
use serinus_rig::{
    Behaviour, Envoy, Load, Running, Upstream, Users, eventually, stickiness_violations,
};

fn short() -> Value {
    climbing(&json!({ "rollout": "checkout", "unit": [{ "header": "x-user-id" }] }))
}

async fn start(config: Value) -> Result<(Upstream, Upstream, Envoy)> {
    let (v1, v2, envoy) = two_versions().await?;
    let envoy = envoy.filter(serinus(config)?.ecds()).start().await?;
    Ok((v1, v2, envoy))
}

fn traffic(envoy: &Envoy) -> Running {
    Load::new().rate(400.0).users(2_000).start(envoy)
}

async fn state_is(envoy: &Envoy, state: u64) -> Result<()> {
    wait_for_gauge(envoy, "checkout", "serinus_state", state).await
}

async fn gauge(envoy: &Envoy, name: &str) -> Result<u64> {
    metric(envoy, "checkout", name, &[]).await
}

fn codes(record: &Record) -> Vec<String> {
    record.reasons.iter().map(Reason::code).collect()
}

/// How many of 200 users the canary gets now.
async fn share_of_200(envoy: &Envoy, v2: &Upstream) -> u64 {
    let before = v2.requests();
    let done = Load::new().requests(200).users(Users::InTurn(200)).start(envoy).finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)));
    v2.requests() - before
}

#[tokio::test]
async fn a_healthy_canary_climbs_to_the_end_and_nobody_goes_back() -> Result<()> {
    let (v1, _v2, envoy) = start(short()).await?;
    let load = traffic(&envoy);
    state_is(&envoy, 2).await?;
    let before = v1.requests();
    let done = load.stop_and_finish().await;

    assert!(done.iter().all(|exchange| exchange.status == Ok(200)));
    assert_eq!(stickiness_violations(&done, 1), [], "from the baseline to the canary, once");
    assert_eq!(v1.requests(), before, "at 100 % the baseline is left alone");
    assert_eq!(gauge(&envoy, "serinus_canary_weight").await?, 100_000);
    let promoted = verdicts(&envoy, "checkout", Verdict::Promote)?;
    let steps: Vec<_> = promoted.iter().map(|r| (r.stage, r.weight, codes(r))).collect();
    let passed = || vec!["gates_passed".to_owned()];
    let over = vec!["watch_over".to_owned()];
    assert_eq!(steps, [(0, 10_000, passed()), (1, 50_000, passed()), (2, 100_000, over)]);
    for record in &promoted {
        assert!(record.stage_age_ms >= 1_000, "{record:?}");
        let gate = &record.comparisons[0];
        assert_eq!((gate.result, gate.canary.hits), (Judgement::Passed, 0));
        assert!(gate.canary.requests > 50 && gate.canary.high <= 0.05, "{gate:?}");
    }
    let last = promoted.last().map_or(0, |record| record.time_ms);
    println!("promoted {} ms after the first step", last - promoted[0].time_ms);
    Ok(())
}

#[tokio::test]
async fn without_traffic_it_waits_and_goes_on_by_itself() -> Result<()> {
    let (_v1, _v2, envoy) = start(short()).await?;
    let held = decision(&envoy, "checkout", Verdict::Hold, 0).await?;
    assert_eq!(codes(&held), ["no_traffic", "gate_open: errors <= 5%"]);
    state_is(&envoy, 1).await?;
    assert_eq!(gauge(&envoy, "serinus_canary_weight").await?, 10_000, "waiting is not stopping");
    assert_eq!(gauge(&envoy, "serinus_stage").await?, 0);

    let load = traffic(&envoy);
    state_is(&envoy, 2).await?;
    drop(load);
    let held = verdicts(&envoy, "checkout", Verdict::Hold)?;
    assert!(held.iter().all(|hold| hold.stage == 0 || codes(hold) != codes(&held[0])), "{held:?}");
    Ok(())
}

#[tokio::test]
async fn a_slow_canary_fails_a_critical_latency_gate() -> Result<()> {
    let gate = json!([{ "metric": "latency", "quantile": "p90", "max": "100ms" }]);
    let (_v1, v2, envoy) = start(with(&short(), &json!({ "gates": gate }))).await?;
    v2.behave(Behaviour::ok().latency(Duration::from_millis(250)));
    let load = traffic(&envoy);
    let stopped = decision(&envoy, "checkout", Verdict::Rollback, 0).await?;
    state_is(&envoy, 3).await?;
    let done = load.stop_and_finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)), "slow is not failed");

    assert_eq!(codes(&stopped), ["gate_breached: latency p90 <= 100ms"]);
    let compared = &stopped.comparisons[0];
    assert_eq!(compared.canary.hits, compared.canary.requests, "all of them slow");
    assert!(compared.baseline.requests > compared.canary.requests, "{compared:?}");
    assert!(compared.canary.low > compared.limit, "{compared:?}");
    println!("a slow canary: {} requests until it was stopped", v2.requests());
    Ok(())
}

#[tokio::test]
async fn a_slow_canary_is_only_held_by_a_gate_that_warns_and_a_quick_one_passes() -> Result<()> {
    let gate =
        json!([{ "metric": "latency", "quantile": "p90", "max": "100ms", "severity": "warn" }]);
    let config = with(&short(), &json!({ "gates": gate }));
    let (_v1, v2, envoy) = start(config.clone()).await?;
    v2.behave(Behaviour::ok().latency(Duration::from_millis(250)));
    let load = traffic(&envoy);
    let breached = || async {
        let held = verdicts(&envoy, "checkout", Verdict::Hold).ok()?;
        held.into_iter().find(|hold| codes(hold) == ["gate_open: latency p90 <= 100ms"])
    };
    eventually("a hold by the gate alone", breached).await?;
    // Twice what the gate needs to be sure.
    v2.wait_for_requests(v2.requests() + 200).await?;
    assert_eq!(
        (gauge(&envoy, "serinus_stage").await?, gauge(&envoy, "serinus_state").await?),
        (0, 1)
    );

    v2.behave(Behaviour::ok());
    envoy.update_config("serinus", with(&config, &json!({ "generation": 2 }))).await?;
    state_is(&envoy, 2).await?;
    drop(load);
    assert_eq!(verdicts(&envoy, "checkout", Verdict::Rollback)?, []);
    Ok(())
}

#[tokio::test]
async fn a_release_that_turns_bad_at_full_weight_is_rolled_back_too() -> Result<()> {
    let long_watch = json!({ "stages": [
        { "weight": "50%", "min_time": "1s" }, { "weight": "100%", "watch": "1h" },
    ] });
    let (v1, v2, envoy) = start(with(&short(), &long_watch)).await?;
    let load = traffic(&envoy);
    wait_for_gauge(&envoy, "checkout", "serinus_canary_weight", 100_000).await?;
    v2.wait_for_requests(v2.requests() + 400).await?;
    assert_eq!(verdicts(&envoy, "checkout", Verdict::Rollback)?, []);

    let (good, back) = (v2.requests(), v1.requests());
    v2.behave(Behaviour::status(503));
    let stopped = decision(&envoy, "checkout", Verdict::Rollback, 0).await?;
    v1.wait_for_requests(back + 400).await?;
    let (bad, after) = (v2.answered(503), v2.requests());
    v1.wait_for_requests(back + 800).await?;
    assert_eq!(v2.requests(), after, "everyone is back at the baseline");
    drop(load);
    assert_eq!(
        (stopped.stage, stopped.weight, codes(&stopped)),
        (1, 100_000, vec!["guard".into()])
    );
    println!("bad at 100 % after {good} good requests: {bad} more");
    assert!(bad <= 60, "{bad}");
    state_is(&envoy, 3).await
}

#[tokio::test]
async fn a_kill_takes_everyone_to_the_baseline_and_keeps_the_place() -> Result<()> {
    let config = with(
        &short(),
        &json!({ "stages": [
        { "weight": "10%", "min_time": "1s" }, { "weight": "50%", "min_time": "1h" }, { "weight": "100%" },
    ] }),
    );
    let (_v1, v2, envoy) = start(config.clone()).await?;
    let load = traffic(&envoy);
    wait_for_gauge(&envoy, "checkout", "serinus_stage", 1).await?;
    assert!(load.stop_and_finish().await.iter().all(|exchange| exchange.status == Ok(200)));
    let share = share_of_200(&envoy, &v2).await;
    assert!((70..=130).contains(&share), "{share}");

    envoy.update_config("serinus", with(&config, &json!({ "kill": true }))).await?;
    assert_eq!(share_of_200(&envoy, &v2).await, 0, "from the next request on");
    state_is(&envoy, 4).await?;
    assert_eq!(gauge(&envoy, "serinus_canary_weight").await?, 0);

    envoy.update_config("serinus", config).await?;
    assert_eq!(share_of_200(&envoy, &v2).await, share, "the same users as before");
    assert_eq!(
        (gauge(&envoy, "serinus_stage").await?, gauge(&envoy, "serinus_state").await?),
        (1, 0)
    );
    let promoted = verdicts(&envoy, "checkout", Verdict::Promote)?;
    assert_eq!(promoted.len(), 1, "nothing was decided but the first step");
    Ok(())
}

#[tokio::test]
async fn in_follow_mode_the_stage_is_the_configurations_and_the_guard_still_watches() -> Result<()>
{
    let at = |stage: u64| with(&short(), &json!({ "mode": "follow", "stage": stage }));
    let (_v1, v2, envoy) = start(at(0)).await?;
    let load = traffic(&envoy);
    // Long enough for an autonomous rollout to have climbed.
    v2.wait_for_requests(300).await?;
    assert_eq!((gauge(&envoy, "serinus_stage").await?, records(&envoy)?), (0, vec![]));

    envoy.update_config("serinus", at(1)).await?;
    wait_for_gauge(&envoy, "checkout", "serinus_canary_weight", 50_000).await?;
    envoy.update_config("serinus", at(0)).await?;
    wait_for_gauge(&envoy, "checkout", "serinus_canary_weight", 10_000).await?;

    v2.behave(Behaviour::status(503));
    decision(&envoy, "checkout", Verdict::Rollback, 0).await?;
    drop(load);
    envoy.update_config("serinus", at(1)).await?;
    v2.behave(Behaviour::ok());
    assert_eq!(share_of_200(&envoy, &v2).await, 0, "the latch is stronger");
    Ok(())
}

#[tokio::test]
async fn a_freeze_holds_and_its_end_lets_go() -> Result<()> {
    let always = json!([{
        "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "to": "24:00",
    }]);
    let (_v1, v2, envoy) = start(with(&short(), &json!({ "freeze": always }))).await?;
    let load = traffic(&envoy);
    let frozen = || async {
        let held = verdicts(&envoy, "checkout", Verdict::Hold).ok()?;
        held.into_iter().find(|hold| codes(hold) == ["frozen"])
    };
    eventually("a hold by the freeze alone", frozen).await?;
    v2.wait_for_requests(v2.requests() + 100).await?;
    assert_eq!(
        (gauge(&envoy, "serinus_stage").await?, gauge(&envoy, "serinus_state").await?),
        (0, 1)
    );

    envoy.update_config("serinus", short()).await?;
    state_is(&envoy, 2).await?;
    drop(load);
    Ok(())
}

/// A live stream keeps the plugin that it began under alive, and that one goes on ticking. Left idle
/// for ten seconds it would take the lease, and move nothing.
#[tokio::test]
async fn a_stream_older_than_an_edit_does_not_hold_the_rollout_up() -> Result<()> {
    let (v1, _v2, envoy) = start(short()).await?;
    v1.behave_by(|request| match request.uri.path() {
        "/hang" => Behaviour::hang(),
        _ => Behaviour::ok(),
    });
    let hanging = envoy.get("/hang").alone().timeout(Duration::from_secs(120)).send();
    let hanging = tokio::spawn(hanging);
    v1.wait_for_requests(1).await?;
    // Time itself is the condition here: the plugin must have been idle for longer than this.
    tokio::time::sleep(Duration::from_secs(12)).await;
    let gates = json!([{ "metric": "errors", "max": "4%" }]);
    envoy.update_config("serinus", with(&short(), &json!({ "gates": gates }))).await?;
    let load = traffic(&envoy);
    state_is(&envoy, 2).await?;
    drop(load);
    hanging.abort();
    Ok(())
}
