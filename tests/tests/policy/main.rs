//! A policy of the operator's own, in a real Envoy under load.
//!
//! Without a policy every rollout here would be promoted within two seconds: there are no gates.

#[path = "../common/mod.rs"]
mod common;
mod host;
#[path = "../stand/mod.rs"]
mod stand;

use std::time::Duration;

use anyhow::{Context, Result};
use common::{decision, metric, records, two_versions, verdicts, wait_for_gauge, with};
use serde_json::{Value, json};
use serinus_core::policy::Failure;
use serinus_core::record::{Reason, Record, Verdict};
use serinus_rig::{
    Envoy, Error, Filter, Load, Wasm, eventually, filter_path, policies_filter_path,
};
use serinus_tests::policies::{inlined, policy};
use stand::ensure_no_crash;

const FAILURES: &str = "serinus_policy_failures_total";

/// A stage of a second before the last, and nothing but the policy to keep it.
fn rollout(name: &str, policy: Value) -> Value {
    json!({
        "rollout": name,
        "unit": [{ "header": "x-user-id" }],
        "stages": [{ "weight": "50%", "min_time": "1s" }, { "weight": "100%", "watch": "1h" }],
        "gates": [],
        "policy": policy,
    })
}

fn serinus(config: Value) -> Result<Wasm> {
    Ok(Filter::wasm("serinus").module(policies_filter_path()?).config(config))
}

/// What each hostile policy is found to do.
const HOSTILE: [(&str, Failure); 12] = [
    ("hostile/bad-cleanup", Failure::Trap),
    ("hostile/deep-recursion", Failure::Stack),
    ("hostile/huge-result", Failure::TooLarge),
    ("hostile/loop", Failure::Fuel),
    ("hostile/malformed-number", Failure::Malformed),
    ("hostile/malformed-pointer", Failure::Malformed),
    ("hostile/malformed-text", Failure::Malformed),
    ("hostile/malformed-verdict", Failure::Malformed),
    ("hostile/out-of-memory", Failure::Memory),
    ("hostile/panic", Failure::Trap),
    ("hostile/wild-write", Failure::Trap),
    ("whole/wrong-signature", Failure::Signature),
];

/// The name of a rollout, which is also the host that its requests are for.
fn host_of(policy: &str) -> &str {
    policy.rsplit('/').next().unwrap_or(policy)
}

/// A rollout for each hostile policy.
fn each_for_its_host() -> Result<Vec<Value>> {
    let one = |(name, _)| {
        let matching = json!({ "match": { "hosts": [host_of(name)] } });
        Ok(with(&rollout(host_of(name), policy(name)?), &matching))
    };
    HOSTILE.into_iter().map(one).collect()
}

/// The holds of a rollout whose reason this is.
fn holds(envoy: &Envoy, rollout: &str, reason: &Reason) -> Result<Vec<Record>> {
    let mut held = verdicts(envoy, rollout, Verdict::Hold)?;
    held.retain(|record| record.reasons.contains(reason));
    Ok(held)
}

