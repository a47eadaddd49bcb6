//! Reading a scenario: every key is either used or an error.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value};

/// The entries of an object, all of which are among `known`.
pub fn object<'a>(value: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>> {
    let object = value.as_object().with_context(|| format!("{value} is no mapping"))?;
    let unknown: Vec<_> = object.keys().filter(|key| !known.contains(&key.as_str())).collect();
    ensure!(unknown.is_empty(), "not understood here: {unknown:?} in {value}");
    Ok(object)
}

/// The items of a list that may be absent.
pub fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// The pairs of a mapping from names to one text or several.
pub fn pairs(value: Option<&Value>) -> Vec<(String, String)> {
    let entries = value.and_then(Value::as_object).into_iter().flatten();
    let each = |(name, value): (&String, &Value)| {
        let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        values.into_iter().map(|value| (name.clone(), text(&value))).collect::<Vec<_>>()
    };
    entries.flat_map(each).collect()
}

/// A scalar as it is written.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), Into::into)
}

/// `500ms` or `10s`.
pub fn duration(value: &Value) -> Result<Duration> {
    let text = text(value);
    if let Some(millis) = text.strip_suffix("ms") {
        return Ok(Duration::from_millis(millis.parse()?));
    }
    match text.strip_suffix('s') {
        Some(seconds) => Ok(Duration::from_secs_f64(seconds.parse()?)),
        None => bail!("{text} is no duration"),
    }
}
