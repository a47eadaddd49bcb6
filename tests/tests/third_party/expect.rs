//! Matchers.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::keys;

/// Whether the values of one name match: text is exact, `null` is absent, a list is all of them.
pub fn ensure_values(what: &str, seen: &[String], expected: &Value) -> Result<()> {
    let fits = match expected {
        Value::Null => seen.is_empty(),
        Value::Array(all) => {
            seen.len() == all.len() && seen.iter().zip(all).all(|(s, e)| *s == keys::text(e))
        }
        Value::Object(_) => match fits_presence(seen, expected) {
            Some(fits) => fits,
            None => seen.len() == 1 && fits_text(&seen[0], expected)?,
        },
        text => seen == [keys::text(text)],
    };
    ensure!(fits, "{what}: expected {expected}, saw {seen:?}");
    Ok(())
}

fn fits_presence(seen: &[String], expected: &Value) -> Option<bool> {
    if expected["absent"] == true {
        return Some(seen.is_empty());
    }
    (expected["present"] == true).then_some(!seen.is_empty())
}

/// Whether a text is there and matches.
pub fn ensure_text(what: &str, seen: &str, expected: &Value) -> Result<()> {
    ensure!(fits_text(seen, expected)?, "{what}: expected {expected}, saw {seen:?}");
    Ok(())
}

/// Whether a text matches.
pub fn fits_text(seen: &str, expected: &Value) -> Result<bool> {
    if !expected.is_object() {
        return Ok(seen == keys::text(expected));
    }
    let matcher = keys::object(expected, &["exact", "contains", "prefix", "suffix"])?;
    Ok(matcher.iter().all(|(kind, value)| {
        let value = keys::text(value);
        match kind.as_str() {
            "contains" => seen.contains(&value),
            "prefix" => seen.starts_with(&value),
            "suffix" => seen.ends_with(&value),
            _ => seen == value,
        }
    }))
}

/// Whether a number is within `is`, `min` and `max`.
pub fn ensure_bounds(what: &str, seen: u64, expected: &Value) -> Result<()> {
    let bound = |key: &str| expected.get(key).and_then(Value::as_u64);
    let fits = bound("is").is_none_or(|n| seen == n)
        && bound("min").is_none_or(|n| seen >= n)
        && bound("max").is_none_or(|n| seen <= n);
    ensure!(fits, "{what}: expected {expected}, saw {seen}");
    Ok(())
}
