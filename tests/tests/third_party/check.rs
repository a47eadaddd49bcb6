//! A scenario from its beginning to its end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use serinus_rig::{Envoy, PATIENCE, eventually};
use tokio::net::{TcpListener, TcpStream};

use crate::upstream::{self, Body, Upstream};
use crate::{envoy, expect, keys, tcp};

const SCENARIO: &[&str] = &[
    "scenario",
    "description",
    "plugins",
    "protocol",
    "workers",
    "routes",
    "clusters",
    "steps",
    "for",
    "expect",
];
const REQUEST: &[&str] =
    &["method", "path", "host", "headers", "body", "chunks", "every", "trailers"];
const STEP_EXPECT: &[&str] = &[
    "status",
    "cluster",
    "sent",
    "sent_body",
    "sent_trailers",
    "headers",
    "body",
    "trailers",
    "logs",
    "details",
];

/// Runs it on a real Envoy; false where its guest is not to be had here.
pub async fn run(scenario: &Value) -> Result<bool> {
    keys::object(scenario, SCENARIO)?;
    let mut clusters = BTreeMap::new();
    let mut echo = None;
    for (name, behaviour) in scenario["clusters"].as_object().context("no clusters")? {
        let mut upstream = Upstream::start(behaviour).await?;
        if scenario["protocol"] == "tcp" {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            upstream.addr = listener.local_addr()?;
            echo = Some(tcp::Echo { listener });
        }
        clusters.insert(name.clone(), upstream);
    }
    let Some(envoy) = envoy::start(scenario, &clusters).await? else { return Ok(false) };
    let running = Running { envoy, clusters, began: Instant::now() };
    for (at, step) in keys::list(scenario.get("steps")).enumerate() {
        running.wait_for(step.get("at")).await?;
        let context = || format!("step {}", at + 1);
        if step.get("connect").is_some() {
            let served = echo.take().context("not a TCP scenario")?;
            echo = Some(tcp::connect(&running.envoy, served, step).await.with_context(context)?);
            running.ensure_logs(0, step["expect"].get("logs")).await.with_context(context)?;
        } else {
            running.step(step).await.with_context(context)?;
        }
    }
    running.wait_for(scenario.get("for")).await?;
    for expected in keys::list(scenario.get("expect")) {
        running.ensure(expected).await?;
    }
    Ok(true)
}

struct Running {
    envoy: Envoy,
    clusters: BTreeMap<String, Upstream>,
    began: Instant,
}

/// What the client got.
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    trailers: Vec<(String, String)>,
}

impl Running {
    async fn wait_for(&self, at: Option<&Value>) -> Result<()> {
        let at = at.map_or(Ok(Duration::ZERO), keys::duration)?;
        tokio::time::sleep(at.saturating_sub(self.began.elapsed())).await;
        Ok(())
    }

    async fn step(&self, step: &Value) -> Result<()> {
        keys::object(step, &["at", "request", "configure", "expect"])?;
        if let Some(configure) = step.get("configure") {
            return self.configure(configure).await;
        }
        let expected = step.get("expect").cloned().unwrap_or_else(|| json!({}));
        keys::object(&expected, STEP_EXPECT)?;
        let logged = self.envoy.log_lines().len();
        let hits = self.hits();
        let reply = send(&self.envoy, &step["request"], &expected).await?;
        ensure_reply(&reply, &expected)?;
        self.ensure_sent(&hits, &expected)?;
        self.ensure_logs(logged, expected.get("logs")).await?;
        self.ensure_details(&expected).await
    }

    fn hits(&self) -> BTreeMap<String, usize> {
        self.clusters.iter().map(|(name, u)| (name.clone(), u.hits().len())).collect()
    }

    async fn configure(&self, configure: &Value) -> Result<()> {
        keys::object(configure, &["plugin", "config", "accepted"])?;
        let plugin = keys::text(&configure["plugin"]);
        let updated =
            self.envoy.update_config_text(&plugin, &keys::text(&configure["config"])).await;
        let accepted = configure["accepted"] != false;
        ensure!(updated.is_ok() == accepted, "accepted: {updated:?}");
        Ok(())
    }

