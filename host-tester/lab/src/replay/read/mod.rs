//! From a file to entries, one at a time.

mod envoy;
mod har;
mod keys;
mod lines;

use super::entry::Entry;
use lines::Lines;
use serinus_core::diagnostic::Place;
use std::fs::File;
use std::io::{self, BufRead, BufReader};

pub use keys::Headers;

/// A log that is being read.
pub struct Log {
    /// Its name for messages.
    pub name: String,
    kind: Kind,
    number: usize,
    headers: Headers,
}

enum Kind {
    Lines(Lines),
    /// Those that are left, the last first, and how many there were before.
    Har(Vec<Result<Entry, EntryError>>),
}

/// What is wrong with one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryError {
    /// Where.
    pub place: Place,
    /// What.
    pub problem: String,
}

/// Why a file is no log at all.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It should be a HAR file.
    #[error("is not a HAR file: {0}")]
    Har(serde_json::Error),
    /// There is no end to it.
    #[error("is larger than {} MiB: a HAR file is read as a whole; export fewer requests, or none of their bodies", har::MOST >> 20)]
    TooLarge,
}

impl Log {
    /// Opens the file with this number; one whose name ends in `.har` is a HAR file, `-` the standard input.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn open(path: &str, number: usize, headers: &Headers) -> Result<Self, LogError> {
        let (name, reader): (&str, Box<dyn BufRead>) = match path {
            "-" => ("<stdin>", Box::new(io::stdin().lock())),
            path => (path, Box::new(BufReader::new(File::open(path)?))),
        };
        Self::from_reader(name, reader, number, headers)
    }

    /// Reads from anywhere.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn from_reader(
        name: &str,
        reader: Box<dyn BufRead>,
        number: usize,
        headers: &Headers,
    ) -> Result<Self, LogError> {
        let har = name.to_ascii_lowercase().ends_with(".har");
        let kind = match har {
            true => Kind::Har(har::read(reader, number)?),
            false => Kind::Lines(Lines::new(reader)),
        };
        Ok(Self { name: name.to_owned(), kind, number, headers: headers.clone() })
    }

    /// The next entry, or what is wrong with it; `None` at the end.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn entry(&mut self) -> io::Result<Option<Result<Entry, EntryError>>> {
        match &mut self.kind {
            Kind::Har(entries) => Ok(entries.pop()),
            Kind::Lines(lines) => {
                let Some((line, text)) = lines.next()? else { return Ok(None) };
                Ok(Some(envoy::entry(text, self.number, line, &self.headers)))
            }
        }
    }
}

#[cfg(test)]
mod tests;
