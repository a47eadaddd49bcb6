//! What filters and the host have said.

use crate::abi::LogLevel;
use std::collections::VecDeque;
use std::rc::Rc;

/// One line.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// use serinus_host::process::LogLevel;
///
/// let mut proxy = example::builder()?.start()?;
/// let exchange = proxy.send(Request::get("/")).unwrap();
/// let lines = proxy.take_logs();
/// assert_eq!((&*lines[0].plugin, lines[0].text.as_str()), ("mine", "hello"));
/// assert_eq!((lines[0].level, lines[0].worker), (LogLevel::Info, exchange.worker));
/// assert_eq!(lines[0].stream, Some(exchange.id));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogLine {
    /// When the line was logged, nanoseconds since 1970.
    pub at: u64,
    /// The worker that logged it; 0 is the main thread.
    pub worker: u32,
    /// The plugin that logged it; empty for a line of the host's own.
    pub plugin: Rc<str>,
    /// The stream during which it was logged, if during one.
    pub stream: Option<u64>,
    /// The line's level.
    pub level: LogLevel,
    /// The line's text. Bytes that are no UTF-8 are replaced.
    pub text: String,
}

/// The last lines.
#[derive(Debug)]
pub(crate) struct Log {
    lines: VecDeque<LogLine>,
    room: usize,
}

impl Log {
    /// An empty one with room for so many lines.
    pub(crate) fn new(room: usize) -> Self {
        Self { lines: VecDeque::new(), room: room.max(1) }
    }

    /// Adds a line, and drops the oldest if there is no room.
    pub(crate) fn push(&mut self, line: LogLine) {
        if self.lines.len() == self.room {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// The lines that are kept.
    pub(crate) fn lines(&self) -> impl DoubleEndedIterator<Item = &LogLine> {
        self.lines.iter()
    }

    /// Takes the lines that are kept.
    pub(crate) fn drain(&mut self) -> Vec<LogLine> {
        self.lines.drain(..).collect()
    }
}
