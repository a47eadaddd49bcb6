//! Something to be said about a module.

use crate::abi::envoy::Versions;
use serde::Serialize;

/// How many names one finding holds. A module may have a million of them, and nobody reads more.
const NAMES: usize = 12;
/// How much of a name is kept, in characters.
const NAME: usize = 80;

/// How bad it is. The order is the order of the report.
///
/// ```
/// use serinus_host::lint::Severity;
///
/// assert!(Severity::Error < Severity::Warning && Severity::Warning < Severity::Note);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Envoy refuses the module, or it takes Envoy down.
    Error,
    /// Envoy loads it, and it does not do what its author may want.
    Warning,
    /// Nothing is wrong, and it is worth knowing.
    Note,
}

/// One thing that was found.
///
/// ```
/// use serinus_host::lint::{Finding, Severity, Versions, lint};
///
/// let report = lint(&wat::parse_str("(module)")?, Versions::KNOWN);
/// let errors: Vec<&Finding> =
///     report.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
/// assert!(errors.iter().any(|finding| finding.code == "no-abi-version"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// How bad the finding is.
    pub severity: Severity,
    /// The finding's kind: a word that never changes.
    pub code: &'static str,
    /// What is wrong, as the end of a sentence that begins with the module.
    pub problem: String,
    /// What it is wrong with, such as `env.abort`; the first of them, shortened, without control characters.
    pub names: Vec<String>,
    /// The number of names, of which `names` may show only the first.
    pub count: usize,
    /// What Envoy does with such a module.
    pub why: String,
    /// What would be right, where that is known.
    pub remedy: Option<String>,
    /// The versions of those asked for that it holds for.
    pub envoy: Versions,
}

impl Finding {
    pub(super) fn new(
        severity: Severity,
        code: &'static str,
        envoy: Versions,
        problem: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            code,
            problem: problem.into(),
            names: Vec::new(),
            count: 0,
            why: String::new(),
            remedy: None,
            envoy,
        }
    }

    pub(super) fn error(code: &'static str, envoy: Versions, problem: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, envoy, problem)
    }

    pub(super) fn warning(code: &'static str, envoy: Versions, problem: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, envoy, problem)
    }

    pub(super) fn note(code: &'static str, envoy: Versions, problem: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, envoy, problem)
    }

    pub(super) fn why(self, why: impl Into<String>) -> Self {
        Self { why: why.into(), ..self }
    }

    pub(super) fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    pub(super) fn named(self, name: impl AsRef<str>) -> Self {
        self.all([name])
    }

    pub(super) fn all(mut self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        for name in names {
            self.count += 1;
            if self.names.len() < NAMES {
                self.names.push(shown(name.as_ref()));
            }
        }
        self
    }
}

/// A name from a module, fit to be printed: short, and without what a terminal would obey.
pub(super) fn shown(name: &str) -> String {
    let mut shown: String =
        name.chars().take(NAME).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if name.chars().nth(NAME).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_few_short_and_harmless() {
        let finding =
            Finding::note("x", Versions::KNOWN, "y").all((0..1000).map(|n| format!("{n}")));
        assert_eq!((finding.names.len(), finding.count), (NAMES, 1000));
        assert_eq!(shown("a\u{1b}[31m"), "a\u{fffd}[31m");
        assert_eq!(shown(&"x".repeat(80)), "x".repeat(80));
        assert_eq!(shown(&"x".repeat(81)), format!("{}…", "x".repeat(80)));
    }
}
