//! From a JSON tree to typed shapes, collecting every error.
//!
//! Serde's derive stops at the first mistake, and an operator who fixes one error per config push
//! is badly served. So a shape is declared once with [`shape!`], which makes the struct, its
//! decoder and (with the feature `schema`) its JSON Schema: the three cannot disagree.

use super::error::Errors;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Where in the document we are; text only when an error needs it.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    pub(super) fn root() -> Self {
        Self { parent: None, step: Step::Root }
    }

    pub(super) fn key(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Key(key) }
    }

    pub(super) fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }

    /// Reports a problem here.
    pub(super) fn fail<T>(&self, errors: &mut Errors, problem: impl Into<String>) -> Option<T> {
        errors.push(self.text(), problem.into());
        None
    }

    /// Reports "expected X, found Y" here.
    pub(super) fn expected<T>(&self, errors: &mut Errors, what: &str, found: &Value) -> Option<T> {
        self.fail(errors, format!("expected {what}, found {}", describe(found)))
    }

    pub(super) fn list<'v>(&self, value: &'v Value, errors: &mut Errors) -> Option<&'v Vec<Value>> {
        value.as_array().or_else(|| self.expected(errors, "a list", value))
    }

    pub(super) fn object<'v>(
        &self,
        value: &'v Value,
        errors: &mut Errors,
    ) -> Option<&'v Map<String, Value>> {
        value.as_object().or_else(|| self.expected(errors, "a mapping", value))
    }

    fn text(&self) -> String {
        let mut text = self.parent.map(Path::text).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => {
                text.push('.');
                text.push_str(key);
            }
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
        text
    }
}

