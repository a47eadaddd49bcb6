//! How far a long run is: a bar on a terminal, a line now and then elsewhere, and nothing of a short one.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serinus_lab::scenario::judge::Clock;
use serinus_lab::scenario::run::Progress;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How long a run may be silent.
const TERMINAL: Duration = Duration::from_millis(200);
const PIPE: Duration = Duration::from_secs(10);

/// How often the clock is looked at: looking costs more than a simulated event.
const EVERY: u32 = 1024;

const BAR: &str = "{wide_msg} {bar:24} {percent:>3}%";

/// Shows how far a run is.
pub(super) struct ProgressLine<'a> {
    name: &'a str,
    bar: Option<ProgressBar>,
    interval: Duration,
    last: Instant,
    calls: u32,
    quiet: bool,
}

impl<'a> ProgressLine<'a> {
    /// Of the scenario with this name; says nothing where everything is written anyway.
    pub(super) fn new(name: &'a str, quiet: bool) -> Self {
        let interval = if io::stderr().is_terminal() { TERMINAL } else { PIPE };
        Self { name, bar: None, interval, last: Instant::now(), calls: 0, quiet }
    }

    fn show(&mut self, now: Duration, of: Option<Duration>, requests: u64) {
        let line = match of {
            Some(of) => {
                format!("{}: {} of {}, {requests} requests", self.name, Clock(now), Clock(of))
            }
            None => format!("{}: {}, {requests} requests", self.name, Clock(now)),
        };
        if self.interval == PIPE {
            // Whoever reads along may stop reading.
            let _ = writeln!(io::stderr(), "{line}");
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let style =
                ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style)
        });
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        if let Some(of) = of {
            bar.set_length(millis(of));
            bar.set_position(millis(now));
        }
        bar.set_message(line);
    }
}

impl Progress for ProgressLine<'_> {
    fn at(&mut self, now: Duration, of: Option<Duration>, requests: u64) {
        self.calls = self.calls.wrapping_add(1);
        if self.quiet || !self.calls.is_multiple_of(EVERY) || self.last.elapsed() < self.interval {
            return;
        }
        self.last = Instant::now();
        self.show(now, of, requests);
    }
}

impl Drop for ProgressLine<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
