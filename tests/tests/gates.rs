//! Gates that compare versions, in a real Envoy: business events, users that go missing, early ends.

mod common;

use std::time::Duration;

use anyhow::{Context, Result};
use common::{decision, serinus, two_versions, wait_for_gauge};
use serde_json::{Value, json};
use serinus_core::record::{Basis, Judgement, Rate, Reason, Record, Verdict};
use serinus_rig::{Behaviour, Envoy, Load, Running, Upstream, Users};

fn rollout(weight: &str, over: &Value) -> Value {
    let base = json!({
        "rollout": "checkout", "unit": [{ "header": "x-user-id" }],
        "stages": [{ "weight": weight, "min_time": "1s" }, { "weight": "100%", "watch": "1s" }],
        "gates": [{ "metric": "errors", "max": "5%" }],
    });
    common::with(&base, over)
}

async fn start(config: Value) -> Result<(Upstream, Upstream, Envoy)> {
    let (v1, v2, envoy) = two_versions().await?;
    let envoy = envoy.filter(serinus(config)?.ecds()).start().await?;
    Ok((v1, v2, envoy))
}

fn traffic(envoy: &Envoy) -> Running {
    Load::new().rate(400.0).users(2_000).start(envoy)
}

fn codes(record: &Record) -> Vec<String> {
    record.reasons.iter().map(Reason::code).collect()
}

#[tokio::test]
async fn a_canary_that_sells_less_is_rolled_back_though_nothing_fails() -> Result<()> {
    let config = rollout(
        "20%",
        &json!({
            "events": { "order": { "when": { "response_header": "x-order-id", "present": true } } },
            "gates": [{ "metric": "event", "name": "order", "max_drop": "20%" }],
        }),
    );
    let (v1, v2, envoy) = start(config).await?;
    let sells = || Behaviour::ok().header("x-order-id", "7");
    v1.behave(sells());
    v2.behave(sells().sometimes(0.6, Behaviour::ok()));
    let load = traffic(&envoy);
    let stopped = decision(&envoy, "checkout", Verdict::Rollback, 0).await?;
    let done = load.stop_and_finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)), "it only sells less");

    assert_eq!(codes(&stopped), ["gate_breached: order drop <= 20%"]);
    let compared = &stopped.comparisons[0];
    assert_eq!((compared.result, compared.basis), (Judgement::Breached, Basis::Randomised));
    assert_eq!(compared.baseline.hits, compared.baseline.requests, "v1 always sells");
    assert!(compared.canary.high <= compared.limit, "{compared:?}");
    println!("{} of {} at v2", compared.canary.hits, compared.canary.requests);
    Ok(())
}

/// Staff are another population than users: they are held against the limit alone, and that is said.
#[tokio::test]
async fn a_canary_that_is_bad_for_whom_a_rule_sent_there_is_rolled_back() -> Result<()> {
    let staff = json!({ "header": "x-staff", "present": true });
    let force = json!({ "force": [{ "name": "staff", "when": staff, "cohort": "canary" }],
        "stages": [{ "weight": "5%", "min_time": "1h" }, { "weight": "100%" }] });
    let (_v1, v2, envoy) = start(rollout("5%", &force)).await?;
    v2.behave_by(|request| match request.headers.contains_key("x-staff") {
        true => Behaviour::status(503),
        false => Behaviour::ok(),
    });
    let load = traffic(&envoy);
    for _ in 0..30 {
        envoy.client().get("/").user("ann").header("x-staff", "1").send().await?;
    }
    let stopped = decision(&envoy, "checkout", Verdict::Rollback, 0).await?;
    let done = load.stop_and_finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)), "users are well");
    assert_eq!(codes(&stopped), ["forced_breached: errors <= 5%"]);
    let forced = stopped.comparisons.iter().find(|compared| compared.basis == Basis::Forced);
    let forced = forced.context("a comparison of its own")?;
    assert_eq!((forced.result, forced.baseline.requests), (Judgement::Breached, 0));
    // The first tick after the limit is certainly broken.
    let Rate { hits, requests, .. } = forced.canary;
    assert!(hits == requests && (3..=30).contains(&hits), "{forced:?}");
    Ok(())
}

#[tokio::test]
async fn a_canary_whose_users_give_up_waiting_is_never_promoted() -> Result<()> {
    // Long enough that there are enough users to tell.
    let stages = json!([{ "weight": "50%", "min_time": "12s" }, { "weight": "100%" }]);
    let (_v1, v2, envoy) = start(rollout("50%", &json!({ "stages": stages }))).await?;
    // Every user with an odd number gets no answer from v2, and leaves: no failure, and no user served.
    v2.behave_by(|request| {
        let user = request.headers.get("x-user-id").map_or(&b""[..], |user| user.as_bytes());
        let odd = user.last().is_some_and(|digit| digit % 2 == 1);
        if odd { Behaviour::hang() } else { Behaviour::ok() }
    });
    let load = Load::new()
        .rate(500.0)
        .users(Users::InTurn(6_000))
        .outstanding(300)
        // Nobody else may give up, on a busy machine neither.
        .shape(|_, call| call.timeout(Duration::from_millis(600)))
        .start(&envoy);
    let mut nth = 0;
    let held = loop {
        let held = decision(&envoy, "checkout", Verdict::Hold, nth).await?;
        if codes(&held).contains(&"sample_ratio".to_owned()) {
            break held;
        }
        nth += 1;
    };
    drop(load);
    let (units, share) = held
        .reasons
        .iter()
        .find_map(|reason| match reason {
            Reason::SampleRatio { units, share, .. } => Some((*units, *share)),
            _ => None,
        })
        .context("the reason")?;
    assert!((share - 0.5).abs() < 1e-9 && units.canary < units.baseline, "{units:?} {share}");
    println!("{} users at v1, {} at v2", units.baseline, units.canary);
    Ok(())
}

#[tokio::test]
async fn a_stage_of_an_hour_ends_as_soon_as_the_evidence_is_in() -> Result<()> {
    let stages = json!([{ "weight": "10%", "min_time": "1h" }, { "weight": "50%", "min_time": "1h" },
        { "weight": "100%", "watch": "1s" }]);
    let config =
        rollout("10%", &json!({ "finish_early": true, "warm_up": "2s", "stages": stages }));
    let (_v1, _v2, envoy) = start(config).await?;
    let load = traffic(&envoy);
    wait_for_gauge(&envoy, "checkout", "serinus_state", 2).await?;
    drop(load);
    for nth in 0..2 {
        let step = decision(&envoy, "checkout", Verdict::Promote, nth).await?;
        assert_eq!(codes(&step), ["gates_passed"]);
        assert!(step.stage_age_ms > 2_000, "not in the warm-up: {step:?}");
        assert!(step.stage_age_ms < 60_000, "not after the hour: {step:?}");
        assert_eq!(step.comparisons[0].result, Judgement::Passed);
    }
    Ok(())
}
