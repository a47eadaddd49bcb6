//! One line of a log.
//!
//! A decision is a record by itself, or follows [`log::DECISION`] anywhere in the line: Envoy puts its own words
//! before it, `kubectl logs` puts the pod before those, and a log that is JSON (Istio's `--log_as_json`,
//! a container runtime's file) has all of it in one of its strings, with every quote escaped.

use serde_json::Value;
use serinus_core::contract::log;
use serinus_core::record::Record;

/// What a line is.
#[derive(Debug)]
pub enum Line {
    /// A decision.
    Decision(Box<Record>),
    /// It says that it is a decision, and is none.
    Invalid(RecordError),
    /// Anything else.
    Other,
}

/// Why a line that says it is a decision cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    /// The column at which it goes wrong, from 1, in characters.
    pub column: usize,
    /// Why.
    pub problem: String,
}

/// Reads a line.
pub fn read_line(line: &str) -> Line {
    let trimmed = line.trim_start();
    let indent = line.len() - trimmed.len();
    if trimmed.starts_with('{')
        && let Ok(value) = serde_json::from_str::<Value>(trimmed)
    {
        return in_object(&value, line, indent);
    }
    match line.find(log::DECISION) {
        Some(at) => decision(line, at + log::DECISION.len()),
        // Cut off in the middle, most likely: the record of a process that died.
        None if trimmed.starts_with('{') && looks_like_record(trimmed) => decision(line, indent),
        None => Line::Other,
    }
}

/// A whole line of JSON: a record, or a log entry with a decision in one of its strings.
fn in_object(value: &Value, line: &str, indent: usize) -> Line {
    if value.get("verdict").is_some() && value.get("rollout").is_some() {
        return decision(line, indent);
    }
    let strings = value.as_object().into_iter().flat_map(|object| object.values());
    let message = strings.filter_map(Value::as_str).find(|text| text.contains(log::DECISION));
    let Some(at) = message.and_then(|text| text.find(log::DECISION)) else { return Line::Other };
    match decision(message.unwrap_or_default(), at + log::DECISION.len()) {
        // A column within an escaped string helps nobody: the line's own column of the prefix does.
        Line::Invalid(unsound) => {
            let column = line.find(log::DECISION).map_or(1, |at| column(line, at));
            Line::Invalid(RecordError { column, ..unsound })
        }
        read => read,
    }
}

fn looks_like_record(text: &str) -> bool {
    text.contains("\"verdict\"") && text.contains("\"rollout\"")
}

/// The record that begins at byte `start` of a line; what follows it is not ours.
fn decision(line: &str, start: usize) -> Line {
    let text = line.get(start..).unwrap_or_default();
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Record>();
    match values.next() {
        Some(Ok(record)) => Line::Decision(Box::new(record)),
        Some(Err(error)) => {
            let within = error.column().saturating_sub(1).min(text.len());
            let column = column(line, start + within);
            Line::Invalid(RecordError { column, problem: reason(&error) })
        }
        None => Line::Invalid(RecordError {
            column: column(line, start),
            problem: format!("nothing follows `{}`", log::DECISION.trim_end()),
        }),
    }
}

/// The parser's words without its own idea of the place.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(before, _)| before);
    if error.is_eof() { format!("cut off: {text}") } else { text.to_owned() }
}

fn column(line: &str, byte: usize) -> usize {
    line.char_indices().take_while(|(at, _)| *at < byte).count() + 1
}

#[cfg(test)]
mod tests;
