//! How it is told to a person.

use anstyle::{AnsiColor, Style};
use serinus_lab::policy::inspect::Finding;
use std::fmt;

pub(super) const BOLD: Style = Style::new().bold();
const FRAME: Style = AnsiColor::Blue.on_default().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();

/// A finding about a file.
pub(super) struct Rendered<'a> {
    pub(super) file: &'a str,
    pub(super) finding: &'a Finding,
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { code, problem, names, remedy } = self.finding;
        let file = self.file;
        writeln!(
            f,
            "{BOLD}{file}: {BOLD:#}{ERROR}error{ERROR:#}{BOLD}: {problem}{BOLD:#} [{code}]"
        )?;
        for name in names {
            writeln!(f, "  {FRAME}|{FRAME:#} {name}")?;
        }
        writeln!(f, "  {FRAME}={FRAME:#} help: {remedy}")
    }
}

/// `1,234,567`.
pub(super) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!([7, 1_000, 1_234_567].map(thousands), ["7", "1,000", "1,234,567"]);
    }
}
