//! From a JSON tree to typed shapes, collecting every error.
//!
//! Serde's derive stops at the first mistake, and an operator who fixes one error per config push
//! is badly served. Here a mistake is noted and reading goes on.

pub(crate) mod declare;
pub(crate) mod error;
pub(crate) mod value;

use crate::diagnostic::{shown, suggestion::suggestion};
use error::Errors;
use serde_json::{Map, Value};

/// Where in the document we are; text only when an error needs it.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
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
    pub(crate) fn root() -> Self {
        Self { parent: None, step: Step::Root }
    }

    pub(crate) fn key(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Key(key) }
    }

    pub(crate) fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }

    /// Reports a problem here.
    #[inline(never)]
    pub(crate) fn report(&self, errors: &mut Errors, problem: impl Into<String>) {
        errors.push(self.text(), problem.into(), None);
    }

    /// Reports a problem here, with what would be right.
    #[inline(never)]
    pub(crate) fn report_with(&self, errors: &mut Errors, problem: &str, help: String) {
        errors.push(self.text(), problem.to_owned(), Some(help));
    }

    /// Reports a problem here, in place of a value.
    pub(crate) fn fail<T>(&self, errors: &mut Errors, problem: impl Into<String>) -> Option<T> {
        self.report(errors, problem);
        None
    }

    /// Reports a problem with a key here, in place of a value.
    #[inline(never)]
    pub(crate) fn refuse(&self, key: &str, errors: &mut Errors, problem: &str) {
        self.key(key).report(errors, problem);
    }

    /// Reports "expected X, found Y" here.
    pub(crate) fn expected<T>(&self, errors: &mut Errors, what: &str, found: &Value) -> Option<T> {
        self.fail(errors, format!("expected {what}, found {}", shown(found)))
    }

    pub(crate) fn list<'v>(&self, value: &'v Value, errors: &mut Errors) -> Option<&'v Vec<Value>> {
        value.as_array().or_else(|| self.expected(errors, "a list", value))
    }

    /// Visits the elements of a list.
    pub(crate) fn each(
        &self,
        value: &Value,
        errors: &mut Errors,
        visit: &mut dyn FnMut(&Value, &Path<'_>, &mut Errors),
    ) {
        for (i, item) in self.list(value, errors).into_iter().flatten().enumerate() {
            visit(item, &self.index(i), errors);
        }
    }

    pub(crate) fn object<'v>(
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

/// Something that can be read from a JSON tree, into a value that is there already.
///
/// In place and driven by tables of fields, because a decoder that moves each field through an
/// `Option` costs four times the bytes in the filter.
pub(crate) trait Decode: Default {
    /// Whether a key of this type may be missing.
    const OPTIONAL: bool = false;

    /// Reads it; on failure at least one error has been reported, and the value is of no use.
    fn decode(&mut self, value: &Value, at: &Path<'_>, errors: &mut Errors);
}

/// Takes what was read, if it was.
fn set<T>(slot: &mut T, read: Option<T>) {
    if let Some(read) = read {
        *slot = read;
    }
}

impl<T: Decode> Decode for Option<T> {
    const OPTIONAL: bool = true;

    #[inline(never)]
    fn decode(&mut self, value: &Value, at: &Path<'_>, errors: &mut Errors) {
        if !value.is_null() {
            self.insert(T::default()).decode(value, at, errors);
        }
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(&mut self, value: &Value, at: &Path<'_>, errors: &mut Errors) {
        T::decode(self, value, at, errors);
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(&mut self, value: &Value, at: &Path<'_>, errors: &mut Errors) {
        at.each(value, errors, &mut |item, at, errors| {
            let mut element = T::default();
            element.decode(item, at, errors);
            self.push(element);
        });
    }
}

/// A mapping whose keys are names.
#[derive(Clone, Debug, Default)]
pub struct Named<T>(pub Vec<(String, T)>);

impl<T: Decode> Decode for Named<T> {
    fn decode(&mut self, value: &Value, at: &Path<'_>, errors: &mut Errors) {
        for (key, item) in at.object(value, errors).into_iter().flatten() {
            let mut element = T::default();
            element.decode(item, &at.key(key), errors);
            self.0.push((key.clone(), element));
        }
    }
}

impl Decode for String {
    fn decode(&mut self, value: &Value, at: &Path<'_>, errors: &mut Errors) {
        let bare = value.is_number() || value.is_boolean();
        let what = if bare { "text (put it in quotes)" } else { "text" };
        set(self, value.as_str().map(Self::from).or_else(|| at.expected(errors, what, value)));
    }
}

impl Decode for bool {
    fn decode(&mut self, value: &Value, at: &Path<'_>, errors: &mut Errors) {
        set(self, value.as_bool().or_else(|| at.expected(errors, "true or false", value)));
    }
}

impl Decode for f64 {
    fn decode(&mut self, value: &Value, at: &Path<'_>, errors: &mut Errors) {
        set(self, value.as_f64().or_else(|| at.expected(errors, "a number", value)));
    }
}

impl Decode for u64 {
    fn decode(&mut self, value: &Value, at: &Path<'_>, errors: &mut Errors) {
        set(self, whole(value).or_else(|| at.expected(errors, "a whole number", value)));
    }
}

/// A whole number. Envoy hands numbers over as doubles: 15 may arrive as `15.0` or `1.5e1`.
pub(crate) fn whole(value: &Value) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let whole = |x: &f64| libm::trunc(*x) == *x && (0.0..=EXACT).contains(x);
    value.as_u64().or_else(|| value.as_f64().filter(whole).map(|x| x as u64))
}

/// A key of a mapping.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) optional: bool,
}

/// Reads a mapping; `read` takes the value of the key with the given number.
pub(crate) fn mapping(
    keys: &[Key],
    value: &Value,
    at: &Path<'_>,
    errors: &mut Errors,
    read: &mut dyn FnMut(usize, &Value, &Path<'_>, &mut Errors),
) {
    let Some(object) = at.object(value, errors) else { return };
    let known: Vec<&str> = keys.iter().map(|key| key.name).collect();
    reject_unknown(object, &known, at, errors);
    for (number, key) in keys.iter().enumerate() {
        let at = at.key(key.name);
        match object.get(key.name) {
            Some(value) => read(number, value, &at, errors),
            None if key.optional => {}
            None => at.report(errors, "missing, and required"),
        }
    }
}

/// Reports keys that nobody would read; a misspelt gate must not silently be no gate.
fn reject_unknown(object: &Map<String, Value>, known: &[&str], at: &Path<'_>, errors: &mut Errors) {
    for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
        at.key(key).report_with(errors, "unknown key", suggestion(key, known, "known keys"));
    }
}

/// Reports every key but `key`.
pub(crate) fn only_key(value: &Value, key: &str, at: &Path<'_>, errors: &mut Errors) {
    if let Some(object) = at.object(value, errors) {
        reject_unknown(object, &[key], at, errors);
    }
}

/// Strips the `r#` of a raw identifier: the key is `match`, the field `r#match`.
pub(crate) const fn key(identifier: &'static str) -> &'static str {
    match identifier.as_bytes() {
        [b'r', b'#', ..] => identifier.split_at(2).1,
        _ => identifier,
    }
}