    /// What the cluster that was asked has received since.
    fn ensure_sent(&self, before: &BTreeMap<String, usize>, expected: &Value) -> Result<()> {
        let Some(cluster) = expected.get("cluster") else {
            let sent =
                ["sent", "sent_body", "sent_trailers"].iter().any(|k| expected.get(k).is_some());
            ensure!(!sent, "`sent` needs `cluster`");
            return Ok(());
        };
        if cluster.is_null() {
            return Ok(());
        }
        let name = keys::text(cluster);
        let upstream = self.clusters.get(&name).context("no such cluster")?;
        let hits = upstream.hits();
        let hit = hits[before[&name]..].last().with_context(|| format!("{name} was not asked"))?;
        ensure_map("sent", &hit.headers, expected.get("sent"))?;
        ensure_map("sent_trailers", &hit.trailers, expected.get("sent_trailers"))?;
        expected.get("sent_body").map_or(Ok(()), |e| expect::ensure_text("sent_body", &hit.body, e))
    }

    /// Lines that plugins logged, from this line of Envoy's log on.
    async fn ensure_logs(&self, from: usize, expected: Option<&Value>) -> Result<()> {
        for matcher in keys::list(expected) {
            let found = || async {
                let lines = self.envoy.log_lines();
                lines[from.min(lines.len())..]
                    .iter()
                    .any(|l| is_log(l, matcher, "", ""))
                    .then_some(())
            };
            let missing = || format!("no log {matcher} in\n{}", self.plugin_logs(from));
            eventually("a log", found).await.with_context(missing)?;
        }
        Ok(())
    }

    fn plugin_logs(&self, from: usize) -> String {
        let lines = self.envoy.log_lines();
        lines[from.min(lines.len())..]
            .iter()
            .filter(|l| l.contains("[wasm]"))
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    }

    async fn ensure_details(&self, expected: &Value) -> Result<()> {
        let Some(details) = expected.get("details") else { return Ok(()) };
        let last = || async {
            let log = self.envoy.access_log();
            expect::fits_text(&log.last()?.details, details).ok()?.then_some(())
        };
        eventually("the details", last).await.with_context(|| format!("details {details}"))
    }

    /// An expectation of the end.
    async fn ensure(&self, expected: &Value) -> Result<()> {
        let began = Instant::now();
        loop {
            match self.holds(expected).await {
                Err(_) if began.elapsed() < PATIENCE / 5 => {
                    tokio::time::sleep(Duration::from_millis(100)).await
                }
                outcome => return outcome.with_context(|| self.plugin_logs(0)),
            }
        }
    }

    async fn holds(&self, expected: &Value) -> Result<()> {
        let lines = self.envoy.log_lines();
        let what = expected.to_string();
        let count = if let Some(metric) = expected.get("metric") {
            self.metric(&keys::text(metric)).await?
        } else if let Some(matcher) = expected.get("log") {
            let at = |key: &str| expected.get(key).map(keys::text).unwrap_or_default();
            let (plugin, level) = (at("plugin"), at("level"));
            let count = lines.iter().filter(|line| is_log(line, matcher, &plugin, &level)).count();
            // Without a bound it is there.
            ensure!(
                count > 0 || expected.get("is").is_some() || expected.get("max").is_some(),
                "{what}"
            );
            count as u64
        } else if let Some(callouts) = expected.get("callouts") {
            self.clusters[&keys::text(&callouts["cluster"])].hits().len() as u64
        } else if let Some(failures) = expected.get("failures") {
            let count = lines
                .iter()
                .filter(|l| l.contains("Function: ") && l.contains(" failed: "))
                .count();
            return expect::ensure_bounds(&what, count as u64, &json!({ "is": failures }));
        } else {
            bail!("not understood here: {expected}");
        };
        expect::ensure_bounds(&what, count, expected)
    }

    /// Envoy puts a prefix before the names of counters and gauges; a histogram counts its samples.
    async fn metric(&self, name: &str) -> Result<u64> {
        let stats = self.envoy.stats().await?;
        let found = stats.iter().find(|(stat, _)| stat.strip_prefix("wasmcustom.") == Some(name));
        if let Some((_, value)) = found {
            return Ok(*value);
        }
        let samples = self.envoy.metrics().await?.value(&format!("{name}_count"), &[]);
        Ok(samples as u64)
    }
}

