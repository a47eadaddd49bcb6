//! Lines of styled text.

use crossterm::style::{Attribute, Color, ContentStyle};

use crate::words::Tone;

/// A piece of a line in one style.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    text: String,
    style: ContentStyle,
}

/// A line.
pub type Line = Vec<Span>;

/// What the terminal can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalStyle {
    /// Colours and other styles.
    pub colours: bool,
    /// More than ASCII.
    pub unicode: bool,
}

impl Span {
    /// Without a style.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), style: ContentStyle::new() }
    }

    /// For what matters most.
    pub fn bold(text: impl Into<String>) -> Self {
        let mut span = Self::plain(text);
        span.style.attributes.set(Attribute::Bold);
        span
    }

    /// For what matters least.
    pub fn dim(text: impl Into<String>) -> Self {
        let mut span = Self::plain(text);
        span.style.attributes.set(Attribute::Dim);
        span
    }

    /// In the colour of its tone.
    pub fn toned(tone: Tone, text: impl Into<String>) -> Self {
        let mut span = Self::plain(text);
        span.style.foreground_color = match tone {
            Tone::Plain => None,
            Tone::Ours => Some(Color::DarkCyan),
            Tone::Good => Some(Color::DarkGreen),
            Tone::Bad => Some(Color::DarkRed),
            Tone::Waiting => Some(Color::DarkYellow),
        };
        span
    }

    /// How many columns it takes; every character of ours takes one.
    pub fn width(&self) -> usize {
        self.text.chars().count()
    }
}

impl TerminalStyle {
    /// The line as it is written, cut to `width` columns.
    pub fn render(self, line: &Line, width: usize) -> String {
        let mut room = width;
        let mut text = String::new();
        for span in line {
            let part: String = span.text.chars().take(room).collect();
            room -= part.chars().count();
            if self.colours && span.style != ContentStyle::new() {
                text.push_str(&span.style.apply(part).to_string());
            } else {
                text.push_str(&part);
            }
        }
        if self.colours { text } else { text.trim_end().to_owned() }
    }
}

/// Breaks a sentence between words.
pub fn wrap(sentence: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in sentence.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: TerminalStyle = TerminalStyle { colours: false, unicode: false };

    #[test]
    fn without_colours_there_is_no_escape_code() {
        let line = vec![Span::bold("Act 1  "), Span::toned(Tone::Bad, "stopped")];
        assert_eq!(BARE.render(&line, 80), "Act 1  stopped");
        assert!(
            TerminalStyle { colours: true, unicode: true }.render(&line, 80).contains("\u{1b}[")
        );
    }

    #[test]
    fn a_line_is_cut_to_the_width_and_styles_do_not_count() {
        let line = vec![Span::bold("abc"), Span::plain("def")];
        assert_eq!(BARE.render(&line, 4), "abcd");
        let coloured = TerminalStyle { colours: true, unicode: true }.render(&line, 4);
        assert!(coloured.contains("abc") && coloured.ends_with('d'), "{coloured:?}");
    }

    #[test]
    fn a_sentence_breaks_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("incomprehensibilities no", 5), ["incomprehensibilities", "no"]);
        assert!(wrap("", 5).is_empty());
    }
}
