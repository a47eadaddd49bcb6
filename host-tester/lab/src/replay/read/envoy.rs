//! One line of Envoy's access log in JSON.

use super::EntryError;
use super::keys::{self, Headers, find};
use crate::replay::entry::{Ending, Entry, Origin};
use serde_json::{Map, Value};
use serinus_core::cohort::time::parse_rfc3339;
use serinus_core::diagnostic::Place;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The latest moment that fits into nanoseconds since 1970.
const LATEST_MS: u64 = u64::MAX / 1_000_000;

/// Nothing that is logged took longer.
const LONGEST: Duration = Duration::from_secs(3600);

/// The names of gRPC's codes as Envoy writes them, in their order.
const GRPC: [&str; 17] = [
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
];

/// Reads a line.
pub(super) fn entry(
    line: &[u8],
    file: usize,
    number: u64,
    named: &Headers,
) -> Result<Entry, EntryError> {
    let place =
        |column| Place { line: usize::try_from(number).unwrap_or(usize::MAX), column, width: 1 };
    // Some editors put a byte order mark before the first line.
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let object: Map<String, Value> = serde_json::from_slice(line).map_err(|error| EntryError {
        place: place(error.column().max(1)),
        problem: format!("is not a JSON object: {}", reason(&error)),
    })?;
    let wrong = |problem| EntryError { place: place(1), problem };
    Ok(Entry {
        origin: Origin { file, line: number },
        at: time(&object).map_err(wrong)?,
        ending: ending(&object).map_err(wrong)?,
        headers: keys::headers(&object, named),
        source: source(&object),
        cluster: text(&object, keys::CLUSTER).map(str::to_owned),
        ..request(&object)
    })
}

/// The message without the place, which is that of the line alone.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(reason, _)| reason.to_owned())
}

fn text<'a>(object: &'a Map<String, Value>, keys: &[&str]) -> Option<&'a str> {
    find(object, keys).and_then(Value::as_str)
}

/// Nanoseconds since 1970.
fn time(object: &Map<String, Value>) -> Result<u64, String> {
    let Some(value) = find(object, keys::TIME) else {
        return Err(format!("says no time: none of {}", keys::TIME.join(", ")));
    };
    let moment = match value {
        Value::String(text) => match text.parse::<f64>() {
            Ok(number) => epoch(number),
            Err(_) => parse_rfc3339(text).ok().map(|ms| ms.saturating_mul(1_000_000)),
        },
        Value::Number(number) => number.as_f64().and_then(epoch),
        _ => None,
    };
    let fits = moment.filter(|at| *at / 1_000_000 < LATEST_MS);
    fits.ok_or_else(|| {
        format!("{value} is no time such as 2026-03-01T08:00:00.123Z or 1772352000.123")
    })
}

/// Seconds since 1970, or milliseconds if it cannot be seconds.
fn epoch(number: f64) -> Option<u64> {
    let seconds = if number > 1e11 { number / 1e3 } else { number };
    // Microseconds: what a float holds.
    let micros = (seconds * 1e6).round();
    (0.0..1.8e16).contains(&micros).then(|| micros as u64 * 1000)
}

fn ending(object: &Map<String, Value>) -> Result<Ending, String> {
    let Some(status) = find(object, keys::STATUS) else {
        // Envoy writes no status if there was no answer, but then a flag says why.
        let flags = flags(object);
        return match flags.is_empty() {
            true => Err(format!("says no status: none of {}", keys::STATUS.join(", "))),
            false => Ok(Ending { flags, took: took(object)?, ..Ending::default() }),
        };
    };
    let number = whole(status).and_then(|number| u16::try_from(number).ok());
    let number = number.filter(|number| matches!(number, 0 | 100..=599));
    let Some(status) = number else { return Err(format!("{status} is no HTTP status")) };
    Ok(Ending {
        status: (status != 0).then_some(status),
        grpc: find(object, keys::GRPC).and_then(grpc),
        flags: flags(object),
        took: took(object)?,
    })
}

fn flags(object: &Map<String, Value>) -> Vec<String> {
    let flags = text(object, keys::FLAGS).unwrap_or_default();
    let short = |flag: &&str| !flag.is_empty() && flag.len() <= 8;
    flags.split(',').map(str::trim).filter(short).take(8).map(str::to_owned).collect()
}

fn took(object: &Map<String, Value>) -> Result<Duration, String> {
    let Some(value) = find(object, keys::DURATION) else { return Ok(Duration::ZERO) };
    let millis = match value {
        Value::String(text) => text.trim_end_matches("ms").parse::<f64>().ok(),
        other => other.as_f64(),
    };
    let millis = millis.filter(|millis| millis.is_finite() && *millis >= 0.0);
    let took = millis.map(|millis| Duration::from_secs_f64((millis / 1e3).min(1e9)).min(LONGEST));
    took.ok_or_else(|| format!("{value} is no duration in milliseconds"))
}

fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn grpc(value: &Value) -> Option<u32> {
    let fold = |name: &str| name.replace('_', "").to_ascii_lowercase();
    let by_name = || {
        let name = fold(value.as_str()?);
        GRPC.iter().position(|known| fold(known) == name).map(|code| code as u64)
    };
    whole(value).or_else(by_name).and_then(|code| u32::try_from(code).ok())
}

/// Method, path and authority; also from `GET /path HTTP/1.1`.
fn request(object: &Map<String, Value>) -> Entry {
    let whole = text(object, keys::REQUEST).unwrap_or_default();
    let mut words = whole.split(' ').filter(|word| !word.is_empty());
    let (first, second) = (words.next(), words.next());
    let fits = |text: &&str| keys::is_value(text) && !text.contains(' ');
    let word = |keys, or: Option<&str>, default: &str| {
        text(object, keys).or(or).filter(fits).unwrap_or(default).to_owned()
    };
    let method = word(keys::METHOD, first, "GET");
    Entry {
        method: if keys::is_token(&method) { method } else { "GET".to_owned() },
        path: word(keys::PATH, second, "/"),
        host: word(keys::HOST, None, ""),
        ..Entry::default()
    }
}

fn source(object: &Map<String, Value>) -> Option<IpAddr> {
    keys::SOURCE.iter().find_map(|key| {
        let all = text(object, &[key])?;
        let first = all.split(',').next()?.trim();
        first.parse::<SocketAddr>().map(|addr| addr.ip()).ok().or_else(|| first.parse().ok())
    })
}
