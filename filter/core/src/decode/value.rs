//! Leaf values: durations, shares, status ranges.

use super::error::Errors;
use super::{Decode, Path, whole};
use crate::cohort::number;
#[cfg(feature = "policies")]
use crate::policy::ParamValue;
use serde_json::Value;

/// A span of time: `500ms`, `10s`, `15m`, `4h`, `7d`, or several in a row (`1h30m`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
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
    fn decode(&mut self, value: &Value, at: &Path<'_>, errors: &mut Errors) {
        match value.as_str().and_then(Self::parse) {
            Some(read) => *self = read,
            None => {
                let what = "a duration such as 500ms, 10s, 15m, 4h or 7d";
                at.expected::<()>(errors, what, value);
            }
        }
    }
}

/// A share: `5%`, `0.1%`, or `0.05`; in [0, 1] unless the key says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Share(pub f64);

impl Share {
    /// From text with or without a percent sign; `None` where it is not a non-negative number.
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, scale) = match text.strip_suffix('%') {
            Some(digits) => (digits, 100.0),
            None => (text, 1.0),
        };
        // No sign and no space, as the schema says.
        let bare = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
        let unsigned = digits.bytes().all(bare) && !digits.starts_with(['+', '-']);
        number::parse(digits.as_bytes()).filter(|_| unsigned).map(|x| Self(x / scale))
    }

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::parse(text),
            other => other.as_f64().filter(|x| *x >= 0.0).map(Self),
        }
    }
}

impl Decode for Share {
    fn decode(&mut self, value: &Value, at: &Path<'_>, errors: &mut Errors) {
        match Self::read(value) {
            Some(read) => *self = read,
            None => {
                at.expected::<()>(errors, "a share such as 5% or 0.05", value);
            }
        }
    }
}

/// What a gate allows: a share of requests, or a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// As in [`Share`].
    Share(f64),
    /// As in [`Duration`].
    Duration(Duration),
}

impl Default for Limit {
    fn default() -> Self {
        Self::Share(0.0)
    }
}

impl Decode for Limit {
    fn decode(&mut self, value: &Value, at: &Path<'_>, errors: &mut Errors) {
        if let Some(duration) = value.as_str().and_then(Duration::parse) {
            *self = Self::Duration(duration);
        } else if let Some(share) = Share::read(value) {
            *self = Self::Share(share.0);
        } else {
            at.expected::<()>(errors, "a share such as 0.1% or a duration such as 500ms", value);
        }
    }
}

/// A status or an inclusive range of statuses: `503`, `500-599`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatusRange(pub u16, pub u16);

impl StatusRange {
    fn parse(text: &str) -> Option<Self> {
        let (low, high) = text.split_once('-').unwrap_or((text, text));
        let (low, high) = (status(low)?, status(high)?);
        (low <= high).then_some(Self(low, high))
    }
}

/// Three digits from 100 to 599.
fn status(text: &str) -> Option<u16> {
    match *text.as_bytes() {
        [a @ b'1'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9'] => {
            let digit = |byte: u8| u16::from(byte - b'0');
            Some(digit(a) * 100 + digit(b) * 10 + digit(c))
        }
        _ => None,
    }
}

impl Decode for StatusRange {
    fn decode(&mut self, value: &Value, at: &Path<'_>, errors: &mut Errors) {
        let read = match value {
            Value::String(text) => Self::parse(text),
            other => {
                let known = whole(other).and_then(|n| u16::try_from(n).ok());
                known.filter(|n| (100..600).contains(n)).map(|n| Self(n, n))
            }
        };
        match read {
            Some(read) => *self = read,
            None => {
                let what = "a status such as 503 or a range such as 500-599";
                at.expected::<()>(errors, what, value);
            }
        }
    }
}

/// Memory: `64KiB`, `1MiB`; in the binary units, because memory comes in pages of 64 KiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Bytes.
    pub bytes: u64,
}

/// The value of a policy's parameter: a number, a text, or true or false.
#[derive(Clone, Debug, Default)]
pub struct Setting(#[cfg(feature = "policies")] pub Option<ParamValue>);

#[cfg(feature = "policies")]
impl Size {
    /// From text; `None` where it is not a size.
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, unit) = split(text, |c| c.is_ascii_digit());
        let scale: u64 = match unit {
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            _ => return None,
        };
        let bytes = digits.parse::<u64>().ok()?.checked_mul(scale)?;
        Some(Self { bytes })
    }
}

#[cfg(feature = "policies")]
impl Decode for Size {
    fn decode(&mut self, value: &Value, at: &Path<'_>, errors: &mut Errors) {
        match value.as_str().and_then(Self::parse) {
            Some(read) => *self = read,
            None => {
                at.expected::<()>(errors, "a size such as 256KiB or 1MiB", value);
            }
        }
    }
}

#[cfg(feature = "policies")]
impl Decode for Setting {
    fn decode(&mut self, value: &Value, at: &Path<'_>, errors: &mut Errors) {
        self.0 = match value {
            Value::Bool(flag) => Some(ParamValue::Flag(*flag)),
            Value::String(text) => Some(ParamValue::Text(text.clone())),
            Value::Number(number) => number.as_f64().map(ParamValue::Number),
            _ => at.expected(errors, "a number, a text, or true or false", value),
        };
    }
}

// A filter that runs no policies refuses every rollout that has one, and looks no further into it.
#[cfg(not(feature = "policies"))]
impl Decode for Size {
    fn decode(&mut self, _: &Value, _: &Path<'_>, _: &mut Errors) {}
}

#[cfg(not(feature = "policies"))]
impl Decode for Setting {
    fn decode(&mut self, _: &Value, _: &Path<'_>, _: &mut Errors) {}
}
