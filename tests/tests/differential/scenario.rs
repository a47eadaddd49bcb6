//! A scenario file, as far as a real Envoy can run it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// One scenario.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub scenario: String,
    #[serde(default)]
    #[expect(dead_code, reason = "for readers")]
    pub description: String,
    #[serde(default)]
    pub plugins: Vec<Plugin>,
    #[serde(default)]
    pub protocol: Protocol,
    #[serde(default = "one")]
    pub workers: usize,
    #[serde(default)]
    pub routes: Vec<Route>,
    #[serde(default)]
    pub clusters: BTreeMap<String, Behaviour>,
    #[serde(default)]
    pub steps: Vec<Step>,
    #[serde(rename = "for", default, deserialize_with = "duration")]
    pub lasts: Duration,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    #[default]
    Http,
    Tcp,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plugin {
    #[serde(default = "filter")]
    pub name: String,
    #[serde(default)]
    pub root_id: String,
    #[serde(default)]
    pub config: Value,
    #[serde(default)]
    pub vm: Vm,
    #[serde(default)]
    pub fail: Fail,
    #[serde(default)]
    pub stop_iteration: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vm {
    #[serde(default)]
    pub id: String,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fail {
    #[default]
    Closed,
    Open,
    Reload,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    pub name: Option<String>,
    #[serde(default, rename = "match")]
    pub matches: Match,
    pub cluster: Option<String>,
    pub direct: Option<Direct>,
    pub redirect: Option<String>,
    #[serde(default, deserialize_with = "some_duration")]
    pub timeout: Option<Duration>,
    #[serde(default, deserialize_with = "some_duration")]
    pub idle_timeout: Option<Duration>,
    pub retry: Option<Retry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    pub path: Option<String>,
    pub prefix: Option<String>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Direct {
    pub status: u16,
    #[serde(default)]
    pub body: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    pub on: Vec<String>,
    pub attempts: u32,
    #[serde(default, deserialize_with = "some_duration")]
    pub per_try_timeout: Option<Duration>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Behaviour {
    pub connect_fail: bool,
    pub no_host: bool,
    pub timeout: bool,
    pub echo: bool,
    pub reset: bool,
    pub reset_after_headers: bool,
    pub status: Option<u16>,
    pub headers: BTreeMap<String, String>,
    pub body: Body,
    pub chunks: Option<usize>,
    #[serde(deserialize_with = "duration")]
    pub every: Duration,
    pub trailers: BTreeMap<String, String>,
    pub grpc: Option<u8>,
    pub grpc_trailers_only: Option<u8>,
    #[serde(deserialize_with = "duration")]
    pub latency: Duration,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Body {
    Text(String),
    Size { size: usize },
}

impl Default for Body {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Body {
    /// The bytes; a body given by its size is all `x`.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Size { size } => vec![b'x'; *size],
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    #[serde(default, deserialize_with = "duration")]
    pub at: Duration,
    pub request: Option<Request>,
    pub configure: Option<Configure>,
    pub cluster: Option<Value>,
    pub connect: Option<Connect>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Request {
    pub method: Option<String>,
    pub path: Option<String>,
    pub host: Option<String>,
    pub headers: BTreeMap<String, Value>,
    pub body: Body,
    pub chunks: Vec<String>,
    #[serde(deserialize_with = "duration")]
    pub every: Duration,
    pub trailers: BTreeMap<String, String>,
    #[serde(deserialize_with = "some_duration")]
    pub hang_up: Option<Duration>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configure {
    pub plugin: String,
    pub config: Value,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Connect {
    pub send: Vec<String>,
    #[serde(deserialize_with = "duration")]
    pub every: Duration,
    pub close: bool,
}

impl Request {
    /// Whether it takes HTTP/2: for trailers, and for gRPC, whose sign is `te: trailers`.
    pub fn needs_http2(&self) -> bool {
        !self.trailers.is_empty() || self.headers.contains_key("te")
    }
}

impl Scenario {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)?;
        let yaml = Yaml::load_from_str(&text)?;
        let document = json(yaml.first().context("no document")?)?;
        serde_json::from_value(document).with_context(|| path.display().to_string())
    }
}

impl Fail {
    /// Envoy's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "FAIL_CLOSED",
            Self::Open => "FAIL_OPEN",
            Self::Reload => "FAIL_RELOAD",
        }
    }
}

impl Plugin {
    /// The configuration as the plugin gets it: text as it is, anything else as JSON.
    pub fn text(config: &Value) -> String {
        match config {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

fn one() -> usize {
    1
}

fn filter() -> String {
    "filter".into()
}

fn json(yaml: &Yaml<'_>) -> Result<Value> {
    Ok(match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => (*value).into(),
        Yaml::Value(Scalar::Integer(value)) => (*value).into(),
        Yaml::Value(Scalar::FloatingPoint(value)) => (**value).into(),
        Yaml::Value(Scalar::String(text)) => text.as_ref().into(),
        Yaml::Sequence(items) => items.iter().map(json).collect::<Result<_>>()?,
        Yaml::Mapping(entries) => {
            let entry = |(key, value): (&Yaml<'_>, &Yaml<'_>)| {
                let key = json(key)?;
                Ok((key.as_str().map_or_else(|| key.to_string(), Into::into), json(value)?))
            };
            Value::Object(entries.iter().map(entry).collect::<Result<_>>()?)
        }
        other => bail!("not understood: {other:?}"),
    })
}

fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    let parsed = match text.strip_suffix("ms") {
        Some(ms) => ms.parse().map(Duration::from_millis),
        None => text.trim_end_matches('s').parse().map(Duration::from_secs),
    };
    parsed.map_err(serde::de::Error::custom)
}

fn some_duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    duration(from).map(Some)
}
