//! Something that is wrong with a document, or that may surprise its author: what every reader says, in one shape.
//!
//! The filter writes diagnostics to Envoy's log; `serinus` shows them with their place in the file, and as JSON.

pub mod suggestion;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The document is refused.
    Error,
    /// The document is taken, and does something that its author may not want.
    Warning,
}

/// A stretch of one line of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// How many characters of it are meant, at least 1.
    pub width: usize,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Its kind, a stable word.
    pub code: &'static str,
    /// The path in the document, such as `stages[1].weight`; empty for the whole of it.
    pub path: String,
    /// Where it stands, if the reader knows the text.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What would be right, where that is known.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(code: &'static str, path: impl Into<String>, message: impl Into<String>) -> Self {
        let (path, message) = (path.into(), message.into());
        Self { severity: Severity::Error, code, path, place: None, message, help: None }
    }

    /// A warning without a place.
    pub fn warning(
        code: &'static str,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, path, message) }
    }

    /// The same, with what would be right.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same, where it stands.
    #[must_use]
    pub fn at(self, place: Option<Place>) -> Self {
        Self { place, ..self }
    }

    /// The same, within a document that has this one at `around`.
    #[must_use]
    pub fn within(self, around: &str) -> Self {
        let dot = match self.path.as_str() {
            _ if around.is_empty() => "",
            "" => "",
            path if path.starts_with('[') => "",
            _ => ".",
        };
        Self { path: [around, dot, &self.path].concat(), ..self }
    }
}

impl fmt::Display for Diagnostic {
    /// One line, as the log shows it: `stages[1].wieght: unknown key; did you mean `weight`?`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl Serialize for Diagnostic {
    /// The documented form: the place is flattened, and no key is ever left out.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Diagnostic", 7)?;
        object.serialize_field("severity", &self.severity)?;
        object.serialize_field("code", self.code)?;
        object.serialize_field("path", &self.path)?;
        object.serialize_field("line", &self.place.map(|place| place.line))?;
        object.serialize_field("column", &self.place.map(|place| place.column))?;
        object.serialize_field("problem", &self.message)?;
        object.serialize_field("remedy", &self.help)?;
        object.end()
    }
}

/// A value as an error message shows it, cut short: a key must not end up in a log whole.
pub fn shown(value: &Value) -> String {
    let text = match value {
        Value::Array(_) => return "a list".to_owned(),
        Value::Object(_) => return "a mapping".to_owned(),
        Value::Null => return "nothing".to_owned(),
        // Not `to_string`, which would be a second serializer in the filter.
        other => serde_json::to_string(other).unwrap_or_default(),
    };
    match text.floor_char_boundary(40) {
        end if end < text.len() => format!("{}...", text.get(..end).unwrap_or_default()),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_path_the_message_and_the_help() {
        let whole = Diagnostic::error("config", "", "not a mapping");
        assert_eq!(whole.to_string(), "not a mapping");
        let key =
            Diagnostic::error("config", "stages[1].x", "unknown key").help("did you mean `y`?");
        assert_eq!(key.to_string(), "stages[1].x: unknown key; did you mean `y`?");
    }

    #[test]
    fn a_path_within_another_document_is_joined_as_paths_are() {
        let within = |path: &str, around| Diagnostic::error("config", path, "").within(around).path;
        assert_eq!(within("unit", "rollout"), "rollout.unit");
        assert_eq!(within("[0]", "rollouts"), "rollouts[0]");
        assert_eq!(within("", "rollout"), "rollout");
        assert_eq!(within("unit", ""), "unit");
    }
}
