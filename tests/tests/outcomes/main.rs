//! What a real Envoy shows of each way in which a request can end, and what the filter counts of it.
//!
//! The rows are those of the table "what the callbacks see". Every row is run for a user of each arm, against that
//! arm's own upstream, and the totals are compared exactly once Envoy has logged the request: what is counted twice,
//! or in the other arm, or not at all, shows.

mod bench;
#[path = "../stand/mod.rs"]
mod stand;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use bench::{Bench, routes};
use serde_json::json;
use serinus_core::arm::Arm;
use serinus_core::outcome::Outcome;
use serinus_rig::{Behaviour, Error, Upstream, eventually};

const FAILURE: Outcome = Outcome::Failure;
const SUCCESS: Outcome = Outcome::Success;
const GONE: Outcome = Outcome::ClientGone;
const BOTH: [Arm; 2] = [Arm::Baseline, Arm::Canary];

#[tokio::test]
async fn every_answer_counts_once_in_its_arm_as_what_it_was() -> Result<()> {
    let mut bench = Bench::start().await?;
    let (ok, hang) = (Behaviour::ok(), Behaviour::hang());
    let status = Behaviour::status;
    for (case, behaviour, path, seen) in [
        ("answered", ok.clone(), "/", (200, SUCCESS)),
        ("answered without a body", status(204), "/", (204, SUCCESS)),
        ("the client's mistake", status(404), "/", (404, SUCCESS)),
        ("5xx", status(500), "/", (500, FAILURE)),
        ("the last 5xx", status(599), "/", (599, FAILURE)),
        ("connect refused", ok.clone(), "/refused", (503, FAILURE)),
        ("upstream reset", Behaviour::reset(), "/", (503, FAILURE)),
        ("reset after headers", Behaviour::reset_after_headers(), "/", (200, FAILURE)),
        ("route timeout", hang.clone(), "/slow", (504, FAILURE)),
        (
            "idle after headers",
            Behaviour::endless(Duration::from_secs(60)),
            "/idle",
            (200, FAILURE),
        ),
        ("no healthy host", ok.clone(), "/nobody", (503, FAILURE)),
        ("overflow", ok.clone(), "/full", (503, FAILURE)),
        ("no such cluster", ok.clone(), "/no-cluster", (503, FAILURE)),
        ("direct response", ok.clone(), "/direct", (200, SUCCESS)),
        ("direct response 503", ok.clone(), "/direct-503", (503, FAILURE)),
        ("redirect", ok.clone(), "/redirect", (301, SUCCESS)),
        ("retries exhausted", status(503), "/retry", (503, FAILURE)),
        ("retries exhausted by resets", Behaviour::reset(), "/retry", (503, FAILURE)),
        ("answered again", ok, "/", (200, SUCCESS)),
    ] {
        bench.row(case, behaviour, path, seen).await.context(case)?;
    }
    let log = bench.stand.envoy.access_log();
    assert!(log.iter().any(|entry| entry.has_flag("URX") && entry.attempts == 3), "retried");
    stand::ensure_no_crash(&bench.stand.envoy).await
}

#[tokio::test]
async fn a_retry_that_succeeds_is_one_success() -> Result<()> {
    let mut bench = Bench::start().await?;
    for cohort in BOTH {
        let tries = AtomicU64::new(0);
        bench.upstream(cohort).behave_by(move |_| {
            let first = tries.fetch_add(1, Ordering::SeqCst) == 0;
            Behaviour::status(if first { 503 } else { 200 })
        });
        assert_eq!(bench.get(cohort, "/retry").send().await?.status, 200);
        assert_eq!(bench.upstream(cohort).requests(), 2);
        bench.over("a retry that succeeds", Some((cohort, SUCCESS))).await?;
    }
    Ok(())
}

