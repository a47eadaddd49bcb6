//! What a real Envoy did in a scenario, as text in which only what must be the same is left.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use serinus_rig::{AccessEntry, Hit};

use super::drive::{headers, run};
use super::normal::normalised;
use super::scenario::Scenario;
use super::testbed::Testbed;

/// Runs a scenario on a real Envoy with this module as the filter.
pub async fn on_envoy(scenario: &Scenario, module: &Path) -> Result<String> {
    let testbed = Arc::new(Testbed::start(scenario, module).await?);
    let outcomes = run(scenario, &testbed).await?;
    let mut trace = format!("# {}\n", scenario.scenario);
    section(&mut trace, "client", outcomes);
    section(&mut trace, "access log", testbed.envoy.access_log().iter().map(access));
    for (name, upstream) in &testbed.upstreams {
        section(&mut trace, &format!("upstream {name}"), upstream.hits().iter().map(hit));
    }
    if !testbed.envoy.is_alive() {
        section(&mut trace, "Envoy died", []);
    }
    let metrics = metrics(&testbed).await.unwrap_or_default();
    let names = testbed.names();
    let testbed = Arc::into_inner(testbed).context("still in use")?;
    let log = testbed.envoy.stop();
    for (thread, lines) in threads(&log) {
        section(&mut trace, &thread, without_idle_ticks(lines));
    }
    section(&mut trace, "metrics", metrics);
    Ok(normalised(&trace, &names))
}

/// Appends a titled section.
pub fn section(trace: &mut String, title: &str, lines: impl IntoIterator<Item = String>) {
    let _ = writeln!(trace, "\n## {title}");
    for line in lines {
        let _ = writeln!(trace, "{line}");
    }
}

fn access(entry: &AccessEntry) -> String {
    let AccessEntry { request, code, flags, details, cluster, upstream, attempts, .. } = entry;
    let (cluster, upstream) = (cluster.as_deref(), upstream.as_deref());
    format!(
        "{request} -> {code} flags {flags:?} details {details} cluster {} upstream {} attempts {attempts}",
        cluster.unwrap_or("-"),
        upstream.unwrap_or("-")
    )
}

fn hit(hit: &Hit) -> String {
    let head = headers(hit.headers.iter().flatten());
    // Whether an aborted request has come to an empty end is a matter of timing.
    let body = hit.body.as_ref().filter(|body| !body.is_empty());
    let body = body.map(|body| format!(" body \"{}\"", body[..body.len().min(300)].escape_ascii()));
    let trailers = hit.trailers.as_ref().map(|trailers| format!(" trailers {}", headers(trailers)));
    format!("{} {head}{}{}", hit.path, body.unwrap_or_default(), trailers.unwrap_or_default())
}

async fn metrics(testbed: &Testbed) -> Result<Vec<String>> {
    let page = testbed
        .envoy
        .admin("/stats?histogram_buckets=cumulative&filter=%5E%28wasmcustom%7Cwasm%5C.%29")
        .await?;
    let told = |line: &&str| line.starts_with("wasmcustom.") || !line.ends_with(": 0");
    let vms = |line: &&str| !line.starts_with("wasm.wasm_vm") && !line.starts_with("wasm.envoy");
    Ok(page.lines().filter(told).filter(vms).map(samples).collect())
}

/// A line of the page; of a histogram only how many samples its highest bucket holds.
fn samples(line: &str) -> String {
    let histogram = line.split_once(": B").zip(line.trim_end_matches(')').rsplit_once(','));
    histogram
        .map_or_else(|| line.into(), |((name, _), (_, count))| format!("{name}: {count} samples"))
}

/// The lines of plugins and about them, by thread.
fn threads(log: &[String]) -> Vec<(String, Vec<String>)> {
    let mut threads: Vec<(String, Vec<String>)> = Vec::new();
    let main = log.iter().find_map(|line| parts(line)).map(|(thread, _)| thread);
    for (thread, text) in log.iter().filter_map(|line| parts(line)) {
        let Some(line) = plugin_line(text) else { continue };
        let name =
            if Some(thread) == main { "main thread".into() } else { format!("worker {thread}") };
        match threads.iter_mut().find(|(known, _)| *known == name) {
            Some((_, lines)) => lines.push(line),
            None => threads.push((name, vec![line])),
        }
    }
    by_busiest(threads)
}

/// The main thread, then the workers, the busiest first: the kernel starts them in any order.
pub fn by_busiest(mut threads: Vec<(String, Vec<String>)>) -> Vec<(String, Vec<String>)> {
    threads.sort_by_key(|(name, lines)| (name != "main thread", std::cmp::Reverse(lines.len())));
    for (nth, (name, _)) in threads.iter_mut().filter(|(name, _)| name != "main thread").enumerate()
    {
        *name = format!("worker {}", nth + 1);
    }
    threads
}

/// How many ticks pass is a matter of timing; those in which the script does something stay.
pub fn without_idle_ticks(lines: Vec<String>) -> Vec<String> {
    let is_tick = |line: &str| line.ends_with(" tick()");
    let acts = |next: Option<&String>| next.is_some_and(|line| line.contains("   "));
    let kept = |nth: &usize| !is_tick(&lines[*nth]) || acts(lines.get(nth + 1));
    (0..lines.len()).filter(kept).map(|nth| lines[nth].clone()).collect()
}

/// The thread and the rest of `[time][thread][level][logger] [file] text`.
fn parts(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix('[')?.split_once("][")?.1;
    rest.split_once("][")
}

/// `plugin: text` of a plugin's line; of Envoy's own lines those about wasm.
fn plugin_line(text: &str) -> Option<String> {
    let (level, rest) = text.split_once(']')?;
    if let Some((_, line)) = rest.split_once(" wasm log") {
        let (plugin, said) = line.split_once(": ")?;
        let plugin = plugin.trim();
        return Some(match said.strip_prefix("probe ") {
            Some(said) => format!("{plugin}: {said}"),
            None => format!("{plugin}: {level}: {said}"),
        });
    }
    let (_, failed) = rest.split_once(" Function: ")?;
    Some(format!("envoy: {failed}"))
}
