//! Of what was logged, what is worth showing: the beginning, the end, and warnings wherever they are.

use crate::report::{LogLevel, LogLine};
use crate::scenario::expectation::Level;
use crate::scenario::observation;
use serinus_core::contract::log;
use serinus_core::record::Record;
use std::collections::VecDeque;

/// Of the first, of the last, and of warnings between, so many each.
const ROOM: usize = 150;

/// Characters of a line; a decision record has about a thousand.
const WIDTH: usize = 4000;

#[derive(Debug, Default)]
pub(super) struct Lines {
    first: Vec<LogLine>,
    grave: Vec<LogLine>,
    last: VecDeque<LogLine>,
    all: u64,
}

impl Lines {
    pub(super) fn push(&mut self, line: &observation::LogLine<'_>) {
        self.all += 1;
        let line = shown(line);
        if self.first.len() < ROOM {
            self.first.push(line);
        } else {
            self.last.push_back(line);
            self.settle();
        }
    }

    /// The oldest of the last goes, unless it is grave and there is room for such.
    fn settle(&mut self) {
        if self.last.len() <= ROOM {
            return;
        }
        let oldest = self.last.pop_front().filter(|line| line.level >= LogLevel::Warn);
        if self.grave.len() < ROOM {
            self.grave.extend(oldest);
        }
    }

    /// The lines in their order, and how many are not among them.
    pub(super) fn report(self) -> (Vec<LogLine>, u64) {
        let lines: Vec<LogLine> =
            self.first.into_iter().chain(self.grave).chain(self.last).collect();
        let omitted = self.all - lines.len() as u64;
        (lines, omitted)
    }
}

fn shown(line: &observation::LogLine<'_>) -> LogLine {
    let level = match line.level {
        Level::Trace => LogLevel::Trace,
        Level::Debug => LogLevel::Debug,
        Level::Info => LogLevel::Info,
        Level::Warn => LogLevel::Warn,
        Level::Error => LogLevel::Error,
        Level::Critical => LogLevel::Critical,
    };
    let at_ms = super::millis(line.at);
    let text = line.text.chars().take(WIDTH).collect();
    LogLine { at_ms, level, source: line.plugin.to_owned(), text }
}

/// The decision that a line is.
pub(super) fn record(text: &str) -> Option<Record> {
    serde_json::from_str(text.strip_prefix(log::DECISION)?).ok()
}
