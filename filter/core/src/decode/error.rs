//! Configuration errors: all of them, each with its place.

use crate::diagnostic::Diagnostic;
use std::fmt;

/// The code of what is wrong with a rollout.
const CODE: &str = "config";

/// All mistakes of one configuration, in the order of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors {
    list: Vec<Diagnostic>,
    /// How many of them are about form; see [`Errors::form_is_read`].
    form: usize,
}

impl Errors {
    /// One mistake alone.
    pub fn single(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { list: vec![Diagnostic::error(CODE, path, message)], form: 0 }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The mistakes.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// From here on, errors are about sense, and kept only where the form was right: of a weight
    /// that could not be read there is nothing more to say.
    pub(crate) fn form_is_read(&mut self) {
        self.form = self.list.len();
    }

    pub(crate) fn push(&mut self, path: String, message: String, help: Option<String>) {
        let mut of_form = self.list.iter().take(self.form);
        if !of_form.any(|e| is_within(&e.path, &path) || is_within(&path, &e.path)) {
            self.list.push(Diagnostic { help, ..Diagnostic::error(CODE, path, message) });
        }
    }
}

/// Whether `inner` is `outer` or a part of it: `stages[1].weight` of `stages[1]`, not of `stage`.
fn is_within(inner: &str, outer: &str) -> bool {
    let rest = inner.strip_prefix(outer);
    rest.is_some_and(|rest| outer.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']))
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.list.iter().enumerate() {
            let separator = if i > 0 { "; " } else { "" };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}
