//! Entries of several files in the order of time.
//!
//! Envoy writes a line when a request is over, so lines stand in the order in which requests ended. A buffer puts them
//! back into the order in which they began. It is bounded: what still comes too late is sent at once, and counted.

use super::entry::Entry;
use super::read::{EntryError, Log};
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::io;

/// So many entries wait, over all files; at a thousand requests a second that is a minute.
const ROOM: usize = 65_536;

/// A log may have so many files; each that is open costs a share of the buffer.
const LEAST: usize = 256;

/// So many problems are kept; more are only counted.
const MOST_PROBLEMS: usize = 20;

/// Entries in the order of time.
pub struct Merged {
    files: Vec<Waiting>,
    room: usize,
    last: u64,
    /// What is known by now.
    pub summary: LogSummary,
}

/// What was found beside entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSummary {
    /// Entries that could be read.
    pub entries: u64,
    /// Lines that are none.
    pub wrong: u64,
    /// Entries that came so late that they could not be put into their place.
    pub late: u64,
    /// Some of the lines that are none: the file's number, and what is wrong.
    pub problems: Vec<(usize, EntryError)>,
}

struct Waiting {
    log: Log,
    entries: BinaryHeap<Earliest>,
    over: bool,
}

/// Why there are no more entries.
#[derive(Debug, thiserror::Error)]
#[error("{file} cannot be read: {error}")]
pub struct MergeError {
    /// The file.
    pub file: String,
    /// Why.
    pub error: io::Error,
}

impl Merged {
    /// Of these.
    pub fn new(logs: Vec<Log>) -> Self {
        let room = (ROOM / logs.len().max(1)).max(LEAST);
        let files = logs.into_iter();
        let files =
            files.map(|log| Waiting { log, entries: BinaryHeap::new(), over: false }).collect();
        Self { files, room, last: 0, summary: LogSummary::default() }
    }

    /// The names of the files.
    pub fn names(&self) -> Vec<String> {
        self.files.iter().map(|file| file.log.name.clone()).collect()
    }

    /// The earliest entry that is left.
    ///
    /// # Errors
    /// If a file cannot be read to its end.
    pub fn earliest(&mut self) -> Result<Option<Entry>, MergeError> {
        for (number, file) in self.files.iter_mut().enumerate() {
            file.fill(number, self.room, &mut self.summary)?;
        }
        let heads = self.files.iter_mut().filter(|file| !file.entries.is_empty());
        let first = heads.max_by(|a, b| a.entries.peek().cmp(&b.entries.peek()));
        let Some(Earliest(mut entry)) = first.and_then(|file| file.entries.pop()) else {
            return Ok(None);
        };
        if entry.at < self.last {
            self.summary.late += 1;
            entry.at = self.last;
        }
        self.last = entry.at;
        Ok(Some(entry))
    }
}

impl Waiting {
    fn fill(
        &mut self,
        number: usize,
        room: usize,
        summary: &mut LogSummary,
    ) -> Result<(), MergeError> {
        while !self.over && self.entries.len() < room {
            let next = self.log.entry();
            match next.map_err(|error| MergeError { file: self.log.name.clone(), error })? {
                Some(Ok(entry)) => {
                    summary.entries += 1;
                    self.entries.push(Earliest(entry));
                }
                Some(Err(wrong)) => {
                    summary.wrong += 1;
                    if summary.problems.len() < MOST_PROBLEMS {
                        summary.problems.push((number, wrong));
                    }
                }
                None => self.over = true,
            }
        }
        Ok(())
    }
}

/// An entry that is the greater the earlier it is; of one moment, in the order of the files.
struct Earliest(Entry);

impl Ord for Earliest {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.0.at, other.0.origin).cmp(&(self.0.at, self.0.origin))
    }
}

impl PartialOrd for Earliest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Earliest {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Earliest {}

#[cfg(test)]
mod tests;
