//! What it all came to, for a person, and as JSON.

mod lines;

use std::io::{self, Write};

use serde::Serialize;

use crate::acts::Outcome;
use crate::cli::Args;
use crate::show::Facts;
use crate::testbed::{Host, USERS};
use crate::view::{Line, Screen, Span};
use crate::words::Tone;

/// Everything that was measured. This is what `--json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Whether everything held.
    pub held: bool,
    /// What did not.
    pub shortfalls: Vec<String>,
    /// `envoy` or `embedded`.
    pub host: &'static str,
    /// Envoy's version; null on the embedded host.
    pub envoy: Option<String>,
    /// Its worker threads, or worker VMs.
    pub workers: u16,
    /// Requests per second that were asked for.
    pub rate: u32,
    /// Users there are.
    pub users: usize,
    /// The seed.
    pub seed: u64,
    /// From the first request to the last.
    pub seconds: f64,
    /// All requests.
    pub requests: u64,
    /// Requests that no version answered.
    pub unanswered: u64,
    /// What each act came to.
    pub acts: Vec<Outcome>,
}

impl Summary {
    /// Judges the outcomes.
    pub fn new(args: &Args, facts: Facts, acts: Vec<Outcome>) -> Self {
        let mut shortfalls: Vec<String> = acts.iter().flat_map(Outcome::shortfalls).collect();
        if facts.unanswered > 0 {
            shortfalls.push(format!("{} requests were answered by no version", facts.unanswered));
        }
        let (host, envoy) = match facts.host {
            Host::Envoy(version) => ("envoy", Some(version)),
            Host::Embedded => ("embedded", None),
        };
        Self {
            held: shortfalls.is_empty(),
            shortfalls,
            host,
            envoy,
            workers: args.workers,
            rate: args.rate,
            users: USERS,
            seed: args.seed,
            seconds: (facts.duration.as_secs_f64() * 10.0).round() / 10.0,
            requests: facts.requests,
            unanswered: facts.unanswered,
            acts,
        }
    }

    /// Whether everything held.
    pub fn held(&self) -> bool {
        self.held
    }

    /// For the person, and with `--json` for the program.
    pub fn print(&self, screen: &mut Screen, args: &Args) -> io::Result<()> {
        screen.print(&self.lines(screen.width()))?;
        if args.json {
            let json = serde_json::to_string_pretty(self)?;
            writeln!(io::stdout(), "{json}")?;
        }
        Ok(())
    }

    fn lines(&self, width: usize) -> Vec<Line> {
        let mut all = vec![Line::new(), vec![Span::bold("What it came to")]];
        if self.envoy.is_none() {
            all.extend(lines::not_envoy(width));
        }
        all.extend(self.acts.iter().flat_map(lines::act));
        all.extend(lines::whole(self));
        all.extend(self.acts.iter().flat_map(|act| lines::for_scale(act, width)));
        all.push(Line::new());
        all.extend(self.verdict());
        all
    }

    fn verdict(&self) -> Vec<Line> {
        if self.held {
            return vec![vec![Span::toned(Tone::Good, "Everything held.")]];
        }
        let short = |text: &String| vec![Span::toned(Tone::Bad, format!("Fell short: {text}."))];
        self.shortfalls.iter().map(short).collect()
    }
}
