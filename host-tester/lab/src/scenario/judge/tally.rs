//! What is counted for one expectation.

use super::switches::Switches;
use super::words::Clock;
use crate::scenario::bounds::Bounds;
use crate::scenario::expectation::{Check, Expectation, RequestFilter};
use crate::scenario::extension::{CheckTally, Comparison};
use crate::scenario::observation::{Finished, LogLine};
use crate::scenario::read::Wanted;
use std::time::Duration;

/// How many examples of what was seen are kept.
const EXAMPLES: usize = 5;

/// A count, or whatever else one expectation needs to remember.
#[derive(Debug)]
pub(super) struct Tally {
    check: Check,
    /// Up to when it counts.
    until: Duration,
    count: u64,
    /// Some of what was seen, for a message.
    examples: Vec<String>,
    /// What an extension counts.
    extra: Option<Box<dyn CheckTally>>,
    switches: Switches,
}

impl Tally {
    pub(super) fn new(expectation: &Expectation) -> Self {
        let extra = match &expectation.check {
            Check::Extra(extra) => extra.0.tally(),
            _ => None,
        };
        Self {
            check: expectation.check.clone(),
            until: expectation.at.unwrap_or(Duration::MAX),
            count: 0,
            examples: Vec::new(),
            extra,
            switches: Switches::default(),
        }
    }

    pub(super) fn finished(&mut self, finished: &Finished<'_>) {
        if finished.ended > self.until {
            return;
        }
        match &self.check {
            Check::Requests { which, .. } => self.count += u64::from(counts(which, finished)),
            Check::Switches(_) => {
                if let (Some(user), Some(cluster)) = (finished.user, finished.cluster) {
                    self.switches.sent(user, cluster);
                }
            }
            _ => {}
        }
    }

    pub(super) fn logged(&mut self, line: &LogLine<'_>) {
        if line.at > self.until {
            return;
        }
        match &self.check {
            Check::Log { line: wanted, level, plugin, .. } => {
                let level = level.is_none_or(|level| level == line.level);
                let plugin = plugin.as_ref().is_none_or(|plugin| plugin == line.plugin);
                self.count += u64::from(level && plugin && wanted.matches_text(line.text));
            }
            Check::Extra(_) => {
                if let Some(extra) = &mut self.extra {
                    extra.logged(line);
                }
            }
            _ => {}
        }
    }

    pub(super) fn called_out(&mut self, at: Duration, cluster: &str) {
        if let Check::Callouts { which, .. } = &self.check
            && at <= self.until
            && which.cluster.as_ref().is_none_or(|wanted| wanted == cluster)
        {
            self.count += 1;
        }
    }

    pub(super) fn died(&mut self, at: Duration, why: &str) {
        if matches!(self.check, Check::Failures(_)) && at <= self.until {
            self.count += 1;
            self.example(format!("at {}: {why}", Clock(at)));
        }
    }

    fn example(&mut self, example: String) {
        if self.examples.len() < EXAMPLES {
            self.examples.push(example);
        }
    }

    /// Expected, seen, whether it holds, and at what time; `None` for what is not counted.
    pub(super) fn conclude(self, now: Duration) -> Option<(String, String, bool, Duration)> {
        let at = self.until.min(now);
        let (bounds, count, examples) = match &self.check {
            Check::Extra(_) => {
                let (Comparison { expected, seen, passed }, at) = self.extra?.conclude(now);
                return Some((expected, seen, passed, at));
            }
            Check::Requests { bounds, .. }
            | Check::Log { bounds, .. }
            | Check::Callouts { bounds, .. } => (*bounds, self.count, &[][..]),
            Check::Failures(bounds) => (*bounds, self.count, &self.examples[..]),
            Check::Switches(bounds) => {
                let (count, examples) = self.switches.returned();
                (*bounds, count, examples)
            }
            Check::Metric { .. } | Check::User { .. } | Check::SharedData { .. } => {
                return None;
            }
        };
        let (expected, seen, passed) = counted(bounds, count, examples);
        Some((expected, seen, passed, at))
    }
}

fn counted(bounds: Bounds, count: u64, examples: &[String]) -> (String, String, bool) {
    let more =
        if examples.is_empty() { String::new() } else { format!(" ({})", examples.join("; ")) };
    (bounds.to_string(), format!("{count}{more}"), bounds.contains(count))
}

fn counts(which: &RequestFilter, finished: &Finished<'_>) -> bool {
    let is = |wanted: &Wanted<String>, seen: Option<&str>| match wanted {
        Wanted::Anything => true,
        Wanted::Nothing => seen.is_none(),
        Wanted::This(name) => seen == Some(name),
    };
    let status = match &which.status {
        Wanted::Anything => true,
        Wanted::Nothing => finished.status.is_none(),
        Wanted::This(statuses) => finished.status.is_some_and(|status| statuses.contains(status)),
    };
    let flag = |flag: &str| finished.flags.split(',').any(|seen| seen == flag);
    status
        && is(&which.cluster, finished.cluster)
        && is(&which.route, finished.route)
        && which.flag.as_ref().is_none_or(|wanted| flag(&wanted.0))
        && which.user.as_deref().is_none_or(|user| finished.user == Some(user))
        && which.worker.is_none_or(|worker| finished.worker == Some(worker))
        && which.since.is_none_or(|since| finished.began >= since)
}
