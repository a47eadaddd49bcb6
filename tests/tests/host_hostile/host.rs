//! One hostile plugin in the embedded host, and one request.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serinus_host::engine::{Engine, EngineOptions};
use serinus_host::filter::Filter;
use serinus_host::process::{LogLevel, LogLine};
use serinus_host::proxy::{ConfigureError, Plugin, Proxy, Request};
use serinus_host::upstream::{Behaviour, Cluster, Route};
use serinus_host::vm::VmFailure;

use crate::table::Answer;

/// As on Envoy: what the guest does by itself, at ticks or after the answer.
const AFTERWARDS: Duration = Duration::from_millis(250);
/// As on Envoy: the client waits no longer.
const PATIENCE: Duration = Duration::from_secs(3);
/// On the wall: whatever a guest does, the host comes back in time.
const SECONDS: Duration = Duration::from_secs(20);
/// A flood is noted by its first lines.
const NOTED: usize = 80;

/// What the host does with it, and with a request that has a body or none.
pub fn ask(text: &str, body: bool) -> Result<Answer> {
    let began = Instant::now();
    let answer = answer(text, if body { Request::post("/", "body") } else { Request::get("/") })?;
    ensure!(began.elapsed() < SECONDS, "took {:?}", began.elapsed());
    Ok(answer)
}

fn answer(text: &str, request: Request) -> Result<Answer> {
    let engine = Engine::new(&EngineOptions::default().instances(8))?;
    let filter = match Filter::compile(&engine, &wat::parse_str(text)?) {
        Ok(filter) => filter,
        Err(error) => return Ok(refused(&error, None)),
    };
    let plugin = Plugin::new(&filter).name("hostile").config("some configuration");
    let started = Proxy::builder()
        .cluster("web", Cluster::new(Behaviour::body("hello")))
        .route(Route::to("web"))
        .plugin(plugin)
        .start();
    let mut proxy = match started {
        Ok(proxy) => proxy,
        Err(error) => {
            let died = match &error.refused {
                ConfigureError::Died(failure) => said(failure),
                _ => None,
            };
            return Ok(refused(&error.refused, died));
        }
    };
    let before = proxy.take_logs();
    let id = proxy.begin(request.hang_up(PATIENCE));
    proxy.advance(PATIENCE + AFTERWARDS);
    let over = proxy.finished().into_iter().find(|exchange| exchange.id == id);
    let lines = proxy.take_logs();
    let mut logs = guests(&lines);
    logs.dedup();
    if logs.is_empty() {
        let all: Vec<_> = before.into_iter().chain(lines).collect();
        logs = once(guests(&all));
    }
    let failure = proxy.failures().into_iter().next();
    let by_tick = failure.as_ref().is_some_and(|failure| failure.callback == "proxy_on_tick");
    Ok(Answer {
        refused: None,
        failed: failure.as_ref().and_then(said),
        status: over.and_then(|exchange| exchange.status()).filter(|_| !by_tick),
        logs,
        crashed: false,
    })
}

/// What killed a VM, in which function; a module that could not be instantiated has not lived.
fn said(failure: &VmFailure) -> Option<String> {
    let VmFailure { callback, kind, .. } = failure;
    (*callback != "its start").then(|| format!("{callback}: {kind}"))
}

fn refused(reason: &impl ToString, failed: Option<String>) -> Answer {
    Answer { refused: Some(reason.to_string()), failed, ..Answer::default() }
}

/// What the module said, without the host's own lines.
fn guests(lines: &[LogLine]) -> Vec<String> {
    let hosts = |line: &&LogLine| line.plugin.is_empty() && line.level == LogLevel::Critical;
    let own = lines.iter().filter(|line| !hosts(line));
    // Of a text with line breaks, Envoy's log was read to the first.
    let first = |line: &LogLine| line.text.lines().next().unwrap_or_default().to_owned();
    own.map(first).take(NOTED).collect()
}

fn once(lines: Vec<String>) -> Vec<String> {
    let mut seen = Vec::new();
    for line in lines {
        if !seen.contains(&line) {
            seen.push(line);
        }
    }
    seen
}
