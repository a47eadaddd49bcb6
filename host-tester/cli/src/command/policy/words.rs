//! How it is told to a person.

use anstyle::{AnsiColor, Style};
use serinus_core::policy::Decision;
use serinus_lab::policy::inspect::Finding;
use std::fmt;

const BOLD: Style = Style::new().bold();
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

/// A decision with its evidence.
pub(super) struct Decided<'a>(pub(super) &'a Decision);

impl fmt::Display for Decided<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Decision { verdict, reason, evidence, memory } = self.0;
        writeln!(f, "{BOLD}{}{BOLD:#}: {}", verdict.as_str(), plain(reason))?;
        let width = evidence.iter().map(|e| e.name.chars().count()).max().unwrap_or(0).min(48);
        for e in evidence {
            write!(f, "  {:width$}  {}", plain(&e.name), Number(e.value))?;
            match e.threshold {
                Some(threshold) => writeln!(f, "  (threshold {})", Number(threshold))?,
                None => writeln!(f)?,
            }
        }
        if !memory.is_empty() {
            writeln!(f, "  remembers {} bytes", memory.len())?;
        }
        Ok(())
    }
}

/// A number with six significant digits.
struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.abs().log10().floor();
        let decimals = if magnitude.is_finite() { (5.0 - magnitude).clamp(0.0, 12.0) } else { 0.0 };
        let text = format!("{:.*}", decimals as usize, self.0);
        let short = if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.')
        } else {
            &text
        };
        f.write_str(short)
    }
}

/// A policy's text without what a terminal would obey.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
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
    fn numbers_are_short_and_exact_enough() {
        let shown =
            [0.0, 1.0, -0.25, 1.0 / 3.0, 14.4, 123_456_789.0, 1e-9].map(|n| Number(n).to_string());
        assert_eq!(shown, ["0", "1", "-0.25", "0.333333", "14.4", "123456789", "0.000000001"]);
        assert_eq!([7, 1_000, 1_234_567].map(thousands), ["7", "1,000", "1,234,567"]);
    }

    #[test]
    fn what_a_terminal_would_obey_is_not_passed_on() {
        let decision = Decision::hold("\u{1b}[31m").noting("\u{7}", 1.0);
        assert_eq!(
            anstream::adapter::strip_str(&Decided(&decision).to_string()).to_string(),
            "hold: \u{fffd}[31m\n  \u{fffd}  1\n"
        );
    }
}
