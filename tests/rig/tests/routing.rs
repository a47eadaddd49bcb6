//! Requests find their cluster, and their bytes arrive.

use anyhow::Result;
use serde_json::json;
use serinus_rig::{COHORT_HEADER, Envoy, Upstream};

async fn two_versions() -> Result<(Upstream, Upstream, Envoy)> {
    let (v1, v2) = (Upstream::start("v1").await?, Upstream::start("v2").await?);
    let envoy = Envoy::builder().cluster("baseline", &v1).cluster("canary", &v2).start().await?;
    Ok((v1, v2, envoy))
}

#[tokio::test]
async fn the_cohort_header_routes() -> Result<()> {
    let (v1, v2, envoy) = two_versions().await?;
    let canary =
        envoy.get("/checkout?x=1").user("u1").header(COHORT_HEADER, "canary").send().await?;
    assert_eq!((canary.status, canary.upstream()), (200, "v2"));
    for cohort in ["baseline", "other", ""] {
        let reply = envoy.get("/").user("u2").header(COHORT_HEADER, cohort).send().await?;
        assert_eq!(
            (reply.upstream(), reply.received(COHORT_HEADER)),
            ("v1", vec![cohort.to_owned()])
        );
    }
    assert_eq!(envoy.get("/").send().await?.upstream(), "v1");

    assert_eq!((v1.requests(), v2.requests(), v1.users()), (4, 1, 1));
    assert_eq!((v1.requests_of("u2"), v1.answered(200)), (3, 4));
    let hit = &v2.hits()[0];
    assert_eq!(
        (hit.user.as_deref(), hit.path.as_str(), hit.status),
        (Some("u1"), "/checkout?x=1", Some(200))
    );

    let log = envoy.wait_for_access_log(5).await?;
    let entry = log.iter().find(|entry| entry.user.as_deref() == Some("u1")).unwrap();
    assert_eq!(
        (entry.code, entry.flags.as_str(), entry.details.as_str()),
        (200, "", "via_upstream")
    );
    assert_eq!(
        (entry.cohort.as_deref(), entry.cluster.as_deref()),
        (Some("canary"), Some("canary"))
    );
    assert_eq!((entry.request.as_str(), entry.attempts), ("GET /checkout?x=1", 1));
    assert_eq!(entry.upstream, Some(v2.addr().to_string()));
    Ok(())
}

#[tokio::test]
async fn hostile_headers_pass_through_unchanged() -> Result<()> {
    let (v1, _v2, envoy) = two_versions().await?;
    v1.keep_headers();
    let long = "x".repeat(64 << 10);
    let mut call =
        envoy.get("/").header("x-bytes", b"\xff\xfe").header("x-empty", "").header("x-long", &long);
    for value in ["a=1", "a=2"] {
        call = call.header("x-twice", value);
    }
    for n in 0..1_000 {
        call = call.header(&format!("x-many-{n}"), "1");
    }
    let reply = call.host("shop.example.com").send().await?;
    assert_eq!((reply.status, reply.received("x-twice")), (200, vec!["a=1".into(), "a=2".into()]));
    let headers = v1.hits()[0].headers.clone().unwrap();
    assert_eq!(headers["x-bytes"].as_bytes(), b"\xff\xfe");
    assert_eq!((headers["x-long"].len(), headers["x-empty"].len()), (64 << 10, 0));
    assert_eq!(
        (&headers["x-many-999"], &headers["host"]),
        (&"1".parse()?, &"shop.example.com".parse()?)
    );
    Ok(())
}

#[tokio::test]
async fn raw_bytes_pass_too() -> Result<()> {
    let (_v1, _v2, envoy) = two_versions().await?;
    let good = envoy.send_raw(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await?;
    assert!(good.starts_with(b"HTTP/1.1 200"));
    let bad = envoy
        .send_raw(b"GET / HTTP/1.1\r\nhost: a\r\nx: \x01\r\nconnection: close\r\n\r\n")
        .await?;
    assert!(bad.starts_with(b"HTTP/1.1 400"));
    Ok(())
}

#[tokio::test]
async fn routes_of_ones_own_come_first_or_instead() -> Result<()> {
    let v1 = Upstream::start("v1").await?;
    let teapot = json!({ "match": { "path": "/tea" }, "direct_response": { "status": 418 } });
    let envoy = Envoy::builder()
        .cluster("baseline", &v1)
        .cluster("canary", ())
        .route(teapot.clone())
        .start()
        .await?;
    assert_eq!(envoy.get("/tea").send().await?.status, 418);
    assert_eq!(envoy.get("/").send().await?.upstream(), "v1");

    let only_tea = Envoy::builder().routes([teapot]).start().await?;
    let reply = only_tea.get("/").send().await?;
    assert_eq!((reply.status, reply.upstream()), (404, ""));
    Ok(())
}

#[tokio::test]
async fn an_internal_header_is_not_the_clients_to_send() -> Result<()> {
    let v1 = Upstream::start("v1").await?;
    let builder = Envoy::builder().cluster("baseline", &v1).cluster("canary", ());
    let envoy = builder.internal_only_header(COHORT_HEADER).start().await?;
    let reply = envoy.get("/").header(COHORT_HEADER, "canary").send().await?;
    assert_eq!((reply.upstream(), reply.received(COHORT_HEADER)), ("v1", vec![]));
    Ok(())
}
