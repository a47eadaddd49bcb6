//! Several rollouts in one Envoy: each decides for itself.

mod common;

use std::time::Duration;

use anyhow::Result;
use common::{climbing, decision, finding, metric, records, verdicts, wait_for_gauge};
use serde_json::{Value, json};
use serinus_core::record::Verdict;
use serinus_rig::{Behaviour, Builder, Envoy, Filter, Load, Running, Upstream, Wasm, filter_path};

/// A rollout with a header, and so with routes, of its own.
fn rollout(name: &str, matching: Value) -> Value {
    climbing(&json!({
        "rollout": name,
        "match": matching,
        "route": { "header": header(name) },
        "unit": [{ "header": "x-user-id" }],
    }))
}

fn header(name: &str) -> String {
    format!("x-{name}-cohort")
}

/// The two versions of one service.
struct Service {
    name: &'static str,
    old: Upstream,
    new: Upstream,
}

impl Service {
    async fn start(name: &'static str) -> Result<Self> {
        let old = Upstream::start(format!("{name}-v1")).await?;
        let new = Upstream::start(format!("{name}-v2")).await?;
        Ok(Self { name, old, new })
    }

    /// Its clusters, and its routes among the requests that match.
    fn serve(&self, envoy: Builder, matching: &Value) -> Builder {
        let (old, new) = (format!("{}-v1", self.name), format!("{}-v2", self.name));
        let mut canary = matching.clone();
        let canaries = json!({ "name": header(self.name), "string_match": { "exact": "canary" } });
        if let Some(headers) = canary["headers"].as_array_mut() {
            headers.push(canaries);
        } else {
            canary["headers"] = json!([canaries]);
        }
        envoy
            .cluster(&old, &self.old)
            .cluster(&new, &self.new)
            .route(json!({ "match": canary, "route": { "cluster": new } }))
            .route(json!({ "match": matching, "route": { "cluster": old } }))
    }
}

fn plugin(name: &str, config: Value) -> Result<Wasm> {
    Ok(Filter::wasm(name).module(filter_path()?).config(config))
}

fn traffic(envoy: &Envoy, service: &'static str) -> Running {
    let load = Load::new().rate(200.0).users(2_000).path(&format!("/{service}/x"));
    load.shape(move |_, call| call.host(&format!("{service}.example.com"))).start(envoy)
}

/// `cart` has a dead canary, `pay` a healthy one: the one is stopped, the other goes on to its end.
async fn each_goes_its_way(envoy: &Envoy, cart: &Service) -> Result<()> {
    cart.new.behave(Behaviour::status(503).latency(Duration::from_millis(1)));
    let loads = [traffic(envoy, "cart"), traffic(envoy, "pay")];
    decision(envoy, "cart", Verdict::Rollback, 0).await?;
    wait_for_gauge(envoy, "pay", "serinus_state", 2).await?;
    let reached = cart.new.requests();
    cart.old.wait_for_requests(cart.old.requests() + 200).await?;
    assert_eq!(cart.new.requests(), reached, "the stopped canary is left alone");
    let [of_cart, of_pay] = loads;
    of_cart.stop_and_finish().await;
    let of_pay = of_pay.stop_and_finish().await;

    assert!(of_pay.iter().all(|exchange| exchange.status == Ok(200)));
    assert_eq!(metric(envoy, "cart", "serinus_state", &[]).await?, 3);
    assert_eq!(metric(envoy, "cart", "serinus_canary_weight", &[]).await?, 0);
    assert_eq!(metric(envoy, "pay", "serinus_canary_weight", &[]).await?, 100_000);
    let stopped = verdicts(envoy, "cart", Verdict::Rollback)?;
    let finding = finding(&stopped[0])?;
    assert!(finding.seen.failed.canary <= cart.new.answered(503), "{finding:?}");
    assert_eq!(verdicts(envoy, "pay", Verdict::Promote)?.len(), 3);
    assert_eq!(verdicts(envoy, "pay", Verdict::Rollback)?, []);
    assert_eq!(records(envoy)?.iter().filter(|r| r.rollout == "cart").count(), 1);

    // What the one counted is not in the other's books.
    let labels = [("cohort", "canary")];
    let counted = metric(envoy, "cart", "serinus_requests_total", &labels).await?;
    assert_eq!(counted, cart.new.requests());
    let failed = metric(envoy, "pay", "serinus_requests_total", &[("outcome", "failure")]).await?;
    assert_eq!(failed, 0);
    println!("cart stopped after {} canary requests, pay promoted", cart.new.requests());
    Ok(())
}

