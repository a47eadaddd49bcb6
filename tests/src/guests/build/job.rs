//! A command of a build: what it says goes into a file, and whoever waits is told that it still runs.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{Error, Result, Source};
use crate::guests::cache;

const POLL: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(10);
/// How many lines of a failed build are shown.
const SHOWN: usize = 30;

pub(super) struct Job<'a> {
    source: &'a Source,
    command: Command,
}

impl<'a> Job<'a> {
    pub(super) fn new(source: &'a Source, command: Command) -> Self {
        Self { source, command }
    }

    /// Runs it; the error is what it said at the end, or that it does not exist.
    pub(super) fn run(mut self) -> Result<Result<(), String>> {
        let path = self.log();
        let log = File::create(&path).map_err(Error::file(&path))?;
        let both = log.try_clone().map_err(Error::file(&path))?;
        self.command.stdin(Stdio::null()).stdout(log).stderr(both);
        let program = self.command.get_program().to_string_lossy().into_owned();
        let status = match self.command.spawn() {
            Ok(child) => self.wait(child).map_err(Error::file(&path))?,
            Err(error) => return Ok(Err(format!("{program}: {error}"))),
        };
        Ok(if status.success() { Ok(()) } else { Err(self.log_end()) })
    }

    fn wait(&self, mut child: Child) -> std::io::Result<ExitStatus> {
        let began = Instant::now();
        let mut said = began;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if said.elapsed() > PATIENCE {
                said = Instant::now();
                eprintln!(
                    "building the guest {}: {} s",
                    self.source.name,
                    began.elapsed().as_secs()
                );
            }
            thread::sleep(POLL);
        }
    }

    fn log(&self) -> PathBuf {
        cache::folder().join(format!("{}.log", self.source.name))
    }

    fn log_end(&self) -> String {
        let text = fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(SHOWN)..].join("\n")
    }
}