#[tokio::test]
async fn whatever_a_policy_does_is_a_hold_of_its_kind_and_the_next_evaluation_is_right()
-> Result<()> {
    let (_v1, _v2, envoy) = two_versions().await?;
    let envoy = envoy
        .workers(2)
        .filter(serinus(json!({ "rollouts": each_for_its_host()? }))?)
        .start()
        .await?;
    let load = Load::new().rate(300.0).users(1200).shape(|user, call| {
        let number = user.bytes().map(usize::from).sum::<usize>();
        call.host(host_of(HOSTILE[number % HOSTILE.len()].0))
    });
    let load = load.start(&envoy);

    let right = Reason::Policy { verdict: Verdict::Hold, reason: "as it should".to_owned() };
    for (name, kind) in HOSTILE {
        let (rollout, failed) = (host_of(name), Reason::PolicyFailed { kind });
        let twice = || async {
            let fails = holds(&envoy, rollout, &failed).ok()?;
            let rights = holds(&envoy, rollout, &right).ok()?;
            // One that never answers says so once; the others come and go with the seconds.
            let enough = kind == Failure::Signature || (fails.len() >= 2 && rights.len() >= 2);
            (enough && !fails.is_empty()).then_some(fails)
        };
        let fails = eventually(format!("{rollout} to fail and recover"), twice).await?;
        let counted = metric(&envoy, rollout, FAILURES, &[("kind", kind.as_str())]).await?;
        assert!(counted >= fails.len() as u64, "{rollout}: {counted}");
        assert_eq!(
            metric(&envoy, rollout, FAILURES, &[]).await?,
            counted,
            "{rollout}: no other kind"
        );
        assert_eq!(metric(&envoy, rollout, "serinus_canary_weight", &[]).await?, 50_000);
        let consulted = fails[0].policy.as_ref().context("in the record")?;
        assert_eq!((consulted.failure, consulted.sha256.len()), (Some(kind), 12));
        assert!(consulted.fuel <= 1_500_000, "{rollout}: {}", consulted.fuel);
        println!("{rollout}: {}, {} fuel, {counted} times", kind.as_str(), consulted.fuel);
    }

    let done = load.stop_and_finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)));
    let slowest = done.iter().map(|exchange| exchange.at_done - exchange.at_sent).max();
    let slowest = slowest.unwrap_or_default();
    println!("{} requests, the slowest took {slowest:?}", done.len());
    // The fuel of them all is a few milliseconds; a policy that did not end would stop everything.
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    assert_eq!(verdicts(&envoy, "loop", Verdict::Promote)?, []);
    ensure_no_crash(&envoy).await
}

#[tokio::test]
async fn a_policy_is_swapped_in_mid_traffic_without_a_failed_request() -> Result<()> {
    let (_v1, v2, envoy) = two_versions().await?;
    let base = rollout("checkout", policy("whole/wrong-signature")?);
    let stages =
        json!([{ "weight": "50%", "min_requests": 400 }, { "weight": "100%", "watch": "1h" }]);
    let base = with(&base, &json!({ "stages": stages }));
    let envoy = envoy.workers(2).filter(serinus(base.clone())?.ecds()).start().await?;
    let load = Load::new().rate(300.0).users(2_000).start(&envoy);
    v2.wait_for_requests(500).await?;
    let failed = Reason::PolicyFailed { kind: Failure::Signature };
    let held = || async { holds(&envoy, "checkout", &failed).ok()?.pop() };
    eventually("the first policy to fail", held).await?;

    let done = load.stop_and_finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)));
    // The requests of the stage count for the new policy: there are hardly any others.
    let load = Load::new().rate(20.0).users(2_000).start(&envoy);
    envoy
        .update_config("serinus", with(&base, &json!({ "policy": policy("whole/promotes")? })))
        .await?;
    let promoted = decision(&envoy, "checkout", Verdict::Promote, 0).await?;
    let done = load.stop_and_finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)) && done.len() < 400);

    let go = Reason::Policy { verdict: Verdict::Promote, reason: "go ahead!".to_owned() };
    assert!(promoted.reasons.contains(&go), "{promoted:?}");
    let consulted = promoted.policy.context("in the record")?;
    assert_eq!(
        (consulted.evidence[0].name.as_str(), consulted.evidence[0].value),
        ("answer", 42.0)
    );
    assert!(consulted.fuel > 0 && consulted.fuel < 10_000, "{}", consulted.fuel);
    ensure_no_crash(&envoy).await
}

#[tokio::test]
async fn what_a_policy_remembers_outlives_its_instance_and_the_configuration() -> Result<()> {
    let (_v1, _v2, envoy) = two_versions().await?;
    let base = rollout("checkout", policy("whole/counts")?);
    let envoy = envoy.workers(2).filter(serinus(base.clone())?.ecds()).start().await?;
    let load = Load::new().rate(100.0).users(2_000).start(&envoy);
    decision(&envoy, "checkout", Verdict::Hold, 0).await?;
    envoy.update_config("serinus", with(&base, &json!({ "max_age": "7d" }))).await?;
    // It promotes at the fifth evaluation, and counts in nothing but its memory.
    let promoted = decision(&envoy, "checkout", Verdict::Promote, 0).await?;
    let done = load.stop_and_finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)));
    let Some(consulted) = promoted.policy else { anyhow::bail!("not in the record") };
    assert!(consulted.reason.starts_with("evaluation no "), "{}", consulted.reason);
    Ok(())
}