async fn side_by_side(vm_ids: [&str; 2]) -> Result<()> {
    let (cart, pay) = (Service::start("cart").await?, Service::start("pay").await?);
    let mut envoy = Envoy::builder().routes([]);
    for (service, vm_id) in [&cart, &pay].into_iter().zip(vm_ids) {
        let prefix = format!("/{}/", service.name);
        let config = rollout(service.name, json!({ "path_prefix": prefix }));
        envoy = service.serve(envoy, &json!({ "prefix": prefix }));
        envoy = envoy.filter(plugin(service.name, config)?.vm_id(vm_id));
    }
    let envoy = envoy.start().await?;
    each_goes_its_way(&envoy, &cart).await
}

#[tokio::test]
async fn two_plugins_in_vms_of_their_own_do_not_meet() -> Result<()> {
    side_by_side(["cart", "pay"]).await
}

#[tokio::test]
async fn two_plugins_in_one_vm_do_not_meet_either() -> Result<()> {
    side_by_side(["", ""]).await
}

/// Plugins on several listeners are easily called the same, or nothing at all.
#[tokio::test]
async fn two_plugins_of_one_name_both_move() -> Result<()> {
    let (cart, pay) = (Service::start("cart").await?, Service::start("pay").await?);
    let mut envoy = Envoy::builder().routes([]);
    for service in [&cart, &pay] {
        let prefix = format!("/{}/", service.name);
        let config = rollout(service.name, json!({ "path_prefix": prefix }));
        envoy = service.serve(envoy, &json!({ "prefix": prefix }));
        let namesake =
            plugin(service.name, config)?.vm_id("").options(json!({ "name": "serinus" }));
        envoy = envoy.filter(namesake);
    }
    let envoy = envoy.start().await?;
    let loads = [traffic(&envoy, "cart"), traffic(&envoy, "pay")];
    for service in ["cart", "pay"] {
        wait_for_gauge(&envoy, service, "serinus_state", 2).await?;
    }
    drop(loads);
    Ok(())
}

#[tokio::test]
async fn one_plugin_takes_several_rollouts_and_tells_them_apart_by_host() -> Result<()> {
    let (cart, pay) = (Service::start("cart").await?, Service::start("pay").await?);
    let mut envoy = Envoy::builder().routes([]);
    let mut rollouts = Vec::new();
    for service in [&cart, &pay] {
        let host = format!("{}.example.com", service.name);
        rollouts.push(rollout(service.name, json!({ "hosts": [host] })));
        let authority = json!([{ "name": ":authority", "string_match": { "exact": host } }]);
        envoy = service.serve(envoy, &json!({ "prefix": "/", "headers": authority }));
    }
    let envoy = envoy.filter(plugin("all", json!({ "rollouts": rollouts }))?).start().await?;
    each_goes_its_way(&envoy, &cart).await
}

#[tokio::test]
async fn a_forged_header_of_another_rollout_is_taken_away() -> Result<()> {
    let (cart, pay) = (Service::start("cart").await?, Service::start("pay").await?);
    let mut envoy = Envoy::builder().routes([]);
    // The routes match every host, so that only the header decides.
    envoy = pay.serve(envoy, &json!({ "prefix": "/" }));
    let rollouts = ["cart", "pay"]
        .map(|name| rollout(name, json!({ "hosts": [format!("{name}.example.com")] })));
    let plugin = plugin("all", json!({ "rollouts": rollouts }))?;
    let envoy = envoy.filter(plugin).start().await?;
    for (host, cohorts) in [("cart.example.com", 1), ("other.example.com", 0)] {
        for n in 0..50 {
            let call = envoy.get("/").host(host).user(&format!("u{n}"));
            let reply = call.header(&header("pay"), "canary").send().await?;
            assert_eq!(reply.upstream(), "pay-v1", "u{n} at {host}");
            assert_eq!(reply.received(&header("cart")).len(), cohorts, "{host}");
        }
    }
    assert_eq!((pay.new.requests(), cart.new.requests()), (0, 0));
    Ok(())
}
