//! A problem as a person reads it: place, path, what is wrong, and the line it stands on.
//!
//! ```text
//! rollout.yaml:12:7: error: stages[1].wieght: unknown key
//!    |
//! 12 |   - { wieght: 10% }
//!    |       ^^^^^^^^^^^
//!    = help: did you mean `weight`?
//! ```
//!
//! The first line has the form that compilers use, so that editors and terminals make a link of it.
//! A renderer such as miette would add a dozen crates for these four lines.

use anstyle::{AnsiColor, Style};
use serinus_core::diagnostic::{Diagnostic, Place, Severity};
use std::fmt;

/// How much of a long line is shown, in characters: a JSON file may be one line of 100 KB.
const WIDTH: usize = 100;

const BOLD: Style = Style::new().bold();
const FRAME: Style = AnsiColor::Blue.on_default().bold();

/// A problem in the text of its file.
pub struct Snippet<'a> {
    /// What to say.
    pub diagnostic: &'a Diagnostic,
    /// The file's name.
    pub file: &'a str,
    /// The file's text.
    pub text: &'a str,
}

impl fmt::Display for Snippet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, colour) = match self.diagnostic.severity {
            Severity::Error => ("error", AnsiColor::Red.on_default().bold()),
            Severity::Warning => ("warning", AnsiColor::Yellow.on_default().bold()),
        };
        write!(f, "{BOLD}{}", plain(self.file))?;
        if let Some(place) = self.diagnostic.place {
            write!(f, ":{}:{}", place.line, place.column)?;
        }
        write!(f, ": {BOLD:#}{colour}{word}{colour:#}{BOLD}: ")?;
        if !self.diagnostic.path.is_empty() {
            write!(f, "{}: ", plain(&self.diagnostic.path))?;
        }
        writeln!(f, "{}{BOLD:#}", plain(&self.diagnostic.message))?;
        let margin = self.diagnostic.place.map_or(1, |place| place.line.to_string().len());
        if let Some(place) = self.diagnostic.place {
            self.line(f, place, margin, colour)?;
        }
        if let Some(help) = &self.diagnostic.help {
            writeln!(f, "{:margin$} {FRAME}={FRAME:#} help: {}", "", plain(help))?;
        }
        Ok(())
    }
}

impl Snippet<'_> {
    /// The source line with the place underlined.
    fn line(
        &self,
        f: &mut fmt::Formatter<'_>,
        place: Place,
        margin: usize,
        colour: Style,
    ) -> fmt::Result {
        let Some(line) = self.text.lines().nth(place.line - 1).filter(|line| !line.is_empty())
        else {
            return Ok(());
        };
        let (shown, before) = window(line, place.column - 1);
        let room = shown.chars().count().saturating_sub(before).max(1);
        let carets = "^".repeat(place.width.clamp(1, room));
        writeln!(f, "{:margin$} {FRAME}|{FRAME:#}", "")?;
        writeln!(f, "{FRAME}{} |{FRAME:#} {shown}", place.line)?;
        writeln!(f, "{:margin$} {FRAME}|{FRAME:#} {:before$}{colour}{carets}{colour:#}", "", "")
    }
}

/// The part of a line around the character at `column`, and how many characters stand before it there.
fn window(line: &str, column: usize) -> (String, usize) {
    let chars: Vec<char> = plain(line).trim_end().chars().collect();
    let start = if chars.len() <= WIDTH { 0 } else { column.saturating_sub(WIDTH / 2) };
    let end = chars.len().min(start + WIDTH);
    let part = chars.get(start..end).unwrap_or_default().iter().collect();
    (part, column.saturating_sub(start))
}

/// Text from a file without what a terminal would obey. A tab becomes one space, as wide as its column.
fn plain(text: &str) -> String {
    let visible = |c: char| match c {
        '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, place: Place, remedy: Option<&str>) -> String {
        let mut problem = Diagnostic::error("config", "stages[0]", "is wrong").at(Some(place));
        problem.help = remedy.map(Into::into);
        let snippet = Snippet { diagnostic: &problem, file: "a.yaml", text };
        anstream::adapter::strip_str(&snippet.to_string()).to_string()
    }

    #[test]
    fn the_place_is_underlined_and_the_remedy_follows() {
        let place = Place { line: 10, column: 3, width: 4 };
        let text = "\n".repeat(9) + "  abcd: 5  # why";
        assert_eq!(
            shown(&text, place, Some("do better")),
            "a.yaml:10:3: error: stages[0]: is wrong\n   |\n10 |   abcd: 5  # why\n   |   ^^^^\n   = help: do better\n"
        );
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = "x".repeat(500) + "HERE" + &"y".repeat(500);
        let shown = shown(&text, Place { line: 1, column: 501, width: 4 }, None);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[2].len(), "1 | ".len() + WIDTH);
        assert_eq!(lines[2].find("HERE"), lines[3].find("^^^^"));
    }

    #[test]
    fn what_a_terminal_would_obey_is_not_passed_on() {
        let place = Place { line: 1, column: 2, width: 900 };
        let shown = shown("\tred: \u{1b}[31m\u{7}", place, None);
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{7}') && !shown.contains('\t'));
        assert!(shown.ends_with("|  ^^^^^^^^^^^\n"), "{shown}");
    }

    #[test]
    fn a_place_beyond_the_text_is_only_named() {
        let place = Place { line: 7, column: 9, width: 1 };
        assert_eq!(shown("a", place, None), "a.yaml:7:9: error: stages[0]: is wrong\n");
    }
}
