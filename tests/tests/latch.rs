//! A rollback sticks to what was rolled back: until somebody says "again", nobody is sent there.

mod common;

use anyhow::Result;
use common::{decision, metric, rollout, serinus, two_versions, verdicts, wait_for_gauge, with};
use serde_json::{Value, json};
use serinus_core::codec::Stored;
use serinus_core::cohort::bucket::Weight;
use serinus_core::config;
use serinus_core::guard::Counters;
use serinus_core::promotion::{Phase, State};
use serinus_core::record::Verdict;
use serinus_rig::{Behaviour, Envoy, Filter, Load, Upstream};

/// An Envoy that has just rolled back generation 1; its canary has healed.
async fn rolled_back(base: &Value) -> Result<(Upstream, Upstream, Envoy)> {
    let (v1, v2, envoy) = two_versions().await?;
    v2.behave(Behaviour::status(503));
    let envoy = envoy.filter(serinus(base.clone())?.ecds()).start().await?;
    let load = Load::new().rate(400.0).users(10_000).start(&envoy);
    decision(&envoy, "checkout", Verdict::Rollback, 0).await?;
    load.stop_and_finish().await;
    v2.behave(Behaviour::ok());
    Ok((v1, v2, envoy))
}

/// How many of 600 requests the canary gets; none may fail.
async fn canary_gets(envoy: &Envoy, v2: &Upstream) -> u64 {
    let before = v2.requests();
    let done = Load::new().requests(600).users(600).start(envoy).finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)));
    v2.requests() - before
}

#[tokio::test]
async fn a_canary_that_heals_stays_out_until_the_generation_is_raised() -> Result<()> {
    let base = rollout("20%");
    let (_v1, v2, envoy) = rolled_back(&base).await?;
    assert_eq!(canary_gets(&envoy, &v2).await, 0, "healed, still rolled back");

    let longer = json!({ "stages": [{ "weight": "40%", "min_time": "2h" }, { "weight": "100%" }] });
    envoy.update_config("serinus", with(&base, &longer)).await?;
    assert_eq!(canary_gets(&envoy, &v2).await, 0, "an edit is not a new release");
    assert_eq!(metric(&envoy, "checkout", "serinus_state", &[]).await?, 3);

    let again = with(&base, &json!({ "generation": 2 }));
    envoy.update_config("serinus", again).await?;
    let share = canary_gets(&envoy, &v2).await;
    assert!((70..=180).contains(&share), "{share} of 600 at 20 %");
    wait_for_gauge(&envoy, "checkout", "serinus_canary_weight", 20_000).await?;
    assert_eq!(metric(&envoy, "checkout", "serinus_state", &[]).await?, 0);

    envoy.update_config("serinus", base).await?;
    assert_eq!(canary_gets(&envoy, &v2).await, 0, "generation 1 was rolled back");
    assert_eq!(verdicts(&envoy, "checkout", Verdict::Rollback)?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_new_generation_is_judged_by_its_own_failures() -> Result<()> {
    let base = rollout("5%");
    let (_v1, v2, envoy) = rolled_back(&base).await?;
    envoy.update_config("serinus", with(&base, &json!({ "generation": 2 }))).await?;
    // Four failures are below the floor of five, however many the generation before had.
    let failures = 4;
    let from = v2.answered(503);
    let counted = std::sync::atomic::AtomicU64::new(0);
    v2.behave_by(move |_| {
        let n = counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        if n < failures { Behaviour::status(503) } else { Behaviour::ok() }
    });
    Load::new().rate(400.0).requests(1_000).users(10_000).seed(3).start(&envoy).finish().await;
    assert_eq!(v2.answered(503) - from, failures);
    assert_eq!(verdicts(&envoy, "checkout", Verdict::Rollback)?.len(), 1);

    v2.behave(Behaviour::status(503));
    let load = Load::new().rate(400.0).users(10_000).seed(4).start(&envoy);
    let second = decision(&envoy, "checkout", Verdict::Rollback, 1).await?;
    load.stop_and_finish().await;
    assert_eq!(second.generation, 2);
    Ok(())
}

/// A plugin that leaves this in shared data, as another build of the filter would have.
fn another_build(key: &str, state: &[u8]) -> String {
    let hex: String = state.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let (key_len, state_len) = (key.len(), state.len());
    format!(
        r#"(module
            (import "env" "proxy_set_shared_data" (func $set (param i32 i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "{key}")
            (data (i32.const 1024) "{hex}")
            (func (export "proxy_abi_version_0_2_1"))
            (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 2048))
            (func (export "proxy_on_configure") (param i32 i32) (result i32)
                (drop (call $set (i32.const 0) (i32.const {key_len})
                    (i32.const 1024) (i32.const {state_len}) (i32.const 0)))
                (i32.const 1)))"#
    )
}

/// The numbers at the front are all that two builds have in common.
#[tokio::test]
async fn a_rollback_outlives_the_build_that_decided_it() -> Result<()> {
    let base = rollout("50%");
    let epoch = config::from_value(&base)?.remove(0).epoch();
    for (phase, rolled_back) in [(Phase::RolledBack, true), (Phase::Holding, false)] {
        let begun = State::begin(1, 0, Weight::MAX, Counters::default());
        let mut state = State { phase, revision: 7, ..begun }.encode(&());
        state[0] = 99;
        state.extend(b"and whatever else it keeps");
        let module = tempfile::Builder::new().suffix(".wasm").tempfile()?;
        std::fs::write(
            &module,
            wat::parse_str(another_build(&format!("serinus/1/state/{epoch}"), &state))?,
        )?;
        let (_v1, v2, envoy) = two_versions().await?;
        let other = Filter::wasm("another").module(module.path()).vm_id("serinus");
        let envoy = envoy.filter(other).filter(serinus(base.clone())?).start().await?;
        let gets = canary_gets(&envoy, &v2).await;
        assert_eq!(gets == 0, rolled_back, "{phase:?}: {gets}");
        let shown = if rolled_back { 3 } else { 0 };
        assert_eq!(metric(&envoy, "checkout", "serinus_state", &[]).await?, shown, "{phase:?}");
    }
    Ok(())
}
