//! What requests and answers are made of.

use super::read::Size;
use super::read::declare::shape;
use super::read::decode::{Decode, Definitions, Mistakes, Node, define};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// The largest body, and the largest number of pieces of one: a scenario may not fill the memory.
const MAX_BODY: u64 = 64 << 20;

/// Header or trailer fields. A name that has several values comes several times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// The values of a name.
    pub fn get(&self, name: &str) -> Vec<&str> {
        let all = self.0.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        all.map(|(_, value)| value.as_str()).collect()
    }

    /// Puts these values in the place of those that a name has.
    pub fn replace(&mut self, with: &Self) {
        self.0.retain(|(name, _)| with.get(name).is_empty());
        self.0.extend(with.0.iter().cloned());
    }
}

impl Decode for Headers {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let mut headers = Vec::new();
        let mut sound = true;
        for (name, value) in node.entries(mistakes)? {
            let values = match value.value {
                Value::Array(_) => Vec::decode(&value, mistakes),
                _ => String::decode(&value, mistakes).map(|one| vec![one]),
            };
            let named = is_name(name, &value, mistakes);
            sound &= named && values.is_some();
            let name = name.to_ascii_lowercase();
            headers.extend(values.into_iter().flatten().map(|value| (name.clone(), value)));
        }
        sound.then_some(Self(headers))
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }

    fn schema(definitions: &mut Definitions) -> Value {
        define("Headers", definitions, |_| {
            json!({
                "description": "Header fields: a value, or a list of them.",
                "type": "object",
                "additionalProperties": { "anyOf": [
                    { "type": "string" },
                    { "type": "array", "items": { "type": "string" } },
                ] },
            })
        })
    }
}

fn is_name(name: &str, node: &Node<'_>, mistakes: &mut Mistakes) -> bool {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if !name.is_empty() && name.bytes().all(token) {
        return true;
    }
    let remedy = match name {
        ":method" => "say it as `method`",
        ":path" => "say it as `path`",
        ":authority" => "say it as `host`",
        _ => "letters, digits and - are allowed",
    };
    mistakes.add_with(node.path.as_str(), "not the name of a header", remedy);
    false
}

/// A body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// These bytes.
    Bytes(Vec<u8>),
    /// So many bytes, all of them `x`.
    Size(u64),
}

impl Body {
    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes.clone(),
            Self::Size(size) => vec![b'x'; usize::try_from(*size).unwrap_or_default()],
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Size(size) => *size == 0,
        }
    }
}

shape! {
    /// A body that is not text: one of the two.
    RawBody {
        /// So many bytes.
        size: Option<Size>,
        /// These bytes, in base64.
        base64: Option<String>,
    }
}

impl Decode for Body {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        if let Value::String(text) = node.value {
            return Some(Self::Bytes(text.clone().into_bytes()));
        }
        if !node.value.is_object() {
            return node.expected(mistakes, "text, or `size` or `base64`");
        }
        match RawBody::decode(node, mistakes)? {
            RawBody { size: Some(Size(size)), base64: None } if size <= MAX_BODY => {
                Some(Self::Size(size))
            }
            RawBody { size: Some(_), base64: None } => node.fail(mistakes, "is larger than 64 MiB"),
            RawBody { size: None, base64: Some(text) } => match STANDARD.decode(text) {
                Ok(bytes) => Some(Self::Bytes(bytes)),
                Err(error) => node.fail(mistakes, format!("not base64: {error}")),
            },
            _ => node.fail(mistakes, "expected exactly one of size, base64"),
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [{ "type": "string" }, RawBody::schema(definitions)] })
    }
}

/// Statuses and ranges of them, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses(pub Vec<(u16, u16)>);

impl Statuses {
    /// Whether a status is one of them.
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|(low, high)| (*low..=*high).contains(&status))
    }
}

impl std::fmt::Display for Statuses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, (low, high)) in self.0.iter().enumerate() {
            f.write_str(if i > 0 { " or " } else { "" })?;
            if low == high { write!(f, "{low}")? } else { write!(f, "{low}-{high}")? }
        }
        Ok(())
    }
}

impl Decode for Statuses {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let items = if node.value.is_array() { node.list(mistakes)? } else { vec![node.clone()] };
        let ranges: Vec<_> = items.iter().filter_map(|item| range(item, mistakes)).collect();
        (ranges.len() == items.len()).then_some(Self(ranges))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        define("Statuses", definitions, |_| {
            let one = json!({ "anyOf": [
                { "type": "string", "pattern": "^[1-5][0-9]{2}(-[1-5][0-9]{2})?$" },
                { "type": "integer", "minimum": 100, "maximum": 599 },
            ] });
            json!({
                "description": "A status such as 503, a range such as 500-599, or a list of both.",
                "anyOf": [one, { "type": "array", "items": one }],
            })
        })
    }
}

fn range(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<(u16, u16)> {
    let read = match node.value {
        Value::String(text) => {
            let (low, high) = text.split_once('-').unwrap_or((text, text));
            low.parse().ok().zip(high.parse().ok())
        }
        other => other.as_u64().and_then(|n| n.try_into().ok()).map(|n| (n, n)),
    };
    let sound = |(low, high): &(u16, u16)| low <= high && *low >= 100 && *high < 600;
    let what = "a status such as 503 or a range such as 500-599";
    read.filter(sound).or_else(|| node.expected(mistakes, what))
}

/// One HTTP status.
pub(super) fn status(
    status: u32,
    key: &str,
    node: &Node<'_>,
    mistakes: &mut Mistakes,
) -> Option<u16> {
    let read = u16::try_from(status).ok().filter(|status| (200..600).contains(status));
    if read.is_none() {
        mistakes
            .add(node.key(key), format!("expected a final status from 200 to 599, found {status}"));
    }
    read
}
