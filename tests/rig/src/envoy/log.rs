//! Envoy's own log.

use std::path::PathBuf;

use super::Envoy;
use super::files::Files;
use crate::{Result, eventually};

const END: usize = 20;

impl Envoy {
    /// Its log so far.
    pub fn log_lines(&self) -> Vec<String> {
        Files::read(self.files.log()).lines().map(Into::into).collect()
    }

    /// The first line that contains this, as soon as there is one.
    ///
    /// # Errors
    /// [`Error::GaveUp`](crate::Error::GaveUp).
    pub async fn wait_for_log(&self, part: &str) -> Result<String> {
        let find = || async { self.log_lines().into_iter().find(|line| line.contains(part)) };
        eventually(format!("`{part}` in Envoy's log"), find).await
    }

    /// Follows the log from its beginning.
    pub fn log_tail(&self) -> LogTail {
        LogTail { path: self.files.log(), read: 0 }
    }

    pub(super) fn log_end(&self) -> String {
        let lines = self.log_lines();
        lines[lines.len().saturating_sub(END)..].join("\n")
    }
}

/// A reader that is given each line of the log once.
pub struct LogTail {
    path: PathBuf,
    read: usize,
}

impl LogTail {
    /// The lines written since the last call.
    pub fn new_lines(&mut self) -> Vec<String> {
        let text = Files::read(self.path.clone());
        let fresh = text.get(self.read..).unwrap_or_default();
        let whole = fresh.rfind('\n').map_or(0, |end| end + 1);
        self.read += whole;
        fresh[..whole].lines().map(Into::into).collect()
    }
}