/// A value as an error message shows it, cut short: a key must not end up in a log whole.
fn describe(value: &Value) -> String {
    let text = match value {
        Value::Array(_) => return "a list".to_owned(),
        Value::Object(_) => return "a mapping".to_owned(),
        other => other.to_string(),
    };
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Something that can be read from a JSON tree.
pub(super) trait Decode: Sized {
    /// Reads it; on failure at least one error has been reported.
    fn decode(value: &Value, at: &Path<'_>, errors: &mut Errors) -> Option<Self>;

    /// What a missing key means; `None` where the key is required.
    fn absent() -> Option<Self> {
        None
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(value: &Value, at: &Path<'_>, errors: &mut Errors) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::decode(value, at, errors).map(Some) }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(value: &Value, at: &Path<'_>, errors: &mut Errors) -> Option<Self> {
        T::decode(value, at, errors).map(Self::new)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(value: &Value, at: &Path<'_>, errors: &mut Errors) -> Option<Self> {
        let list = at.list(value, errors)?;
        let read = list.iter().enumerate().map(|(i, item)| T::decode(item, &at.index(i), errors));
        // Collected in two steps: the first failure must not keep the others from being reported.
        let read: Vec<Option<T>> = read.collect();
        read.into_iter().collect()
    }
}

impl<T: Decode> Decode for BTreeMap<String, T> {
    fn decode(value: &Value, at: &Path<'_>, errors: &mut Errors) -> Option<Self> {
        let entries = at.object(value, errors)?.iter();
        let read: Vec<_> = entries
            .map(|(key, item)| Some((key.clone(), T::decode(item, &at.key(key), errors)?)))
            .collect();
        read.into_iter().collect()
    }
}

impl Decode for Value {
    fn decode(value: &Value, _: &Path<'_>, _: &mut Errors) -> Option<Self> {
        Some(value.clone())
    }
}

impl Decode for String {
    fn decode(value: &Value, at: &Path<'_>, errors: &mut Errors) -> Option<Self> {
        let text = value.as_str().map(Self::from);
        let hint = if value.is_number() || value.is_boolean() {
            "text (put it in quotes)"
        } else {
            "text"
        };
        text.or_else(|| at.expected(errors, hint, value))
    }
}

impl Decode for bool {
    fn decode(value: &Value, at: &Path<'_>, errors: &mut Errors) -> Option<Self> {
        value.as_bool().or_else(|| at.expected(errors, "true or false", value))
    }
}

impl Decode for f64 {
    fn decode(value: &Value, at: &Path<'_>, errors: &mut Errors) -> Option<Self> {
        value.as_f64().or_else(|| at.expected(errors, "a number", value))
    }
}

impl Decode for u64 {
    /// Envoy hands numbers over as doubles: 15 may arrive as `15.0` or `1.5e1`.
    fn decode(value: &Value, at: &Path<'_>, errors: &mut Errors) -> Option<Self> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let whole = |x: &f64| x.fract() == 0.0 && (0.0..=EXACT).contains(x);
        let read = value.as_u64().or_else(|| value.as_f64().filter(whole).map(|x| x as Self));
        read.or_else(|| at.expected(errors, "a whole number", value))
    }
}

/// Reads the key of an object, or what its absence means.
pub(super) fn field<T: Decode>(
    object: &Map<String, Value>,
    key: &str,
    at: &Path<'_>,
    errors: &mut Errors,
) -> Option<T> {
    match object.get(key) {
        Some(value) => T::decode(value, &at.key(key), errors),
        None => T::absent().or_else(|| at.key(key).fail(errors, "missing, and required")),
    }
}

/// Reports keys that nobody would read; a misspelt gate must not silently be no gate.
pub(super) fn reject_unknown(
    object: &Map<String, Value>,
    known: &[&str],
    at: &Path<'_>,
    errors: &mut Errors,
) {
    for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
        let near = known.iter().map(|k| (distance(key, k), k)).min();
        let hint = match near {
            Some((steps, candidate)) if steps <= 2 => format!("did you mean `{candidate}`?"),
            _ => format!("known keys: {}", known.join(", ")),
        };
        at.key(key).fail::<()>(errors, format!("unknown key; {hint}"));
    }
}

/// Reports every key but `key`.
pub(super) fn only_key(value: &Value, key: &str, at: &Path<'_>, errors: &mut Errors) {
    if let Some(object) = at.object(value, errors) {
        reject_unknown(object, &[key], at, errors);
    }
}

/// Levenshtein distance in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row, vec![i + 1]).into_iter();
        let mut corner = diagonal.next().unwrap_or(i);
        for (above, y) in diagonal.zip(b.bytes()) {
            let left = row.last().copied().unwrap_or(0);
            let best = (corner + usize::from(x != y)).min(above + 1).min(left + 1);
            row.push(best);
            corner = above;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// Strips the `r#` of a raw identifier: the key is `match`, the field `r#match`.
pub(super) const fn key(identifier: &'static str) -> &'static str {
    match identifier.as_bytes() {
        [b'r', b'#', ..] => identifier.split_at(2).1,
        _ => identifier,
    }
}

/// Declares a mapping: the struct, its decoder, its schema. A key may be missing if its field is an
/// `Option`.
macro_rules! shape {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl $crate::config::decode::Decode for $name {
            fn decode(
                value: &serde_json::Value,
                at: &$crate::config::decode::Path<'_>,
                errors: &mut $crate::config::error::Errors,
            ) -> Option<Self> {
                use $crate::config::decode::{field, key, reject_unknown};
                let object = at.object(value, errors)?;
                reject_unknown(object, &[$(key(stringify!($field))),*], at, errors);
                $(let $field = field(object, key(stringify!($field)), at, errors);)*
                Some(Self { $($field: $field?,)* })
            }
        }
    };
}

/// Declares a fixed set of words: the enum, its decoder, its schema.
macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name {
            $($(#[$doc])* #[cfg_attr(feature = "schema", schemars(rename = $word))] $variant,)*
        }

        impl $name {
            /// The word that stands for it in a rollout.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl $crate::config::decode::Decode for $name {
            fn decode(
                value: &serde_json::Value,
                at: &$crate::config::decode::Path<'_>,
                errors: &mut $crate::config::error::Errors,
            ) -> Option<Self> {
                match value.as_str() {
                    $(Some($word) => Some(Self::$variant),)*
                    _ => at.expected(errors, concat!("one of", $(" `", $word, "`",)*), value),
                }
            }
        }
    };
}

pub(super) use {choice, shape};
