//! The order of decision, end to end: exclude, force, eligible, percentage; and what is counted of it.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use serinus_core::arm::Arm;
use serinus_core::cohort::key::SigningKey;
use serinus_core::cohort::token;
use serinus_rig::{Behaviour, Call};

use crate::stand::{self, jwt, upstream_of};

const KEY: &str = "c2VyaW51cyBzZXJpbnVzIHNlcmludXMgc2VyaW51cyE=";

fn ruled() -> Value {
    let mut config = stand::steady("50%");
    let consent = json!({ "header": "x-consent", "not": { "exact": "yes" } });
    let token = json!({ "override": { "header": "x-override", "key": KEY } });
    config["exclude"] = json!([{ "name": "no-consent", "when": consent }]);
    config["force"] = json!([
        { "name": "staff", "when": { "jwt": "groups", "contains": "staff" }, "cohort": "canary" },
        { "name": "testers", "when": token, "cohort": "canary" },
    ]);
    let regions = json!({ "header": "x-region", "in": ["eu-west", "eu-north"] });
    config["eligible"] = json!([
        { "name": "pilot-regions", "when": regions },
        { "name": "beta", "when": { "query": "beta", "exact": "1" } },
    ]);
    config
}

/// An override that ends so many seconds from now.
fn override_token(rollout: &str, seconds: i64) -> Result<String> {
    let now = SystemTime::UNIX_EPOCH.elapsed()?;
    let until = now.as_secs().saturating_add_signed(seconds);
    Ok(token::mint(rollout, Arm::Canary, until, &SigningKey::from_base64(KEY)?))
}

/// What a request carries besides its user.
type Dress = Box<dyn Fn(Call) -> Call>;

fn with(headers: &[(&'static str, &str)]) -> Dress {
    let headers: Vec<_> = headers.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
    Box::new(move |call| headers.iter().fold(call, |call, (name, value)| call.header(name, value)))
}

#[tokio::test]
async fn exclude_force_eligible_and_percentage_decide_in_this_order() -> Result<()> {
    let config = ruled();
    let user = |cohort| stand::users_in(&config, cohort, 1)?.pop().context("no user");
    let (low, high) = (user(Arm::Baseline)?, user(Arm::Canary)?);
    let filter = stand::serinus(&config)?;
    let stand = stand::stand_of(|builder| builder.filter(jwt::authn()).filter(filter)).await?;
    let staff = jwt::bearer(json!({ "groups": ["dev", "staff"] }))?;
    let dev = jwt::bearer(json!({ "groups": ["dev", "staffing"] }))?;
    let (tester, late) = (override_token("checkout", 600)?, override_token("checkout", -1)?);
    let other = override_token("other", 600)?;
    let (yes, eu) = (("x-consent", "yes"), ("x-region", "eu-west"));
    let rows: Vec<(&str, &String, &str, Dress, &str, &str)> = vec![
        ("all is well", &high, "/", with(&[yes, eu]), "v2", "canary"),
        ("all is well", &low, "/", with(&[yes, eu]), "v1", "baseline"),
        ("no consent", &high, "/", with(&[("x-consent", "no"), eu]), "v1", "outside"),
        ("not asked", &high, "/", with(&[eu]), "v1", "outside"),
        ("staff", &low, "/", with(&[yes, ("authorization", &staff)]), "v2", "forced"),
        ("staff, no consent", &low, "/", with(&[("authorization", &staff), eu]), "v1", "outside"),
        ("no staff", &low, "/", with(&[yes, eu, ("authorization", &dev)]), "v1", "baseline"),
        ("a tester", &low, "/", with(&[yes, ("x-override", &tester)]), "v2", "forced"),
        ("too late", &low, "/", with(&[yes, eu, ("x-override", &late)]), "v1", "baseline"),
        ("another's", &low, "/", with(&[yes, eu, ("x-override", &other)]), "v1", "baseline"),
        ("a word", &low, "/", with(&[yes, eu, ("x-override", "canary")]), "v1", "baseline"),
        ("not eligible", &high, "/", with(&[yes, ("x-region", "us")]), "v1", "outside"),
        ("no region", &high, "/", with(&[yes]), "v1", "outside"),
        ("the second rule", &high, "/?a=2&beta=1", with(&[yes]), "v2", "canary"),
        ("the second rule", &low, "/?beta=1", with(&[yes]), "v1", "baseline"),
    ];
    let mut expected = std::collections::BTreeMap::new();
    for (n, (case, user, path, dress, upstream, counted)) in rows.iter().enumerate() {
        let reply = dress(stand.envoy.get(path).user(user)).send().await?;
        assert_eq!((reply.status, reply.upstream()), (200, *upstream), "{case}");
        *expected.entry(format!("{counted} success")).or_default() += 1;
        assert_eq!(stand::counts_after(&stand.envoy, n + 1).await?, expected, "{case}");
    }
    Ok(())
}

#[tokio::test]
async fn a_network_can_be_forced_and_a_killed_rollout_forces_nobody() -> Result<()> {
    let mut config = stand::steady("10%");
    let here = json!({ "source_address": true, "cidr": ["127.0.0.0/8"] });
    config["force"] = json!([{ "name": "office", "when": here, "cohort": "canary" }]);
    let stand = stand::stand(&config).await?;
    assert_eq!(stand.envoy.get("/").send().await?.upstream(), "v2");
    config["kill"] = true.into();
    stand.envoy.update_config("serinus", config).await?;
    assert_eq!(stand.envoy.get("/").send().await?.upstream(), "v1");
    Ok(())
}

#[tokio::test]
async fn events_are_counted_for_each_arm_and_for_nobody_else() -> Result<()> {
    let mut config = stand::steady("50%");
    config["events"] = json!({
        "conversion": { "when": { "response_header": "X-Order-Id", "present": true } },
        "big": { "when": { "response_header": "x-order-id", "prefix": "9" } },
        "slow": { "when": { "response_header": "x-speed", "exact": "slow" } },
    });
    let stand = stand::stand(&config).await?;
    let mut sent = 0;
    for cohort in [Arm::Baseline, Arm::Canary] {
        let user = stand::users_in(&config, cohort, 1)?.pop().context("no user")?;
        let upstream = if cohort == Arm::Canary { &stand.v2 } else { &stand.v1 };
        for (order, speed) in [(Some("17"), "fast"), (Some("9001"), "slow"), (None, "slowly")] {
            let answer = Behaviour::ok().header("x-speed", speed);
            upstream.behave(order.into_iter().fold(answer, |a, id| a.header("x-order-id", id)));
            let call = stand.envoy.get("/").timeout(Duration::from_secs(20)).user(&user);
            assert_eq!(call.send().await?.upstream(), upstream_of(cohort));
            sent += 1;
        }
    }
    // Without a unit: an order, but in no arm.
    stand.v1.behave(Behaviour::ok().header("x-order-id", "9"));
    assert_eq!(stand.envoy.get("/").send().await?.upstream(), "v1");
    stand.envoy.wait_for_access_log(sent + 1).await?;

    let metrics = stand.envoy.metrics().await?;
    for (event, count) in [("conversion", 2.0), ("big", 1.0), ("slow", 1.0)] {
        for cohort in ["baseline", "canary"] {
            let labels = [("rollout", "checkout"), ("event", event), ("cohort", cohort)];
            assert_eq!(metrics.value("serinus_events_total", &labels), count, "{labels:?}");
        }
        assert_eq!(metrics.value("serinus_events_total", &[("event", event)]), 2.0 * count);
    }
    Ok(())
}
