//! A file's text, or why there is none.

use serinus_core::diagnostic::{Diagnostic, Place};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// No rollout is larger. It keeps `serinus check /dev/zero` from filling the memory.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// A file that was read.
///
/// ```
/// use serinus_lab::scenario::Source;
///
/// let source = Source::new("mine.yaml", "scenario: x\r\n");
/// assert_eq!(source.text, "scenario: x\n");
/// assert!(!source.is_json() && Source::new("mine.json", "{}").is_json());
/// assert!(Source::read("/no/such/file").is_err());
/// ```
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name for messages.
    pub name: String,
    /// Its text, without a byte order mark, its lines ended by `\n`.
    pub text: String,
}

/// Why no document could be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No bytes.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// More than 4 MiB.
    #[error("is larger than 4 MiB, which no rollout is")]
    TooLarge,
    /// Not text.
    #[error("is not UTF-8 text, from byte {0} on")]
    NotUtf8(usize),
    /// Text, and not what it should be.
    #[error("{problem}")]
    Syntax {
        /// Where.
        place: Option<Place>,
        /// What is wrong.
        problem: String,
    },
    /// Nothing in it.
    #[error("is empty; a rollout needs at least `rollout` and `unit`")]
    Empty,
    /// More than one document.
    #[error("has a second document; several rollouts are a list: `rollouts: [{{...}}, {{...}}]`")]
    Several(Place),
}

impl ReadError {
    /// What is told of it.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("unreadable", "", self.to_string()).at(self.place())
    }

    /// Where in the file it shows.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Syntax { place, .. } => *place,
            Self::Several(place) => Some(*place),
            _ => None,
        }
    }
}

impl Source {
    /// Reads a file; `-` is the standard input.
    ///
    /// # Errors
    /// If it cannot be read, is larger than 4 MiB, or not UTF-8.
    pub fn read(path: &str) -> Result<Self, ReadError> {
        if path == "-" {
            return Self::from_reader("<stdin>", io::stdin().lock());
        }
        Self::from_reader(path, File::open(path)?)
    }

    fn from_reader(name: &str, reader: impl Read) -> Result<Self, ReadError> {
        let mut bytes = Vec::new();
        reader.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(ReadError::TooLarge);
        }
        let text = String::from_utf8(bytes)
            .map_err(|error| ReadError::NotUtf8(error.utf8_error().valid_up_to()))?;
        Ok(Self::new(name, text.strip_prefix('\u{feff}').unwrap_or(&text)))
    }

    /// Text that is at hand. Every kind of line break becomes `\n`: YAML counts them all as lines, Rust does not.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let mut text = text.into();
        if text.contains('\r') {
            text = text.replace("\r\n", "\n").replace('\r', "\n");
        }
        Self { name: name.into(), text }
    }

    /// Whether it is to be read as JSON. YAML may begin with `{` too, and most JSON is YAML, but JSON's
    /// escapes and tabs are not: so what begins so is YAML only if its name says that.
    pub fn is_json(&self) -> bool {
        let ends = |end: &str| self.name.to_ascii_lowercase().ends_with(end);
        ends(".json")
            || (self.text.trim_start().starts_with('{') && !ends(".yaml") && !ends(".yml"))
    }
}

/// The folder that names of files in a file are relative to.
pub fn folder(file: &str) -> PathBuf {
    Path::new(file).parent().map(Path::to_owned).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Source, ReadError> {
        Source::from_reader("x", bytes)
    }

    #[test]
    fn bytes_become_text_or_say_why_not() {
        assert_eq!(read(b"\xef\xbb\xbfa: 1\r\nb: 2\r").unwrap().text, "a: 1\nb: 2\n");
        assert!(matches!(read(b"ab\xff"), Err(ReadError::NotUtf8(2))));
        assert!(matches!(Source::from_reader("x", io::repeat(0)), Err(ReadError::TooLarge)));
        assert!(matches!(Source::read("/no/such/file"), Err(ReadError::Io(_))));
    }

    #[test]
    fn the_name_decides_and_then_the_first_character() {
        let json = |name, text: &str| Source::new(name, text).is_json();
        assert!(json("a.json", "rollout: x") && json("<stdin>", " \n{"));
        assert!(!json("a.yaml", "{ rollout: x }") && !json("<stdin>", "rollout: x"));
    }
}
