//! How many runs are over, and how long the rest will take.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serinus_lab::story::{count, lasted};
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often a line is written where there is no terminal.
const PIPE: Duration = Duration::from_secs(10);

const BAR: &str = "{msg} {wide_bar} {percent:>3}%";

/// A bar on a terminal, a line now and then elsewhere, and nothing of a short calibration.
pub(super) struct ProgressLine {
    name: String,
    bar: Option<ProgressBar>,
    began: Instant,
    last: Instant,
}

impl ProgressLine {
    /// Of the rollout with this name.
    pub(super) fn new(name: &str, seed: u64) -> Self {
        let style = ProgressStyle::with_template(BAR);
        let bar = io::stderr().is_terminal().then(|| {
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style)
        });
        let now = Instant::now();
        Self { name: format!("{name}, seed {seed}"), bar, began: now, last: now }
    }

    /// So many of so many are over.
    pub(super) fn at(&mut self, done: usize, all: usize) {
        let line = || {
            format!(
                "{}: {} of {} rollouts{}",
                self.name,
                count(done as u64),
                count(all as u64),
                self.left(done, all)
            )
        };
        if let Some(bar) = &self.bar {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
            bar.set_message(line());
        } else if self.last.elapsed() >= PIPE {
            // Whoever reads along may stop reading.
            let _ = writeln!(io::stderr(), "{}", line());
            self.last = Instant::now();
        }
    }

    fn left(&self, done: usize, all: usize) -> String {
        let so_far = self.began.elapsed().as_secs_f64();
        if done == 0 || so_far < 1.0 {
            return String::new();
        }
        let left = so_far * (all.saturating_sub(done)) as f64 / done as f64;
        format!(", {} left", lasted(left.ceil() as u64 * 1000))
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
