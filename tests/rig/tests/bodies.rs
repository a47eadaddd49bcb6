//! Bodies in pieces and trailers, both ways.

use std::time::Duration;

use anyhow::Result;
use serinus_rig::{Behaviour, Envoy, Reply, Upstream};

const PAUSE: Duration = Duration::from_millis(20);

async fn envoy_before(upstream: &Upstream) -> Result<Envoy> {
    Ok(Envoy::builder().h2c_cluster("baseline", upstream).cluster("canary", ()).start().await?)
}

#[tokio::test]
async fn a_request_in_pieces_with_trailers_arrives_whole() -> Result<()> {
    let upstream = Upstream::start("v1").await?;
    upstream.keep_headers();
    let envoy = envoy_before(&upstream).await?;
    let call = envoy.post("/").http2().chunks(["one", "two"], PAUSE).trailer("x-sum", "6");
    assert_eq!(call.send().await?.status, 200);
    let hits = upstream.take_hits();
    assert_eq!(hits[0].body.as_deref(), Some(&b"onetwo"[..]));
    let trailers = hits[0].trailers.clone().unwrap_or_default();
    assert_eq!(trailers["x-sum"], "6");
    assert!(!hits[0].headers.clone().unwrap_or_default().contains_key("content-length"));
    Ok(())
}

#[tokio::test]
async fn a_body_in_one_piece_has_its_length_and_takes_no_pause() -> Result<()> {
    let upstream = Upstream::start("v1").await?;
    upstream.keep_headers();
    let envoy = envoy_before(&upstream).await?;
    let whole = envoy.post("/").chunks(["one"], Duration::from_secs(3600));
    assert_eq!(whole.send().await?.status, 200);
    assert_eq!(upstream.take_hits()[0].headers.clone().unwrap_or_default()["content-length"], "3");
    Ok(())
}

#[tokio::test]
async fn an_answer_is_sent_to_the_byte() -> Result<()> {
    let upstream = Upstream::start("v1").await?;
    let answer = Behaviour::sends(207, ["one", "two"], PAUSE).header("x-a", "1");
    upstream.behave(answer.trailer("x-sum", "6"));
    let envoy = envoy_before(&upstream).await?;
    let reply: Reply = envoy.get("/").http2().send().await?;
    assert_eq!((reply.status, reply.text().as_str()), (207, "onetwo"));
    assert_eq!((reply.header("x-a"), reply.header("x-upstream")), (Some("1"), None));
    assert_eq!(reply.trailers["x-sum"], "6");
    assert_eq!(upstream.answered(207), 1);
    Ok(())
}
