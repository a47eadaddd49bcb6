//! One file, line by line: logs are large, and decisions in them few.

use super::{Line, read_line};
use serinus_core::diagnostic::{Diagnostic, Place};
use serinus_core::record::Record;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

/// No decision is longer; what a line has beyond is not kept.
const MAX_LINE: u64 = 1024 * 1024;
/// A rollout comes to a dozen decisions. So many of them are something else.
const MAX_DECISIONS: usize = 100_000;
/// Nobody reads more.
const MAX_PROBLEMS: usize = 100;

/// A decision, and on which line it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The line, from 1.
    pub line: usize,
    /// The decision.
    pub record: Record,
}

/// What is in a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// Its name for messages.
    pub name: String,
    /// How many lines it has.
    pub lines: usize,
    /// How many of them have nothing to do with decisions.
    pub others: usize,
    /// Its decisions, in its order.
    pub found: Vec<Found>,
    /// Lines that say they are a decision, and are none.
    pub problems: Vec<Diagnostic>,
}

impl Log {
    /// Reads a file; `-` is the standard input.
    ///
    /// # Errors
    /// If it cannot be read. Bytes that are not UTF-8 are no reason: only decisions need to be text.
    pub fn read(path: &str) -> io::Result<Self> {
        if path == "-" {
            return Self::from_reader("<stdin>", io::stdin().lock());
        }
        Self::from_reader(path, BufReader::new(File::open(path)?))
    }

    /// Reads from anywhere.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn from_reader(name: &str, mut reader: impl BufRead) -> io::Result<Self> {
        let mut log = Self { name: name.to_owned(), ..Self::default() };
        let mut line = Vec::new();
        while next_line(&mut reader, &mut line)? {
            log.lines += 1;
            log.take(&String::from_utf8_lossy(&line));
        }
        Ok(log)
    }

    fn take(&mut self, line: &str) {
        // Some editors put a byte order mark before the first.
        match read_line(line.trim_start_matches('\u{feff}')) {
            Line::Other => self.others += 1,
            Line::Decision(_) if self.found.len() >= MAX_DECISIONS => self.problem(
                1,
                format!("more than {MAX_DECISIONS} decisions in one file: this one is left out"),
            ),
            Line::Decision(record) => self.found.push(Found { line: self.lines, record: *record }),
            Line::Invalid(unsound) => self.problem(unsound.column, unsound.problem),
        }
    }

    fn problem(&mut self, column: usize, problem: String) {
        let place = Place { line: self.lines, column, width: 1 };
        match self.problems.len() {
            0..MAX_PROBLEMS => {
                let problem = format!("not a decision record: {problem}");
                self.problems.push(Diagnostic::error("record", "", problem).at(Some(place)));
            }
            MAX_PROBLEMS => {
                let problem = "more lines like these follow, and are not listed";
                self.problems.push(Diagnostic::error("record", "", problem).at(Some(place)));
            }
            _ => {}
        }
    }
}

/// The next line without its end, up to [`MAX_LINE`]; the rest of a longer one is skipped. Whether there was one.
fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let read = reader.by_ref().take(MAX_LINE).read_until(b'\n', line)?;
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if read as u64 == MAX_LINE {
        skip_line(reader)?;
    }
    Ok(read > 0)
}

fn skip_line(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let step = end.map_or(buffer.len(), |at| at + 1);
        reader.consume(step);
        if end.is_some() || step == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