/// Whether a line of Envoy's log is one of a plugin's that matches.
fn is_log(line: &str, matcher: &Value, plugin: &str, level: &str) -> bool {
    // [time][thread][level][wasm] [file:line] wasm log PLUGIN ROOT VM: text
    let Some((head, log)) = line.split_once(" wasm log") else { return false };
    let Some((origin, text)) = log.split_once(": ") else { return false };
    // Root contexts log without any of the three.
    let ours = origin.is_empty() || origin.split(' ').any(|word| word == plugin);
    (plugin.is_empty() || ours)
        && head.contains(&format!("[{level}"))
        && expect::fits_text(text, matcher).unwrap_or(false)
}

fn ensure_map(what: &str, seen: &[(String, String)], expected: Option<&Value>) -> Result<()> {
    for (name, matcher) in expected.and_then(Value::as_object).into_iter().flatten() {
        let values: Vec<String> =
            seen.iter().filter(|(n, _)| n == name).map(|(_, value)| value.clone()).collect();
        expect::ensure_values(&format!("{what} {name}"), &values, matcher)?;
    }
    Ok(())
}

fn ensure_reply(reply: &Reply, expected: &Value) -> Result<()> {
    if let Some(status) = expected.get("status") {
        ensure!(
            *status == reply.status,
            "status: expected {status}, saw {} {}",
            reply.status,
            reply.body
        );
    }
    ensure_map("header", &reply.headers, expected.get("headers"))?;
    ensure_map("trailer", &reply.trailers, expected.get("trailers"))?;
    expected.get("body").map_or(Ok(()), |e| expect::ensure_text("body", &reply.body, e))
}

/// Over HTTP/2 where trailers are sent or expected, which HTTP/1 clients rarely know.
async fn send(envoy: &Envoy, spec: &Value, expected: &Value) -> Result<Reply> {
    keys::object(spec, REQUEST)?;
    let stream = TokioIo::new(TcpStream::connect(envoy.addr()).await?);
    let http2 = spec.get("trailers").is_some() || expected.get("trailers").is_some();
    let response = if http2 {
        let (mut client, connection) = http2::handshake(TokioExecutor::new(), stream).await?;
        tokio::spawn(connection);
        tokio::time::timeout(PATIENCE, client.send_request(request(spec, true)?)).await??
    } else {
        let (mut client, connection) = http1::handshake(stream).await?;
        tokio::spawn(connection);
        tokio::time::timeout(PATIENCE, client.send_request(request(spec, false)?)).await??
    };
    read(response).await
}

fn request(spec: &Value, http2: bool) -> Result<Request<Body>> {
    let text = |key: &str, default: &str| spec.get(key).map_or_else(|| default.into(), keys::text);
    let (host, path) = (text("host", "example.com"), text("path", "/"));
    let uri = if http2 { format!("http://{host}{path}") } else { path };
    let trailers = upstream::map(keys::pairs(spec.get("trailers")))?;
    let pieces = keys::list(spec.get("chunks")).map(|chunk| keys::text(chunk).into());
    let pieces: Vec<bytes::Bytes> = pieces.collect();
    let body = if pieces.is_empty() {
        upstream::frames(text("body", "").into_bytes(), trailers)
    } else {
        let every = spec.get("every").map_or(Ok(Duration::ZERO), keys::duration)?;
        upstream::chunks(pieces, trailers, every)
    };
    let mut request =
        Request::builder().method(text("method", "GET").as_str()).uri(uri).body(body)?;
    *request.headers_mut() = upstream::map(keys::pairs(spec.get("headers")))?;
    if !http2 {
        request.headers_mut().insert("host", host.try_into()?);
    }
    Ok(request)
}

async fn read(response: Response<Incoming>) -> Result<Reply> {
    let (head, body) = response.into_parts();
    let body = tokio::time::timeout(PATIENCE, body.collect()).await??;
    Ok(Reply {
        status: head.status.as_u16(),
        headers: upstream::pairs(&head.headers),
        trailers: body.trailers().map(upstream::pairs).unwrap_or_default(),
        body: String::from_utf8_lossy(&body.to_bytes()).into_owned(),
    })
}
