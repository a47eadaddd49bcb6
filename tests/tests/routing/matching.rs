//! Several rollouts in one plugin: each request belongs to the first that fits, or to none.

use anyhow::Result;
use serde_json::{Value, json};
use serinus_core::arm::Arm;
use serinus_rig::{Builder, Call, Reply};

use crate::stand::{self, Stand};

const HEADERS: [&str; 2] = ["x-shop", "x-pay"];

fn rollout(name: &str, header: &str, matches: Value) -> Value {
    let mut config = stand::steady("50%");
    config["rollout"] = name.into();
    config["match"] = matches;
    config["route"] = json!({ "header": header });
    config
}

fn shop() -> Value {
    rollout("shop", HEADERS[0], json!({ "hosts": ["shop.test"], "path_prefix": "/checkout" }))
}

fn pay() -> Value {
    rollout("pay", HEADERS[1], json!({ "hosts": ["*.pay.test"] }))
}

/// The route table: either header leads to the canary.
fn routes(builder: Builder) -> Builder {
    HEADERS.iter().fold(builder, |builder, header| {
        let canary = json!([{ "name": header, "string_match": { "exact": "canary" } }]);
        builder.route(json!({
            "match": { "prefix": "/", "headers": canary }, "route": { "cluster": "canary" },
        }))
    })
}

async fn both() -> Result<Stand> {
    let config = json!({ "rollouts": [shop(), pay()] });
    stand::stand_with(&config, routes).await
}

/// With everything forged that a client could think of.
async fn send(call: Call, user: &str) -> Result<(Reply, [Vec<String>; 2])> {
    let call = HEADERS.iter().fold(call.user(user), |call, header| call.header(header, "canary"));
    let reply = call.send().await?;
    let received = HEADERS.map(|header| reply.received(header));
    Ok((reply, received))
}

#[tokio::test]
async fn each_request_is_the_first_fitting_rollouts_and_no_others() -> Result<()> {
    let stand = both().await?;
    for (index, config) in [shop(), pay()].iter().enumerate() {
        let places: &[(&str, &str)] = if index == 0 {
            &[
                ("shop.test", "/checkout"),
                ("SHOP.test:8080", "/checkout/2?x=/"),
                ("shop.test", "/checkouts"),
            ]
        } else {
            &[("eu.pay.test", "/"), ("a.b.Pay.TEST:1", "/checkout")]
        };
        for cohort in [Arm::Baseline, Arm::Canary] {
            let user = stand::users_in(config, cohort, 1)?.remove(0);
            for (host, path) in places {
                let (reply, received) = send(stand.envoy.get(path).host(host), &user).await?;
                let mut own = [vec![], vec![]];
                own[index] = vec![cohort.as_str().to_owned()];
                assert_eq!(received, own, "{host}{path}");
                assert_eq!(reply.upstream(), stand::upstream_of(cohort), "{host}{path}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_request_for_no_rollout_goes_on_without_any_route_header() -> Result<()> {
    let stand = both().await?;
    let places = [
        ("other.test", "/checkout"),
        ("shop.test", "/check"),
        ("shop.test", "/"),
        ("pay.test", "/"),
        ("shop.test.evil", "/checkout"),
        ("xpay.test", "/"),
    ];
    for (host, path) in places {
        let (reply, received) = send(stand.envoy.get(path).host(host), "u1").await?;
        assert_eq!(received, [vec![] as Vec<String>, vec![]], "{host}{path}");
        assert_eq!((reply.status, reply.upstream()), (200, "v1"), "{host}{path}");
    }
    assert_eq!(stand::counts_after(&stand.envoy, places.len()).await?, stand::expect(&[]));
    Ok(())
}

#[tokio::test]
async fn the_first_of_two_rollouts_that_fit_decides() -> Result<()> {
    let everything = rollout("pay", HEADERS[1], json!({}));
    let config = json!({ "rollouts": [shop(), everything] });
    let stand = stand::stand_with(&config, routes).await?;
    for (path, rollout) in [("/checkout", "shop"), ("/", "pay")] {
        let (_, received) = send(stand.envoy.get(path).host("shop.test"), "u1").await?;
        assert_eq!(
            received.map(|values| values.len()),
            [path == "/checkout", path == "/"].map(usize::from)
        );
        let metrics = stand.envoy.metrics().await?;
        assert_eq!(metrics.value("serinus_assigned_total", &[("rollout", rollout)]), 1.0, "{path}");
    }
    Ok(())
}
