//! The values at the leaves: text, numbers, durations, shares, sizes, times.

use super::decode::{Decode, Definitions, Mistakes, Node};
use serde_json::{Value, json};
use serinus_core::cohort::time::parse_rfc3339;
use serinus_core::config;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

impl Decode for String {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let bare = node.value.is_number() || node.value.is_boolean();
        let what = if bare { "text (put it in quotes)" } else { "text" };
        node.value.as_str().map(Self::from).or_else(|| node.expected(mistakes, what))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string" })
    }
}

impl Decode for bool {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        node.value.as_bool().or_else(|| node.expected(mistakes, "true or false"))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "boolean" })
    }
}

impl Decode for f64 {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        node.value.as_f64().or_else(|| node.expected(mistakes, "a number"))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "number" })
    }
}

impl Decode for u64 {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        node.value.as_u64().or_else(|| node.expected(mistakes, "a whole number"))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "integer", "minimum": 0 })
    }
}

impl Decode for u32 {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let read = node.value.as_u64().and_then(|n| n.try_into().ok());
        read.or_else(|| node.expected(mistakes, "a whole number up to 4294967295"))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
    }
}

impl Decode for Duration {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let read = node.value.as_str().and_then(config::Duration::parse);
        let read = read.map(|duration| Self::from_millis(duration.ms));
        read.or_else(|| node.expected(mistakes, "a duration such as 500ms, 10s, 15m, 4h or 7d"))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": "^([0-9]+(ms|s|m|h|d))+$" })
    }
}

/// A share of a whole, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Share(f64);

impl Share {
    /// None of it.
    pub const NONE: Self = Self(0.0);

    /// The number, from 0 to 1.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Decode for Share {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let read = match node.value {
            Value::String(text) => config::Share::parse(text).map(|share| share.0),
            other => other.as_f64(),
        };
        let read = read.filter(|share| (0.0..=1.0).contains(share)).map(Self);
        read.or_else(|| node.expected(mistakes, "a share from 0% to 100%, such as 30% or 0.3"))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "anyOf": [
            { "type": "string", "pattern": "^([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?%?$" },
            { "type": "number", "minimum": 0, "maximum": 1 },
        ] })
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Size {
    /// From text such as `64KiB`.
    fn parse(text: &str) -> Option<Self> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(digits)?;
        let scale: u64 = match unit {
            "" | "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return None,
        };
        number.parse::<u64>().ok()?.checked_mul(scale).map(Self)
    }
}

impl Decode for Size {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let read = match node.value {
            Value::String(text) => Self::parse(text),
            other => other.as_u64().map(Self),
        };
        read.or_else(|| node.expected(mistakes, "a size such as 64KiB, 1MiB or a number of bytes"))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "anyOf": [
            { "type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB)?$" },
            { "type": "integer", "minimum": 0 },
        ] })
    }
}

impl Decode for SystemTime {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let read = node.value.as_str().and_then(|text| parse_rfc3339(text).ok());
        let read = read.and_then(|ms| Self::UNIX_EPOCH.checked_add(Duration::from_millis(ms)));
        read.or_else(|| node.expected(mistakes, "a time such as 2026-01-05T09:00:00Z"))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "format": "date-time" })
    }
}

impl Decode for IpAddr {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let read = node.value.as_str().and_then(|text| text.parse().ok());
        read.or_else(|| node.expected(mistakes, "an IP address such as 10.0.0.9"))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "anyOf": [{ "format": "ipv4" }, { "format": "ipv6" }] })
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        T::decode(node, mistakes).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let items = node.list(mistakes)?;
        // All are read before any can end it.
        let read: Self = items.iter().filter_map(|item| T::decode(item, mistakes)).collect();
        (read.len() == items.len()).then_some(read)
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "type": "array", "items": T::schema(definitions) })
    }
}

impl<T: Decode> Decode for BTreeMap<String, T> {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let entries = node.entries(mistakes)?;
        let count = entries.len();
        let mut read =
            |(key, node): (&str, Node<'_>)| Some((key.to_owned(), T::decode(&node, mistakes)?));
        let read: Self = entries.into_iter().filter_map(&mut read).collect();
        (read.len() == count).then_some(read)
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "type": "object", "additionalProperties": T::schema(definitions) })
    }
}

/// What is expected of something that there may not be.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Wanted<T> {
    /// Nothing is said: anything will do.
    #[default]
    Anything,
    /// `null`: it must not be there.
    Nothing,
    /// It must be so.
    This(T),
}

impl<T: Decode> Decode for Wanted<T> {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        match node.value {
            Value::Null => Some(Self::Nothing),
            _ => T::decode(node, mistakes).map(Self::This),
        }
    }

    fn absent() -> Option<Self> {
        Some(Self::Anything)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [T::schema(definitions), { "type": "null" }] })
    }
}
