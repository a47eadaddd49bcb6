//! What the filter adds to an Envoy's memory.

mod common;

use anyhow::Result;
use common::{rollout, serinus, two_versions};
use serinus_rig::{Envoy, Load};

const MIB: f64 = (1 << 20) as f64;

/// The memory of an Envoy with two workers after some traffic, with the filter or without, in bytes.
async fn rss(with_filter: bool) -> Result<u64> {
    let (_v1, _v2, builder) = two_versions().await?;
    let builder = if with_filter { builder.filter(serinus(rollout("5%"))?) } else { builder };
    let envoy: Envoy = builder.start().await?;
    let done = Load::new().requests(4_000).users(10_000).start(&envoy).finish().await;
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)));
    Ok(envoy.rss_bytes()?)
}

#[tokio::test]
async fn the_filter_adds_little_to_an_envoys_memory() -> Result<()> {
    // The smaller of two, because what is measured is a floor with noise above it.
    let mut least = [u64::MAX; 2];
    for _ in 0..2 {
        for (slot, with_filter) in least.iter_mut().zip([false, true]) {
            *slot = rss(with_filter).await?.min(*slot);
        }
    }
    let [without, with] = least.map(|bytes| bytes as f64 / MIB);
    println!(
        "RSS of Envoy, 2 workers: {without:.1} MiB without, {with:.1} with, +{:.1}",
        with - without
    );
    assert!(with - without <= 35.0, "+{:.1} MiB", with - without);
    Ok(())
}
