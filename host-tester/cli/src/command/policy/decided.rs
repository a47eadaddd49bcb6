//! How a decision is told to a person.

use super::words::BOLD;
use serinus_core::policy::Decision;
use std::fmt;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_exact_enough() {
        let shown =
            [0.0, 1.0, -0.25, 1.0 / 3.0, 14.4, 123_456_789.0, 1e-9].map(|n| Number(n).to_string());
        assert_eq!(shown, ["0", "1", "-0.25", "0.333333", "14.4", "123456789", "0.000000001"]);
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
