//! Configuration errors: all of them, each with its place.

use std::fmt;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Where: `stages[1].weight`; empty for the whole document.
    pub path: String,
    /// What is wrong, and what would be right.
    pub problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.problem),
            path => write!(f, "{path}: {}", self.problem),
        }
    }
}

/// All mistakes of one configuration, in the order of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors(Vec<ConfigError>);

impl Errors {
    /// One mistake alone.
    pub fn single(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self(vec![ConfigError { path: path.into(), problem: problem.into() }])
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The mistakes.
    pub fn iter(&self) -> std::slice::Iter<'_, ConfigError> {
        self.0.iter()
    }

    pub(super) fn push(&mut self, path: String, problem: String) {
        self.0.push(ConfigError { path, problem });
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            let separator = if i > 0 { "; " } else { "" };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}
