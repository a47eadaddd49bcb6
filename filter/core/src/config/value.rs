//! Leaf values: durations, shares, status ranges.

use super::decode::{Decode, Path};
use super::error::Errors;
use serde_json::Value;

/// A span of time: `500ms`, `10s`, `15m`, `4h`, `7d`, or several in a row (`1h30m`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration {
    /// Milliseconds.
    pub ms: u64,
}

impl Duration {
    /// From text; `None` where it is not a duration, or longer than 1000 years.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let mut total = 0_u64;
        while !rest.is_empty() {
            let (digits, tail) = split(rest, |c| c.is_ascii_digit());
            let (unit, tail) = split(tail, |c| c.is_ascii_alphabetic());
            let scale: u64 = match unit {
                "ms" => 1,
                "s" => 1_000,
                "m" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                _ => return None,
            };
            total = total.checked_add(digits.parse::<u64>().ok()?.checked_mul(scale)?)?;
            rest = tail;
        }
        let limit = 366_000 * 86_400_000;
        (!text.is_empty() && total <= limit).then_some(Self { ms: total })
    }

    /// Minutes as a duration; for presets.
    pub const fn minutes(n: u64) -> Self {
        Self { ms: n * 60_000 }
    }
}

fn split(text: &str, keep: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !keep(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

impl Decode for Duration {
    fn decode(value: &Value, at: &Path<'_>, errors: &mut Errors) -> Option<Self> {
        let read = value.as_str().and_then(Self::parse);
        read.or_else(|| at.expected(errors, "a duration such as 500ms, 10s, 15m, 4h or 7d", value))
    }
}

/// A share: `5%`, `0.1%`, or `0.05`; in [0, 1] unless the key says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Share(pub f64);

impl Share {
    /// From text with or without a percent sign; `None` where it is not a non-negative number.
    pub fn parse(text: &str) -> Option<Self> {
        let share = match text.strip_suffix('%') {
            Some(percent) => percent.trim_end().parse::<f64>().ok()? / 100.0,
            None => text.parse().ok()?,
        };
        (share.is_finite() && share >= 0.0).then_some(Self(share))
    }
}

impl Decode for Share {
    fn decode(value: &Value, at: &Path<'_>, errors: &mut Errors) -> Option<Self> {
        let read = match value {
            Value::String(text) => Self::parse(text),
            other => other.as_f64().filter(|x| *x >= 0.0).map(Self),
        };
        read.or_else(|| at.expected(errors, "a share such as 5% or 0.05", value))
    }
}

/// A status or an inclusive range of statuses: `503`, `500-599`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusRange(pub u16, pub u16);

impl StatusRange {
    fn parse(text: &str) -> Option<Self> {
        let (low, high) = text.split_once('-').unwrap_or((text, text));
        let (low, high) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
        (100 <= low && low <= high && high <= 599).then_some(Self(low, high))
    }
}

impl Decode for StatusRange {
    fn decode(value: &Value, at: &Path<'_>, errors: &mut Errors) -> Option<Self> {
        let read = match value {
            Value::String(text) => Self::parse(text),
            other => other.as_f64().and_then(|x| Self::parse(&x.to_string())),
        };
        read.or_else(|| {
            at.expected(errors, "a status such as 503 or a range such as 500-599", value)
        })
    }
}
