//! What the filter adds to an Envoy's memory.

mod common;

use anyhow::Result;
use common::{rollout, serinus, two_versions, with};
use serde_json::json;
use serinus_rig::{Envoy, Filter, Load, filter_path, policies_filter_path};
use serinus_tests::policies::policy;

const MIB: f64 = (1 << 20) as f64;

/// The memory of an Envoy with two workers after some traffic, in bytes.
async fn rss(filter: Option<Filter>) -> Result<u64> {
    let (_v1, _v2, builder) = two_versions().await?;
    let builder = filter.into_iter().fold(builder, |builder, filter| builder.filter(filter));
    let envoy: Envoy = builder.start().await?;
    let done = Load::new().requests(4_000).users(10_000).start(&envoy).finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)));
    Ok(envoy.rss_bytes()?)
}

/// What a filter adds, in bytes.
async fn added(filter: Filter) -> Result<f64> {
    // The smaller of two, because what is measured is a floor with noise above it.
    let mut least = [u64::MAX; 2];
    for _ in 0..2 {
        for (slot, filter) in least.iter_mut().zip([None, Some(&filter)]) {
            *slot = rss(filter.cloned()).await?.min(*slot);
        }
    }
    let [without, with] = least.map(|bytes| bytes as f64);
    let added = with - without;
    println!(
        "RSS of Envoy, 2 workers: {:.1} MiB without, {:.1} with, +{:.1} ({:.1} MB)",
        without / MIB,
        with / MIB,
        added / MIB,
        added / 1e6
    );
    Ok(added)
}

#[tokio::test]
async fn the_filter_adds_little_to_an_envoys_memory() -> Result<()> {
    let added = added(serinus(rollout("5%"))?.into()).await? / MIB;
    assert!(added <= 35.0, "+{added:.1} MiB");
    Ok(())
}

/// One function of 70 KB, as wasm-opt makes it if it may, was 12 MB more.
#[tokio::test]
async fn the_filter_with_an_interpreter_and_a_policy_adds_less_than_60_mb() -> Result<()> {
    let filter = Filter::wasm("serinus").module(policies_filter_path()?);
    let config = with(&rollout("5%"), &json!({ "policy": policy("whole/promotes")? }));
    let added = added(filter.config(config).into()).await? / 1e6;
    assert!(added < 60.0, "+{added:.1} MB");
    Ok(())
}

/// Each is compiled when Envoy starts, and again in each of its workers' VMs instantiated.
#[test]
fn the_filters_are_small() -> Result<()> {
    for (file, most) in [(filter_path()?, 320_000), (policies_filter_path()?, 800_000)] {
        let bytes = std::fs::metadata(&file)?.len();
        println!("{}: {bytes} bytes", file.display());
        assert!(bytes <= most, "{}: {bytes} bytes", file.display());
    }
    Ok(())
}
