//! A HAR file, as browsers and proxies export it.

use super::keys::{is_token, is_value};
use super::{EntryError, LogError};
use crate::replay::entry::{Ending, Entry, Origin};
use serde::Deserialize;
use serde_json::Value;
use serinus_core::cohort::time::parse_rfc3339;
use serinus_core::diagnostic::Place;
use std::io::{BufRead, Read};
use std::net::IpAddr;
use std::time::Duration;

/// A file is read as a whole; bodies in it are skipped, and not kept.
pub(super) const MOST: u64 = 1 << 30;

/// Nothing that is logged took longer.
const LONGEST_MS: f64 = 3_600_000.0;

#[derive(Deserialize)]
struct Har {
    log: HarLog,
}

#[derive(Deserialize)]
struct HarLog {
    entries: Vec<HarEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct HarEntry {
    started_date_time: Value,
    time: Value,
    request: HarRequest,
    response: HarResponse,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HarRequest {
    method: String,
    url: String,
    headers: Vec<HarHeader>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HarHeader {
    name: String,
    value: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HarResponse {
    status: i64,
}

/// All entries, the last first.
pub(super) fn read(
    reader: Box<dyn BufRead>,
    file: usize,
) -> Result<Vec<Result<Entry, EntryError>>, LogError> {
    let mut reader = reader.take(MOST);
    let har: Result<Har, _> = serde_json::from_reader(&mut reader);
    if reader.limit() == 0 {
        return Err(LogError::TooLarge);
    }
    let entries = har.map_err(LogError::Har)?.log.entries.into_iter().enumerate();
    let mut all: Vec<_> = entries.map(|(i, one)| entry(one, file, i + 1)).collect();
    all.reverse();
    Ok(all)
}

fn entry(har: HarEntry, file: usize, number: usize) -> Result<Entry, EntryError> {
    let wrong =
        |problem| EntryError { place: Place { line: number, column: 1, width: 1 }, problem };
    let at = har.started_date_time.as_str().and_then(|text| parse_rfc3339(text).ok());
    let at = at.and_then(|ms| ms.checked_mul(1_000_000)).ok_or_else(|| {
        let value = &har.started_date_time;
        wrong(format!("log.entries[{}].startedDateTime: {value} is no time", number - 1))
    })?;
    let millis = har.time.as_f64().filter(|ms| ms.is_finite()).unwrap_or(0.0);
    let status = u16::try_from(har.response.status).ok().filter(|s| (100..=599).contains(s));
    let (host, path) = split(&har.request.url);
    let mut headers = Vec::new();
    let (mut authority, mut source) = (host.to_owned(), None);
    for HarHeader { name, value } in har.request.headers {
        match name.to_ascii_lowercase() {
            name if name == ":authority" || name == "host" => authority = value,
            name if is_token(&name) && is_value(&value) => {
                if name == "x-forwarded-for" {
                    source = value.split(',').next().and_then(|ip| ip.trim().parse().ok());
                }
                headers.push((name, value));
            }
            _ => {}
        }
    }
    let source: Option<IpAddr> = source;
    let method = if is_token(&har.request.method) { har.request.method } else { "GET".into() };
    Ok(Entry {
        origin: Origin { file, line: number as u64 },
        at,
        method,
        path: if is_value(path) { path.to_owned() } else { "/".to_owned() },
        host: if is_value(&authority) { authority } else { String::new() },
        headers,
        source,
        cluster: None,
        ending: Ending {
            status,
            took: Duration::from_secs_f64(millis.clamp(0.0, LONGEST_MS) / 1e3),
            ..Ending::default()
        },
    })
}

/// Authority and path of a URL.
fn split(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split('#').next().unwrap_or_default();
    match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, "/"),
    }
}
