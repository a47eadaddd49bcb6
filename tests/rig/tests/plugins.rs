//! Plugins: their metrics as labels, their log lines, their updates.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use serde_json::json;
use serinus_rig::{Builder, Envoy, Error, Filter, Upstream, Wasm, eventually};

const COUNTER: &str = include_str!("counter.wat");

fn counter() -> Result<(tempfile::TempDir, PathBuf)> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("counter.wasm");
    fs::write(&path, wat::parse_str(COUNTER)?)?;
    Ok((dir, path))
}

fn with_counter(v1: &Upstream, wasm: Wasm) -> Builder {
    Envoy::builder().cluster("baseline", v1).cluster("canary", ()).filter(wasm)
}

#[tokio::test]
async fn inline_tags_become_labels() -> Result<()> {
    let (v1, (_dir, module)) = (Upstream::start("v1").await?, counter()?);
    let envoy = with_counter(&v1, Filter::wasm("counter").module(module).config(json!({ "a": 1 })))
        .start()
        .await?;
    for _ in 0..3 {
        assert_eq!(envoy.get("/").send().await?.upstream(), "v1");
    }
    let metrics = envoy.metrics().await?;
    let labels = [("rollout", "checkout-v2"), ("cohort", "canary"), ("outcome", "client_gone")];
    assert_eq!(metrics.value("serinus_requests_total", &labels), 3.0);
    assert_eq!(metrics.matching("serinus_requests_total", &[]).count(), 1);
    assert!(envoy.wait_for_log("serinus.decision ").await?.contains("wasm"));
    Ok(())
}

#[tokio::test]
async fn a_refused_configuration_at_the_start_ends_envoy_with_its_log() -> Result<()> {
    let (v1, (_dir, module)) = (Upstream::start("v1").await?, counter()?);
    let started =
        with_counter(&v1, Filter::wasm("counter").module(module).config_text("bad")).start().await;
    assert!(matches!(started, Err(Error::EnvoyEnded { log, .. }) if log.contains("wasm")));
    Ok(())
}

#[tokio::test]
async fn a_refused_update_says_so_and_the_old_one_serves_on() -> Result<()> {
    let (v1, (_dir, module)) = (Upstream::start("v1").await?, counter()?);
    let wasm = Filter::wasm("counter").module(module).config(json!({ "version": 1 })).ecds();
    let envoy = with_counter(&v1, wasm).start().await?;
    assert!(matches!(
        envoy.update_config_text("counter", "bad").await,
        Err(Error::Rejected { .. })
    ));
    assert_eq!(envoy.get("/").send().await?.status, 200);
    envoy.update_config("counter", json!({ "version": 2 })).await?;
    assert_eq!(envoy.get("/").send().await?.status, 200);
    assert_eq!(envoy.metrics().await?.value("serinus_requests_total", &[]), 2.0);
    assert!(matches!(envoy.update_config("other", json!({})).await, Err(Error::Unexpected(_))));
    Ok(())
}

#[tokio::test]
async fn an_update_of_a_script_is_live_without_a_failed_request() -> Result<()> {
    let script = |version| {
        let source = format!(
            "function envoy_on_request(h) h:headers():replace('x-script', '{version}') end"
        );
        Filter::lua("script", &source).ecds()
    };
    let v1 = Upstream::start("v1").await?;
    let envoy = Envoy::builder()
        .cluster("baseline", &v1)
        .cluster("canary", ())
        .filter(script("one"))
        .start()
        .await?;
    assert_eq!(envoy.get("/").send().await?.received("x-script"), ["one"]);
    envoy.update_filter(script("two")).await?;
    let live = || async {
        let reply = envoy.get("/").send().await.unwrap();
        assert_eq!(reply.status, 200);
        (reply.received("x-script") == ["two"]).then_some(())
    };
    eventually("the new script", live).await?;
    Ok(())
}
