//! One hostile plugin in one Envoy, and one request.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use serinus_rig::{Envoy, Error, FailurePolicy, Filter, Upstream};
use serinus_tests::guest;

use crate::table::Answer;

/// Longer than any answer takes that comes at all.
const PATIENCE: Duration = Duration::from_secs(3);
/// For what a guest does by itself, at ticks or after the answer.
const AFTERWARDS: Duration = Duration::from_millis(250);
/// A flood is noted by its first lines.
const NOTED: usize = 80;

/// What Envoy does with it.
pub async fn ask(name: &str) -> Result<Answer> {
    let upstream = Upstream::start("web").await?;
    let plugin =
        Filter::wasm("hostile").vm_id("").module(guest(name)?).config_text("some configuration");
    let starting = Envoy::builder()
        .workers(1)
        .cluster("web", &upstream)
        .routes([json!({ "match": { "prefix": "/" }, "route": { "cluster": "web" } })])
        .filter(plugin.failure_policy(FailurePolicy::Closed))
        .start();
    let envoy = match starting.await {
        Ok(envoy) => envoy,
        Err(Error::EnvoyEnded { log, status }) => return Ok(refused(&log, &status)),
        Err(error) => return Err(error.into()),
    };
    let started = envoy.log_lines().len();
    let reply = envoy.get("/").timeout(PATIENCE).send().await;
    tokio::time::sleep(AFTERWARDS).await;
    let crashed = !envoy.is_alive();
    let lines = envoy.stop();
    let mut logs = logs(&lines[started..]);
    // What goes round in circles is noted once.
    logs.dedup();
    if logs.is_empty() {
        logs = once(self::logs(&lines));
    }
    let failed = failed(&lines);
    let by_tick = failed.as_ref().is_some_and(|failed| failed.starts_with("proxy_on_tick"));
    Ok(Answer {
        refused: None,
        failed,
        status: reply.ok().map(|reply| reply.status).filter(|_| !by_tick),
        logs,
        crashed,
    })
}

fn refused(log: &str, status: &str) -> Answer {
    let lines: Vec<String> = log.lines().map(Into::into).collect();
    Answer {
        refused: Some(reason(&lines)),
        failed: failed(&lines),
        status: None,
        logs: once(logs(&lines)),
        crashed: status.contains("signal"),
    }
}

/// What Envoy says of a module that it does not take.
fn reason(lines: &[String]) -> String {
    let said = |line: &String| Some(line.split_once("Wasm VM failed ")?.1.to_owned());
    lines.iter().find_map(said).unwrap_or_else(|| "without a reason".into())
}

/// The function in which the first VM died.
fn failed(lines: &[String]) -> Option<String> {
    let said = |line: &String| Some(line.split_once("] Function: ")?.1.to_owned());
    lines.iter().find_map(said)
}

fn logs(lines: &[String]) -> Vec<String> {
    let said = |line: &String| {
        let (_, log) = line.split_once(" wasm log")?;
        Some(log.split_once(": ")?.1.to_owned())
    };
    lines.iter().filter_map(said).take(NOTED).collect()
}

/// The main thread, the worker and the clone that is thrown away all say it.
fn once(lines: Vec<String>) -> Vec<String> {
    let mut seen = Vec::new();
    for line in lines {
        if !seen.contains(&line) {
            seen.push(line);
        }
    }
    seen
}
