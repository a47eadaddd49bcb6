//! The last things that happened, for whoever wants to know why.

use crate::scenario::judge::Clock;
use serinus_host::http::Flags;
use serinus_host::process::LogLine;
use serinus_host::proxy::Exchange;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

/// How many are remembered.
const ROOM: usize = 4096;

/// Something that happened. Put into words only when it is asked for: of most, nobody asks.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) at: Duration,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Logged(LogLine),
    Over {
        stream: u64,
        worker: u32,
        began: Duration,
        cluster: Option<Rc<str>>,
        status: Option<u16>,
        flags: Flags,
        attempts: u32,
    },
    Did(String),
}

impl What {
    pub(super) fn over(exchange: &Exchange, began: Duration) -> Self {
        Self::Over {
            stream: exchange.id,
            worker: exchange.worker,
            began,
            cluster: exchange.cluster.clone(),
            status: exchange.status(),
            flags: exchange.flags,
            attempts: exchange.attempts,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", Clock(self.at))?;
        match &self.what {
            What::Did(what) => f.write_str(what),
            What::Logged(line) => {
                write!(f, "{} ", Thread(line.worker))?;
                if let Some(stream) = line.stream {
                    write!(f, "stream {stream} ")?;
                }
                let plugin = if line.plugin.is_empty() { "host" } else { &line.plugin };
                write!(f, "{plugin} [{}] {}", line.level.as_str(), line.text)
            }
            What::Over { stream, worker, began, cluster, status, flags, attempts } => {
                write!(f, "{} stream {stream} is over after ", Thread(*worker))?;
                write!(f, "{}: ", Clock(self.at.saturating_sub(*began)))?;
                match status {
                    Some(status) => write!(f, "{status}")?,
                    None => f.write_str("no answer")?,
                }
                if let Some(cluster) = cluster {
                    write!(f, ", {attempts} x {cluster}")?;
                }
                flags.names().try_for_each(|flag| write!(f, " {flag}"))
            }
        }
    }
}

/// A thread by the host's number, as scenarios count: workers from 0.
struct Thread(u32);

impl fmt::Display for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.checked_sub(1) {
            Some(worker) => write!(f, "worker {worker}"),
            None => f.write_str("main thread"),
        }
    }
}

/// The last lines.
#[derive(Debug, Default)]
pub(super) struct Trace(VecDeque<Line>);

impl Trace {
    pub(super) fn push(&mut self, line: Line) {
        if self.0.len() == ROOM {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }

    /// Those between two times, in order.
    pub(super) fn between(&self, from: Duration, to: Duration) -> Vec<String> {
        let mut lines: Vec<&Line> =
            self.0.iter().filter(|line| (from..=to).contains(&line.at)).collect();
        lines.sort_by_key(|line| line.at);
        lines.into_iter().map(ToString::to_string).collect()
    }
}