#[tokio::test]
async fn a_policys_rollback_wins() -> Result<()> {
    let (_v1, v2, envoy) = two_versions().await?;
    let envoy =
        envoy.filter(serinus(rollout("checkout", policy("whole/rolls-back")?))?).start().await?;
    let stopped = decision(&envoy, "checkout", Verdict::Rollback, 0).await?;
    assert!(matches!(&stopped.reasons[..], [Reason::Policy { verdict: Verdict::Rollback, .. }]));
    wait_for_gauge(&envoy, "checkout", "serinus_state", 3).await?;
    let before = v2.requests();
    let done = Load::new().requests(100).users(100).start(&envoy).finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)));
    assert_eq!(v2.requests(), before, "everyone is back");
    Ok(())
}

#[tokio::test]
async fn a_bad_policy_leaves_the_old_configuration_serving() -> Result<()> {
    let (_v1, _v2, envoy) = two_versions().await?;
    let good = with(&rollout("checkout", policy("hostile/panic")?), &json!({ "generation": 1 }));
    let envoy = envoy.filter(serinus(good.clone())?.ecds()).start().await?;
    let load = Load::new().rate(100.0).users(1_000).start(&envoy);
    let wat = |text: &str| wat::parse_str(text).map(|wasm| inlined(&wasm));
    let other = policy("whole/promotes")?;
    let forged = json!({ "wasm": other["wasm"], "sha256": "0".repeat(64) });
    let missing = wat("(module)")?;
    for (bad, said) in [
        (
            json!({ "file": "x.component.wasm" }),
            "policy.file: a proxy reads no files: `serinus render`",
        ),
        (forged, "policy.sha256: the module's is "),
        (inlined(b"no module"), "policy: the module does not compile: "),
        (wat(r#"(module (import "env" "f" (func)))"#)?, "policy: a policy imports nothing"),
        (wat("(module (func (drop (v128.const i64x2 0 0))))")?, "SIMD"),
        (policy("whole/picky")?, "policy.params: slo: must be given; fast: no such parameter"),
        (missing, "policy: could not be asked about its params: signature"),
    ] {
        let refused = envoy.update_config("serinus", with(&good, &json!({ "policy": bad }))).await;
        assert!(matches!(refused, Err(Error::Rejected { .. })), "{said}: {refused:?}");
        let lines = envoy.log_lines();
        let line = lines.iter().rfind(|line| line.contains("serinus.config_error"));
        assert!(line.is_some_and(|line| line.contains(said)), "{said}: {line:?}");
    }
    // The old policy is asked as before.
    let asked = metric(&envoy, "checkout", FAILURES, &[]).await?;
    let again =
        || async { (metric(&envoy, "checkout", FAILURES, &[]).await.ok()? > asked).then_some(()) };
    eventually("the old policy to be asked again", again).await?;
    let done = load.stop_and_finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)));
    assert_eq!(metric(&envoy, "checkout", "serinus_canary_weight", &[]).await?, 50_000);
    Ok(())
}

#[tokio::test]
async fn the_lean_filter_names_the_build_that_runs_policies() -> Result<()> {
    let (_v1, v2, envoy) = two_versions().await?;
    let config = rollout("checkout", policy("whole/promotes")?);
    let lean = Filter::wasm("serinus").module(filter_path()?).config(config);
    let envoy = envoy.filter(lean).start().await?;
    let lines = envoy.log_lines();
    let said = "policy: this filter has no policy interpreter; use serinus-filter-policies.wasm";
    assert!(lines.iter().any(|line| line.contains(said)), "{lines:#?}");
    let done = Load::new().requests(50).users(50).start(&envoy).finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)));
    assert_eq!((v2.requests(), records(&envoy)?), (0, vec![]));
    Ok(())
}
