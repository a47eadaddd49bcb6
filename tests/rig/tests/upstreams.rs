//! Each way in which an upstream can behave, as it looks through Envoy.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use serinus_rig::{AccessEntry, Behaviour, Client, Envoy, Error, Upstream};

async fn one_version() -> Result<(Upstream, Envoy)> {
    let v1 = Upstream::start("v1").await?;
    let envoy = Envoy::builder().cluster("baseline", &v1).cluster("canary", ()).start().await?;
    Ok((v1, envoy))
}

async fn last_entry(envoy: &Envoy, count: usize) -> Result<AccessEntry> {
    envoy.wait_for_access_log(count).await?.pop().context("an empty access log")
}

#[tokio::test]
async fn a_status_is_passed_on() -> Result<()> {
    let (v1, envoy) = one_version().await?;
    for (n, status) in [503, 404, 204].into_iter().enumerate() {
        v1.behave(Behaviour::status(status).header("x-order-id", "7"));
        let reply = envoy.get("/").send().await?;
        assert_eq!(
            (reply.status, reply.upstream(), reply.header("x-order-id")),
            (status, "v1", Some("7"))
        );
        let entry = last_entry(&envoy, n + 1).await?;
        assert_eq!((entry.code, entry.flags.as_str()), (status, ""));
    }
    Ok(())
}

#[tokio::test]
async fn a_stopped_upstream_refuses_and_comes_back_on_its_port() -> Result<()> {
    let (v1, envoy) = one_version().await?;
    assert_eq!(envoy.get("/").send().await?.status, 200);
    v1.stop().await?;
    assert!(matches!(Client::new(v1.addr(), 1).get("/").send().await, Err(Error::Io { .. })));
    assert_eq!(envoy.get("/").send().await?.status, 503);
    v1.restart().await?;
    assert_eq!(envoy.get("/").send().await?.status, 200);
    let log = envoy.wait_for_access_log(3).await?;
    assert!(log[1].has_flag("UF") || log[1].has_flag("UC"), "{:?}", log[1]);
    Ok(())
}

