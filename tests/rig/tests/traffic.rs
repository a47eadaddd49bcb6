//! Load: it reaches every worker, keeps to its limits, and shows who was sent where.

use std::time::Duration;

use anyhow::Result;
use serinus_rig::{
    Behaviour, COHORT_HEADER, Envoy, Load, Upstream, Users, stickiness_violations, wall_clock,
};

async fn two_versions(workers: usize) -> Result<(Upstream, Upstream, Envoy)> {
    let (v1, v2) = (Upstream::start("v1").await?, Upstream::start("v2").await?);
    let envoy = Envoy::builder()
        .workers(workers)
        .cluster("baseline", &v1)
        .cluster("canary", &v2)
        .start()
        .await?;
    Ok((v1, v2, envoy))
}

#[tokio::test]
async fn load_reaches_all_workers_and_nobody_moves() -> Result<()> {
    let (v1, v2, envoy) = two_versions(4).await?;
    let load = Load::new().requests(2_000).users(Users::InTurn(500)).shape(|user, call| {
        let canary = user.ends_with('7');
        call.header(COHORT_HEADER, if canary { "canary" } else { "baseline" })
    });
    let done = load.start(&envoy).finish().await;
    assert_eq!(done.len(), 2_000);
    assert!(done.iter().all(|exchange| exchange.status == Ok(200)));
    assert_eq!((v1.requests(), v2.requests(), v1.users(), v2.users()), (1_800, 200, 450, 50));
    assert_eq!(stickiness_violations(&done, 0), []);
    let connections = envoy.worker_connections().await?;
    assert!(
        connections.len() == 4 && connections.iter().all(|count| *count > 0),
        "{connections:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_user_sent_back_and_forth_is_a_violation() -> Result<()> {
    let (_v1, _v2, envoy) = two_versions(2).await?;
    let mut done = Vec::new();
    for cohort in ["canary", "baseline", "canary"] {
        let load = Load::new()
            .requests(1)
            .users(1)
            .shape(move |_, call| call.header(COHORT_HEADER, cohort));
        done.extend(load.start(&envoy).finish().await);
    }
    assert_eq!(stickiness_violations(&done, 1).len(), 1);
    assert_eq!(stickiness_violations(&done, 2).len(), 0);
    Ok(())
}

#[tokio::test]
async fn a_running_load_sees_a_change_of_behaviour_and_can_be_stopped() -> Result<()> {
    let (v1, _v2, envoy) = two_versions(2).await?;
    let mut load = Load::new()
        .rate(400.0)
        .users(Users::Zipf(10_000, 1.1))
        .seed(7)
        .path("/checkout")
        .start(&envoy);
    assert!(load.next().await.unwrap().is_ok());
    v1.behave(Behaviour::status(503));
    while load.next().await.unwrap().is_ok() {}
    let rest = load.stop_and_finish().await;
    assert!(
        rest.iter()
            .all(|exchange| exchange.user.starts_with('u') && exchange.at_done >= exchange.at_sent)
    );
    assert_eq!(v1.hits()[0].path, "/checkout");
    Ok(())
}

#[tokio::test]
async fn outstanding_requests_are_bounded_and_none_is_left_out() -> Result<()> {
    let (v1, _v2, envoy) = two_versions(2).await?;
    v1.behave(Behaviour::hang());
    let mut load = Load::new().requests(20).outstanding(8).start(&envoy);
    v1.wait_for_requests(8).await?;
    assert!(load.so_far().is_empty());
    assert_eq!(v1.requests(), 8);
    drop(load);
    v1.behave(Behaviour::ok().latency(Duration::from_millis(1)));
    assert_eq!(Load::new().requests(20).outstanding(2).start(&envoy).finish().await.len(), 20);
    Ok(())
}

#[tokio::test]
async fn a_load_ends_when_its_time_is_over() -> Result<()> {
    let (_v1, _v2, envoy) = two_versions(2).await?;
    let done =
        Load::new().rate(100.0).lasting(Duration::from_millis(200)).start(&envoy).finish().await;
    assert!((1..=20).contains(&done.len()));
    Ok(())
}

#[tokio::test]
async fn the_clocks_of_client_upstream_and_access_log_agree() -> Result<()> {
    let (v1, _v2, envoy) = two_versions(2).await?;
    let done = Load::new().requests(1).start(&envoy).finish().await;
    let entry = envoy.wait_for_access_log(1).await?.remove(0);
    let hit = &v1.hits()[0];
    assert!(done[0].at_sent <= hit.at && hit.at <= done[0].at_done);
    let slack = Duration::from_millis(5);
    assert!(wall_clock(done[0].at_sent) <= entry.started + slack);
    assert!(entry.started <= wall_clock(hit.at) + slack);
    Ok(())
}
