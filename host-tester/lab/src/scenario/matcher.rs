//! What a text, or the values of a header, should be.

use super::read::decode::{Decode, Definitions, Mistakes, Node, define};
use regex_lite::Regex;
use serde_json::{Value, json};
use serinus_core::diagnostic::suggestion::suggestion;
use std::fmt;

/// A test of a text.
///
/// A header that came several times is tested as Envoy's own header matchers do: its values joined by
/// commas. Only [`Matcher::List`] looks at them one by one.
#[derive(Clone, Debug, PartialEq)]
pub enum Matcher {
    /// It is this.
    Exact(String),
    /// It has this in it.
    Contains(String),
    /// It begins with this.
    Prefix(String),
    /// It ends with this.
    Suffix(String),
    /// All of it matches this.
    Matches(Pattern),
    /// There is one.
    Present,
    /// There is none.
    Absent,
    /// There are exactly so many values, each as said, in this order.
    List(Vec<Matcher>),
}

/// A regular expression that must match the whole text, as Envoy's do.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    fn new(text: &str) -> Result<Self, regex_lite::Error> {
        let regex = Regex::new(&format!("^(?s:{text})$"))?;
        Ok(Self { text: text.to_owned(), regex })
    }

    /// As it was written, which is also how Envoy takes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether all of the text matches.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.text)
    }
}

impl Matcher {
    /// Whether these values of one header pass; no values: the header is absent.
    pub fn matches<S: AsRef<str>>(&self, values: &[S]) -> bool {
        match (self, values) {
            (Self::Absent, values) => values.is_empty(),
            (Self::List(each), values) => {
                each.len() == values.len()
                    && each.iter().zip(values).all(|(one, value)| one.matches_text(value.as_ref()))
            }
            (_, []) => false,
            (_, [one]) => self.matches_text(one.as_ref()),
            (_, several) => {
                let joined: Vec<&str> = several.iter().map(AsRef::as_ref).collect();
                self.matches_text(&joined.join(","))
            }
        }
    }

    /// Whether a text passes that is always there, such as a body. Empty, it counts as absent.
    pub fn matches_text(&self, text: &str) -> bool {
        match self {
            Self::Exact(wanted) => text == wanted,
            Self::Contains(part) => text.contains(part.as_str()),
            Self::Prefix(start) => text.starts_with(start.as_str()),
            Self::Suffix(end) => text.ends_with(end.as_str()),
            Self::Matches(pattern) => pattern.is_match(text),
            Self::Present => !text.is_empty(),
            Self::Absent => text.is_empty(),
            Self::List(each) => matches!(each.as_slice(), [one] if one.matches_text(text)),
        }
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) => write!(f, "{text:?}"),
            Self::Contains(text) => write!(f, "something that contains {text:?}"),
            Self::Prefix(text) => write!(f, "something that begins with {text:?}"),
            Self::Suffix(text) => write!(f, "something that ends with {text:?}"),
            Self::Matches(pattern) => write!(f, "something that matches {pattern:?}"),
            Self::Present => f.write_str("anything"),
            Self::Absent => f.write_str("none"),
            Self::List(each) => {
                let each: Vec<String> = each.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", each.join(", "))
            }
        }
    }
}

const KEYS: [&str; 7] = ["exact", "contains", "prefix", "suffix", "matches", "present", "absent"];

impl Decode for Matcher {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        match node.value {
            Value::Null => Some(Self::Absent),
            Value::String(text) => Some(Self::Exact(text.clone())),
            Value::Array(_) => Vec::decode(node, mistakes).map(Self::List),
            Value::Object(_) => one_of(node, mistakes),
            Value::Number(_) | Value::Bool(_) => node.expected(mistakes, "text (put it in quotes)"),
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        define("Matcher", definitions, |_| {
            let text = json!({ "type": "string" });
            let yes = json!({ "const": true });
            json!({
                "description": "What a text should be: the text itself; a mapping with one test; null: none; \
                                a list: the values of a header, one by one.",
                "anyOf": [
                    { "type": ["string", "null"] },
                    { "type": "array", "items": { "$ref": "#/$defs/Matcher" } },
                    {
                        "type": "object",
                        "properties": {
                            "exact": text, "contains": text, "prefix": text, "suffix": text,
                            "matches": { "type": "string", "format": "regex" },
                            "present": yes, "absent": yes,
                        },
                        "additionalProperties": false, "minProperties": 1, "maxProperties": 1,
                    },
                ],
            })
        })
    }
}

/// A mapping with exactly one test in it.
fn one_of(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Matcher> {
    let entries = node.entries(mistakes)?;
    let [(key, value)] = entries.as_slice() else {
        return node.fail(mistakes, format!("expected exactly one of {}", KEYS.join(", ")));
    };
    let mut text = || String::decode(value, mistakes);
    match *key {
        "exact" => text().map(Matcher::Exact),
        "contains" => text().map(Matcher::Contains),
        "prefix" => text().map(Matcher::Prefix),
        "suffix" => text().map(Matcher::Suffix),
        "matches" => Pattern::decode(value, mistakes).map(Matcher::Matches),
        "present" => only_true(value, mistakes).map(|()| Matcher::Present),
        "absent" => only_true(value, mistakes).map(|()| Matcher::Absent),
        other => {
            let remedy = suggestion(other, &KEYS, "known tests");
            mistakes.add_with(value.path.as_str(), "unknown test of a text", remedy);
            None
        }
    }
}

impl Decode for Pattern {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let text = String::decode(node, mistakes)?;
        match Self::new(&text) {
            Ok(pattern) => Some(pattern),
            Err(error) => node.fail(mistakes, format!("not a regular expression: {error}")),
        }
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "format": "regex" })
    }
}

/// `present: false` would read as `absent: true` to some, and as nothing to others.
pub(super) fn only_true(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<()> {
    match node.value {
        Value::Bool(true) => Some(()),
        _ => node.expected(mistakes, "`true`; leave the key out otherwise"),
    }
}

#[cfg(test)]
mod tests;