#[tokio::test]
async fn a_reset_is_a_503_with_nothing_sent() -> Result<()> {
    let (v1, envoy) = one_version().await?;
    v1.behave(Behaviour::reset());
    let reply = envoy.get("/").send().await?;
    assert_eq!((reply.status, reply.upstream(), v1.requests()), (503, "", 1));
    let entry = last_entry(&envoy, 1).await?;
    assert!(
        entry.has_flag("UC") && entry.details.contains("upstream_reset_before_response_started"),
        "{entry:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_cut_body_is_a_200_that_fails() -> Result<()> {
    let (v1, envoy) = one_version().await?;
    v1.behave(Behaviour::reset_after_headers());
    let open = envoy.get("/").open().await?;
    assert_eq!((open.status(), open.upstream()), (200, "v1"));
    assert!(matches!(open.collect().await, Err(Error::Exchange(_))));
    let entry = last_entry(&envoy, 1).await?;
    assert_eq!(entry.code, 200);
    assert!(entry.details.contains("upstream_reset_after_response_started"), "{entry:?}");
    Ok(())
}

#[tokio::test]
async fn a_hanging_upstream_runs_into_the_route_timeout() -> Result<()> {
    let v1 = Upstream::start("v1").await?;
    v1.behave(Behaviour::hang());
    let builder = Envoy::builder().cluster("baseline", &v1).cluster("canary", ());
    let envoy = builder.route_options(json!({ "timeout": "0.1s" })).start().await?;
    assert_eq!(envoy.get("/").send().await?.status, 504);
    let entry = last_entry(&envoy, 1).await?;
    assert_eq!((entry.code, entry.flags.as_str()), (504, "UT"));
    Ok(())
}

#[tokio::test]
async fn retries_are_counted_in_the_access_log() -> Result<()> {
    let v1 = Upstream::start("v1").await?;
    v1.behave(Behaviour::status(503));
    let retry = json!({ "retry_policy": { "retry_on": "5xx", "num_retries": 2 } });
    let envoy = Envoy::builder()
        .cluster("baseline", &v1)
        .cluster("canary", ())
        .route_options(retry)
        .start()
        .await?;
    assert_eq!(envoy.get("/").send().await?.status, 503);
    let entry = last_entry(&envoy, 1).await?;
    assert_eq!((entry.flags.as_str(), entry.attempts, v1.answered(503)), ("URX", 3, 3));
    Ok(())
}

#[tokio::test]
async fn a_cluster_without_hosts_is_a_503() -> Result<()> {
    let (_v1, envoy) = one_version().await?;
    assert_eq!(envoy.get("/").header("x-serinus-cohort", "canary").send().await?.status, 503);
    assert!(last_entry(&envoy, 1).await?.has_flag("UH"));
    Ok(())
}

#[tokio::test]
async fn a_slow_body_arrives_whole_and_an_endless_one_until_the_client_goes() -> Result<()> {
    let (v1, envoy) = one_version().await?;
    v1.behave(Behaviour::slow_body(5, Duration::from_millis(1)));
    assert_eq!(envoy.get("/").send().await?.text(), "chunk\n".repeat(5));
    v1.behave(Behaviour::endless(Duration::from_millis(1)));
    let mut open = envoy.get("/").open().await?;
    for _ in 0..3 {
        assert!(open.chunk().await?.is_some());
    }
    drop(open);
    assert!(last_entry(&envoy, 2).await?.has_flag("DC"));
    Ok(())
}

#[tokio::test]
async fn a_client_can_hang_up_in_mid_request() -> Result<()> {
    let (v1, envoy) = one_version().await?;
    v1.behave(Behaviour::hang());
    envoy.get("/").hang_up(v1.wait_for_requests(1)).await??;
    let entry = last_entry(&envoy, 1).await?;
    assert_eq!((entry.code, entry.flags.as_str()), (0, "DC"));
    Ok(())
}

#[tokio::test]
async fn a_share_of_requests_fails_and_single_requests_can_be_picked() -> Result<()> {
    let (v1, envoy) = one_version().await?;
    v1.seed(7);
    v1.behave(Behaviour::ok().sometimes(0.3, Behaviour::status(503)));
    for _ in 0..100 {
        envoy.get("/").send().await?;
    }
    assert_eq!(v1.answered(200) + v1.answered(503), 100);
    assert!((15..45).contains(&v1.answered(503)));
    v1.forget();
    v1.behave_by(|request| Behaviour::status(if request.uri.path() == "/bad" { 500 } else { 201 }));
    assert_eq!(envoy.get("/bad").send().await?.status, 500);
    assert_eq!(envoy.get("/good").send().await?.status, 201);
    assert_eq!(v1.requests(), 2);
    Ok(())
}

#[tokio::test]
async fn latency_is_seen_by_the_client() -> Result<()> {
    let (v1, envoy) = one_version().await?;
    let (least, most) = (Duration::from_millis(20), Duration::from_millis(30));
    v1.behave(Behaviour::ok().latency_between(least, most));
    assert!(envoy.get("/").send().await?.elapsed >= least);
    Ok(())
}

#[tokio::test]
async fn grpc_answers_with_its_status_in_trailers_or_headers() -> Result<()> {
    let v1 = Upstream::start("v1").await?;
    let envoy = Envoy::builder().h2c_cluster("baseline", &v1).cluster("canary", ()).start().await?;
    v1.behave(Behaviour::grpc(0));
    let reply = envoy.grpc("/shop.Cart/Add").user("u1").send().await?;
    assert_eq!((reply.status, reply.grpc_status(), reply.body.len()), (200, Some(0), 5));
    v1.behave(Behaviour::grpc(13));
    let reply = envoy.grpc("/shop.Cart/Add").send().await?;
    assert_eq!((reply.grpc_status(), reply.header("grpc-status")), (Some(13), None));
    v1.behave(Behaviour::grpc_trailers_only(14));
    let reply = envoy.grpc("/shop.Cart/Add").send().await?;
    assert_eq!((reply.grpc_status(), reply.header("grpc-status")), (Some(14), Some("14")));
    assert_eq!(v1.requests_of("u1"), 1);
    Ok(())
}
