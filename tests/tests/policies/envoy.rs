//! A policy that ships, in a real Envoy: built, rendered into a rollout as its operator does it, and obeyed.

use std::fs;

use crate::common::{decision, two_versions, with};
use crate::make::shipped;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use serinus_cli::cli::{RenderArgs, Target};
use serinus_cli::command::render;
use serinus_cli::exit::Exit;
use serinus_core::record::{Reason, Verdict};
use serinus_rig::{Filter, Load, policies_filter_path};

/// What `serinus render --config` makes of this rollout, which lies in a folder with the component.
fn rendered(rollout: &Value, component: &[u8]) -> Result<Value> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("rollout.json");
    fs::write(&file, rollout.to_string())?;
    fs::write(folder.path().join("policy.component.wasm"), component)?;
    let args = RenderArgs {
        rollout: file.display().to_string(),
        target: Target::Envoy,
        policy: None,
        filter: None,
        config: true,
        output: None,
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = render::run(&args, &mut out, &mut err)?;
    anyhow::ensure!(exit == Exit::Good, "{}", String::from_utf8_lossy(&err));
    Ok(serde_json::from_slice(&out)?)
}

#[tokio::test]
async fn a_policy_that_ships_holds_in_envoy_until_it_is_told_to_promote() -> Result<()> {
    let component = shipped("manual-approval").component;
    let rollout = |params: Value| {
        let rollout = json!({
            "rollout": "checkout",
            "unit": [{ "header": "x-user-id" }],
            "stages": [{ "weight": "50%", "min_time": "1s" }, { "weight": "100%", "watch": "1h" }],
            "gates": [],
        });
        let policy = json!({ "file": "policy.component.wasm", "params": params });
        rendered(&with(&rollout, &json!({ "policy": policy })), &component)
    };
    let (_v1, _v2, envoy) = two_versions().await?;
    let filter = Filter::wasm("serinus").module(policies_filter_path()?);
    let envoy = envoy.workers(2).filter(filter.config(rollout(json!({}))?).ecds()).start().await?;
    let load = Load::new().rate(100.0).users(1_000).start(&envoy);

    let held = decision(&envoy, "checkout", Verdict::Hold, 0).await?;
    let waits = "waits for approval: raise `stages`".to_owned();
    let waits = Reason::Policy { verdict: Verdict::Hold, reason: waits };
    assert!(held.reasons.contains(&waits), "{held:?}");

    envoy.update_config("serinus", rollout(json!({ "stages": 1, "by": "ana" }))?).await?;
    let promoted = decision(&envoy, "checkout", Verdict::Promote, 0).await?;
    let consulted = promoted.policy.context("in the record")?;
    assert_eq!(consulted.reason, "approved by ana");
    println!("{} fuel in Envoy", consulted.fuel);
    let done = load.stop_and_finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)));
    Ok(())
}
