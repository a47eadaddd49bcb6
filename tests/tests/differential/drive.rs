//! Runs the steps of a scenario, and says what came of each.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use serinus_rig::{Call, Reply};
use tokio::time::{Instant, sleep_until};

use super::scenario::{Plugin, Request, Scenario, Step};
use super::tcp;
use super::testbed::{Testbed, behave};

/// How often Envoy writes its access log to disk, at the least: see the rig's `--file-flush-interval-msec`.
const FLUSH: Duration = Duration::from_millis(50);

/// What came of the steps, in their order.
pub async fn run(scenario: &Scenario, testbed: &Arc<Testbed>) -> Result<Vec<String>> {
    let start = Instant::now();
    let steps = scenario.steps.iter().cloned();
    let running: Vec<_> = steps
        .map(|step| {
            let testbed = Arc::clone(testbed);
            tokio::spawn(async move {
                sleep_until(start + step.at).await;
                outcome(step, &testbed).await
            })
        })
        .collect();
    let mut outcomes = Vec::new();
    for (nth, step) in running.into_iter().enumerate() {
        outcomes.push(format!("{}: {}", nth + 1, step.await??));
    }
    let answered = scenario.steps.iter().filter(|step| step.request.is_some()).count();
    // A stream whose VM died, or that never got so far, leaves no entry; the trace then shows that.
    let entries = testbed.envoy.wait_for_access_log(answered);
    let _ = tokio::time::timeout(Duration::from_secs(3), entries).await;
    // Whatever is logged beyond that is on disk after the next flush; and an Envoy that is dying is dead.
    tokio::time::sleep(2 * FLUSH).await;
    sleep_until(start + scenario.lasts).await;
    Ok(outcomes)
}

async fn outcome(step: Step, testbed: &Testbed) -> Result<String> {
    if let Some(request) = step.request {
        return Ok(request_outcome(&request, testbed).await);
    }
    if let Some(configure) = step.configure {
        let text = Plugin::text(&configure.config);
        let done = testbed.envoy.update_config_text(&configure.plugin, &text).await;
        return Ok(if done.is_ok() { "accepted".into() } else { "refused".into() });
    }
    if let Some(cluster) = step.cluster {
        return change_cluster(cluster, testbed).await;
    }
    if let Some(connect) = step.connect {
        return Ok(tcp::outcome(&connect, testbed.envoy.addr()).await);
    }
    Ok("nothing to do".into())
}

async fn change_cluster(mut cluster: Value, testbed: &Testbed) -> Result<String> {
    let name = cluster.as_object_mut().and_then(|keys| keys.remove("name"));
    let name = name.as_ref().and_then(Value::as_str).context("a cluster without a name")?;
    let upstream = testbed.upstreams.get(name).context("no such cluster")?;
    behave(upstream, &serde_json::from_value(cluster)?).await?;
    Ok(format!("{name} behaves"))
}

async fn request_outcome(request: &Request, testbed: &Testbed) -> String {
    let call = call(request, testbed);
    if let Some(after) = request.hang_up {
        return match call.hang_up(tokio::time::sleep(after)).await {
            Ok(()) => "hung up".into(),
            Err(error) => format!("no hang-up: {error}"),
        };
    }
    match call.alone().open().await {
        Err(error) => format!("no answer: {error}"),
        Ok(open) => {
            let head = format!("{} {}", open.status(), headers(open.headers()));
            match open.collect().await {
                Ok(reply) => format!("{head} {}", rest(&reply)),
                Err(error) => format!("{head} cut off: {error}"),
            }
        }
    }
}

fn rest(reply: &Reply) -> String {
    let body = reply.body[..reply.body.len().min(300)].escape_ascii();
    let body = format!("{} \"{body}\"", reply.body.len());
    if reply.trailers.is_empty() {
        body
    } else {
        format!("{body} trailers {}", headers(&reply.trailers))
    }
}

/// Headers as they came.
pub fn headers<'a>(
    headers: impl IntoIterator<Item = (&'a hyper::header::HeaderName, &'a hyper::header::HeaderValue)>,
) -> String {
    let pairs = headers
        .into_iter()
        .map(|(name, value)| format!("{name}: {}", value.as_bytes().escape_ascii()));
    format!("[{}]", pairs.collect::<Vec<_>>().join(" | "))
}

fn call(request: &Request, testbed: &Testbed) -> Call {
    let method = request.method.as_deref().unwrap_or("GET");
    let path = request.path.as_deref().unwrap_or("/");
    let mut call = testbed.envoy.client().call(method, path);
    call = call.host(request.host.as_deref().unwrap_or("example.com"));
    for (name, value) in &request.headers {
        let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        for value in values {
            call = call.header(name, value.as_str().unwrap_or_default());
        }
    }
    let body = request.body.bytes();
    let body = if body.is_empty() { Vec::new() } else { vec![body] };
    let chunks = request.chunks.iter().map(|chunk| chunk.clone().into_bytes());
    call = call.chunks(body.into_iter().chain(chunks), request.every);
    for (name, value) in &request.trailers {
        call = call.trailer(name, value);
    }
    if request.needs_http2() { call.http2() } else { call }
}
