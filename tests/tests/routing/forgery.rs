//! What a client says of its own cohort is worth nothing.

use anyhow::Result;
use serde_json::{Value, json};
use serinus_core::arm::Arm;
use serinus_rig::{COHORT_HEADER, Call, Reply};

use crate::stand::{self, Stand, upstream_of};

const BOTH: [Arm; 2] = [Arm::Baseline, Arm::Canary];

/// A user of each arm at an Envoy.
async fn one_of_each() -> Result<(Stand, [(Arm, String); 2])> {
    let config = stand::steady("50%");
    let user = |cohort| Ok::<_, anyhow::Error>(stand::users_in(&config, cohort, 1)?.remove(0));
    let users = [(BOTH[0], user(BOTH[0])?), (BOTH[1], user(BOTH[1])?)];
    Ok((stand::stand(&config).await?, users))
}

#[track_caller]
fn assert_own(reply: &Reply, cohort: Arm, case: &str) {
    assert_eq!(reply.received(COHORT_HEADER), [cohort.as_str()], "{case}");
    assert_eq!((reply.status, reply.upstream()), (200, upstream_of(cohort)), "{case}");
}

#[tokio::test]
async fn a_forged_cohort_header_is_replaced_by_the_filters_own() -> Result<()> {
    let (stand, users) = one_of_each().await?;
    let forgeries: &[&[&str]] = &[
        &[],
        &["canary"],
        &["baseline"],
        &["canary", "canary"],
        &["baseline", "canary"],
        &["canary", "baseline", "canary"],
        &["baseline,canary"],
        &["", "canary"],
        &["CANARY"],
    ];
    for (cohort, user) in &users {
        for values in forgeries {
            let forge = |call: Call| values.iter().fold(call, |c, v| c.header(COHORT_HEADER, v));
            let case = format!("{user} with {values:?}");
            let reply = forge(stand.envoy.get("/").user(user)).send().await?;
            assert_own(&reply, *cohort, &case);
            let reply = forge(stand.envoy.get("/").user(user).http2()).send().await?;
            assert_own(&reply, *cohort, &format!("{case} over HTTP/2"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn no_spelling_of_the_header_gets_through() -> Result<()> {
    let (stand, users) = one_of_each().await?;
    for (cohort, user) in &users {
        for (lines, connection) in [
            ("X-Serinus-Arm: canary", "close"),
            ("X-SERINUS-COHORT: canary\r\nx-serinus-cohort:baseline", "close"),
            ("x-serinus-Arm:\tcanary ", "close"),
            // A header named here is the connection's own, and a proxy takes it away: the client's, not the filter's.
            ("x-serinus-cohort: canary", "close, x-serinus-cohort"),
        ] {
            let request = format!(
                "GET / HTTP/1.1\r\nhost: a\r\nx-user-id: {user}\r\n{lines}\r\nconnection: {connection}\r\n\r\n"
            );
            let answer = stand.envoy.send_raw(request.as_bytes()).await?;
            let echo = echoed(&String::from_utf8_lossy(&answer))?;
            assert_eq!(echo["upstream"], upstream_of(*cohort), "{user}: {lines}");
            let headers = echo["headers"].as_array().unwrap();
            let cohorts: Vec<_> = headers.iter().filter(|h| h[0] == COHORT_HEADER).collect();
            assert_eq!(cohorts, [&json!([COHORT_HEADER, cohort.as_str()])], "{user}: {lines}");
        }
    }
    Ok(())
}

/// The upstream's echo in a raw answer, chunked or not.
fn echoed(answer: &str) -> Result<Value> {
    let from = answer.find("{\"").unwrap_or(answer.len());
    let to = answer.rfind('}').map_or(from, |at| at + 1);
    Ok(serde_json::from_str(answer.get(from..to).unwrap_or_default())?)
}

#[tokio::test]
async fn without_a_unit_everyone_gets_the_baseline_at_any_weight() -> Result<()> {
    let mut config = stand::steady("10%");
    config["stages"] = json!([{ "weight": "100%" }]);
    let stand = stand::stand(&config).await?;
    let with = stand.envoy.get("/").user("anybody").send().await?;
    assert_own(&with, Arm::Canary, "with a unit");
    for (case, call) in [
        ("none", stand.envoy.get("/")),
        ("empty", stand.envoy.get("/").user("")),
        ("forged", stand.envoy.get("/").header(COHORT_HEADER, "canary")),
    ] {
        assert_own(&call.send().await?, Arm::Baseline, case);
    }
    let counts = stand::counts_after(&stand.envoy, 4).await?;
    assert_eq!(counts, stand::expect(&[("canary success", 1), ("outside success", 3)]));
    Ok(())
}

#[tokio::test]
async fn the_header_and_its_values_are_those_of_the_rollout() -> Result<()> {
    let mut config = stand::steady("50%");
    config["route"] = json!({ "header": "X-Release", "baseline": "stable v1", "canary": "next" });
    let [user] = stand::users_in(&config, Arm::Canary, 1)?.try_into().unwrap_or_default();
    let stand = stand::stand(&config).await?;
    let call = stand.envoy.get("/").user(&user).header("x-release", "stable v1");
    assert_eq!(call.send().await?.received("x-release"), ["next"]);
    let reply = stand.envoy.get("/").header("x-release", "next").send().await?;
    assert_eq!(reply.received("x-release"), ["stable v1"]);
    Ok(())
}