#[tokio::test]
async fn another_filters_answer_counts_if_the_request_had_been_routed() -> Result<()> {
    let mut bench = Bench::start().await?;
    for cohort in BOTH {
        for (status, outcome) in [(403, SUCCESS), (503, FAILURE)] {
            let text = status.to_string();
            let reply = bench.get(cohort, "/").header("x-later", &text).send().await?;
            assert_eq!((reply.status, reply.text()), (status, "later".into()));
            bench.over("later filter", Some((cohort, outcome))).await?;
            let reply = bench.get(cohort, "/").header("x-earlier", &text).send().await?;
            assert_eq!((reply.status, reply.text()), (status, "earlier".into()));
            bench.over("earlier filter", None).await?;
        }
    }
    assert_eq!(bench.stand.v1.requests() + bench.stand.v2.requests(), 0);
    let metrics = bench.stand.envoy.metrics().await?;
    assert_eq!(metrics.value("serinus_assigned_total", &[]), 4.0, "only what was routed");
    Ok(())
}

#[tokio::test]
async fn a_client_that_hangs_up_is_nobodys_failure() -> Result<()> {
    let mut bench = Bench::start().await?;
    for cohort in BOTH {
        let upstream = bench.upstream(cohort);
        upstream.forget();
        upstream.behave(Behaviour::hang());
        for (n, path) in [(1, "/"), (2, "/idle"), (3, "/retry")] {
            let upstream = bench.upstream(cohort);
            bench.get(cohort, path).hang_up(upstream.wait_for_requests(n)).await??;
            bench.over("before the headers", Some((cohort, GONE))).await?;
        }
        bench.upstream(cohort).behave(Behaviour::endless(Duration::from_millis(5)));
        for call in [bench.get(cohort, "/").alone(), bench.get(cohort, "/").http2()] {
            let mut open = call.open().await?;
            assert!(open.chunk().await?.is_some());
            drop(open);
            bench.over("after the headers", Some((cohort, GONE))).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_5xx_counts_while_its_stream_is_still_open_and_only_once() -> Result<()> {
    let mut bench = Bench::start().await?;
    for cohort in BOTH {
        // The later filter makes this the status of the answer.
        let endless = Behaviour::endless(Duration::from_millis(5)).header("x-status", "503");
        bench.upstream(cohort).behave(endless);
        let mut open = bench.get(cohort, "/").alone().open().await?;
        assert_eq!(open.status(), 503);
        let key = format!("{} failure", cohort.as_str());
        let counted = || async {
            let counts = stand::counts(&bench.stand.envoy).await.ok()?;
            (counts.get(&key) == Some(&1)).then_some(())
        };
        eventually("the failure to be counted", counted).await?;
        assert!(open.chunk().await?.is_some(), "still open");
        assert_eq!(bench.stand.envoy.access_log().len(), bench.requests);
        drop(open);
        bench.over("hung up after the 5xx", Some((cohort, FAILURE))).await?;
    }
    Ok(())
}

#[tokio::test]
async fn grpc_fails_by_its_own_status_wherever_that_stands() -> Result<()> {
    let config = stand::steady("50%");
    let (v1, v2) = (Upstream::start("v1").await?, Upstream::start("v2").await?);
    let nobody = json!({
        "match": { "path": "/shop.Cart/Nobody" }, "route": { "cluster": "nobody" },
    });
    let envoy = serinus_rig::Envoy::builder()
        .h2c_cluster("baseline", &v1)
        .h2c_cluster("canary", &v2)
        .cluster("nobody", ())
        .route(nobody)
        .filter(stand::serinus(&config)?)
        .start()
        .await?;
    let mut expected = BTreeMap::new();
    let mut requests = 0;
    for (cohort, upstream) in [(Arm::Baseline, &v1), (Arm::Canary, &v2)] {
        let user = stand::users_in(&config, cohort, 1)?.pop().context("no user")?;
        for (case, behaviour, method, status, outcome) in [
            ("OK", Behaviour::grpc(0), "Add", 0, SUCCESS),
            ("OK without a message", Behaviour::grpc_trailers_only(0), "Add", 0, SUCCESS),
            ("NOT_FOUND", Behaviour::grpc(5), "Add", 5, SUCCESS),
            ("INTERNAL in the trailers", Behaviour::grpc(13), "Add", 13, FAILURE),
            ("UNAVAILABLE, trailers only", Behaviour::grpc_trailers_only(14), "Add", 14, FAILURE),
            ("NOT_FOUND, trailers only", Behaviour::grpc_trailers_only(5), "Add", 5, SUCCESS),
            ("no healthy host", Behaviour::grpc(0), "Nobody", 14, FAILURE),
        ] {
            upstream.behave(behaviour);
            let reply = envoy.grpc(&format!("/shop.Cart/{method}")).user(&user).send().await?;
            assert_eq!((reply.status, reply.grpc_status()), (200, Some(status)), "{case}");
            requests += 1;
            let key = format!("{} {}", cohort.as_str(), outcome.as_str());
            *expected.entry(key).or_default() += 1;
            assert_eq!(stand::counts_after(&envoy, requests).await?, expected, "{case}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_counts_as_a_failure_is_the_rollouts_to_say() -> Result<()> {
    let mut config = stand::steady("100%");
    config["stages"] = json!([{ "weight": "100%" }]);
    config["failure"] = json!({ "status": [404, "502-503"], "local": ["reset"] });
    let refused = Upstream::start("refused").await?;
    refused.stop().await?;
    let stand = stand::stand_with(&config, |builder| routes(builder, &refused)).await?;
    let mut expected = BTreeMap::new();
    for (n, (behaviour, path, outcome)) in [
        (Behaviour::status(404), "/", FAILURE),
        (Behaviour::status(500), "/", SUCCESS),
        (Behaviour::status(503), "/", FAILURE),
        (Behaviour::hang(), "/slow", SUCCESS),
        (Behaviour::reset_after_headers(), "/", FAILURE),
    ]
    .into_iter()
    .enumerate()
    {
        stand.v2.behave(behaviour);
        let sent = stand.envoy.get(path).user("u1").send().await;
        assert!(matches!(sent, Ok(_) | Err(Error::Exchange(_))), "{sent:?}");
        *expected.entry(format!("canary {}", outcome.as_str())).or_default() += 1;
        assert_eq!(stand::counts_after(&stand.envoy, n + 1).await?, expected, "{path} {n}");
    }
    Ok(())
}

#[tokio::test]
async fn a_failure_without_an_answer_counts_though_envoys_own_has_no_body() -> Result<()> {
    let mut config = stand::steady("100%");
    config["stages"] = json!([{ "weight": "100%" }]);
    // Neither the status nor the gRPC status with which Envoy answers in the upstream's place is named here.
    config["failure"] = json!({ "status": [404], "grpc": [13], "local": ["connect"] });
    let refused = Upstream::start("refused").await?;
    refused.stop().await?;
    let stand = stand::stand_with(&config, |builder| routes(builder, &refused)).await?;
    let envoy = &stand.envoy;
    for (n, (case, call, status)) in [
        ("GET", envoy.get("/refused"), 503),
        ("HEAD", envoy.client().call("HEAD", "/refused"), 503),
        ("gRPC", envoy.grpc("/refused/Add"), 200),
        ("HEAD, no healthy host", envoy.client().call("HEAD", "/nobody"), 503),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(call.user("u1").send().await?.status, status, "{case}");
        let counts = stand::counts_after(envoy, n + 1).await?;
        assert_eq!(counts, stand::expect(&[("canary failure", n as u64 + 1)]), "{case}");
    }
    Ok(())
}

#[tokio::test]
async fn durations_are_those_of_the_answered() -> Result<()> {
    let mut bench = Bench::start().await?;
    let arm = Arm::Canary;
    for status in [200, 500] {
        bench.stand.v2.behave(Behaviour::status(status));
        bench.get(arm, "/").send().await?;
        bench.over("answered", Some((arm, if status < 500 { SUCCESS } else { FAILURE }))).await?;
    }
    bench.stand.v2.forget();
    bench.stand.v2.behave(Behaviour::hang());
    bench.get(arm, "/").hang_up(bench.stand.v2.wait_for_requests(1)).await??;
    bench.over("hung up", Some((arm, GONE))).await?;
    // Envoy merges histograms when it flushes.
    let count = || async {
        let metrics = bench.stand.envoy.metrics().await.ok()?;
        let name = "serinus_request_duration_milliseconds_count";
        let values = ["canary", "baseline"].map(|arm| metrics.value(name, &[("cohort", arm)]));
        (values[0] > 0.0).then_some(values)
    };
    assert_eq!(eventually("durations", count).await?, [2.0, 0.0]);
    Ok(())
}
