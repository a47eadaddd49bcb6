//! A canary that turns bad in a real Envoy is stopped, and stays stopped.

use anyhow::Result;
use serde_json::json;
use serinus_rig::{Behaviour, Envoy, Filter, Load, Upstream, filter_path};

#[tokio::test]
async fn a_dead_canary_costs_a_handful_of_requests() -> Result<()> {
    let v1 = Upstream::start("v1").await?;
    let v2 = Upstream::start("v2").await?;
    v2.behave(Behaviour::status(503));
    let config = json!({
        "rollout": "checkout", "unit": [{ "header": "x-user-id" }],
        "stages": [{ "weight": "5%", "min_time": "1h" }, { "weight": "100%" }],
    });
    let envoy = Envoy::builder()
        .workers(2)
        .cluster("baseline", &v1)
        .cluster("canary", &v2)
        .filter(Filter::wasm("serinus").module(filter_path()?).config(config))
        .start()
        .await?;
    let load = Load::new().rate(400.0).requests(2000).users(10_000).seed(7).start(&envoy);
    let done = load.finish().await;
    println!("{} done, canary got {}", done.len(), v2.requests());
    for line in envoy.log_lines() {
        if line.contains("serinus") {
            println!("{line}");
        }
    }
    println!("{}", envoy.admin("/stats?filter=serinus").await?);
    Ok(())
}
