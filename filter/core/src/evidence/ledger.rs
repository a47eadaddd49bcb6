//! The shared books, and what one worker adds to them.

use super::{Arms, Edges, Histogram, Outcomes, PerArm, SLICES, Tally, Window};
use crate::codec::{Reader, Writer};
use crate::cohort::decide::Cohort;
use crate::outcome::Outcome;

/// What one worker has seen since it last merged.
#[derive(Clone, Debug)]
pub struct Delta {
    /// The stage entry that it belongs to; see [`Ledger::entry`].
    pub entry: u64,
    seen: Arms,
}

impl Delta {
    /// Nothing yet, for the stage entry `entry`.
    pub fn new(entry: u64, edges: &Edges) -> Self {
        Self { entry, seen: Arms::empty(edges) }
    }

    /// Takes in one request that ended after `micros`.
    pub fn record(&mut self, arm: Cohort, outcome: Outcome, micros: u64, edges: &Edges) {
        self.seen.get_mut(arm).record(outcome, micros, edges);
    }

    /// Whether there is nothing to merge.
    pub fn is_empty(&self) -> bool {
        let nothing = |tally: &Tally| tally.outcomes == Outcomes::default();
        nothing(&self.seen.baseline) && nothing(&self.seen.canary)
    }
}

/// All workers' evidence on one rollout: totals of the stage, and a sliding window.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger {
    /// Which entry into a stage the totals belong to: the state's revision at that moment, so a
    /// stage that is entered twice does not mix.
    pub entry: u64,
    /// Since the stage began.
    pub stage: Arms,
    /// The last five minutes, whatever the stage.
    pub window: Window,
}

impl Ledger {
    /// Empty books for the stage entry `entry`.
    pub fn new(entry: u64, edges: &Edges) -> Self {
        Self { entry, stage: Arms::empty(edges), window: Window::default() }
    }

    /// Starts the stage totals anew when the stage has been entered since; never goes back.
    pub fn enter(&mut self, entry: u64, edges: &Edges) {
        if entry > self.entry {
            self.entry = entry;
            self.stage = Arms::empty(edges);
        }
    }

    /// Adds a worker's delta at `now` (unix milliseconds). What was collected before the present
    /// stage counts for the window only.
    pub fn merge(&mut self, delta: &Delta, now: u64, edges: &Edges) {
        self.enter(delta.entry, edges);
        if delta.entry == self.entry {
            self.stage.merge(&delta.seen);
        }
        self.window.add(now, &delta.seen.map(|tally| tally.outcomes));
    }

    /// As bytes, for shared data.
    pub fn encode(&self, edges: &Edges) -> Vec<u8> {
        let mut w = Writer::new(FORMAT);
        w.list(edges.upper());
        w.number(self.entry);
        write_arms(&mut w, &self.stage);
        w.number(self.window.head);
        for slice in self.window.slices.iter().take(SLICES) {
            write_outcomes(&mut w, &slice.baseline);
            write_outcomes(&mut w, &slice.canary);
        }
        w.finish()
    }

    /// From bytes. Latencies that were measured under other `edges` are left out. `None` for anything that this version did
    /// not write: another plugin may share the namespace.
    pub fn decode(bytes: &[u8], edges: &Edges) -> Option<Self> {
        let mut r = Reader::new(bytes, FORMAT)?;
        let stored = Edges::from_sorted(r.list()?)?;
        let entry = r.number()?;
        let stage = read_arms(&mut r, &stored, edges)?;
        let head = r.number()?;
        let mut slices = Vec::with_capacity(SLICES);
        while !r.is_at_end() && slices.len() < SLICES {
            slices
                .push(PerArm { baseline: read_outcomes(&mut r)?, canary: read_outcomes(&mut r)? });
        }
        r.is_at_end().then_some(Self { entry, stage, window: Window { head, slices } })
    }
}

const FORMAT: u8 = 1;

fn write_outcomes(w: &mut Writer, outcomes: &Outcomes) {
    outcomes.0.iter().for_each(|n| w.number(*n));
}

fn read_outcomes(r: &mut Reader<'_>) -> Option<Outcomes> {
    Some(Outcomes([r.number()?, r.number()?, r.number()?]))
}

fn write_arms(w: &mut Writer, arms: &Arms) {
    for tally in [&arms.baseline, &arms.canary] {
        write_outcomes(w, &tally.outcomes);
        w.list(tally.latency.counts());
    }
}

fn read_arms(r: &mut Reader<'_>, stored: &Edges, edges: &Edges) -> Option<Arms> {
    let mut tally = || {
        let outcomes = read_outcomes(r)?;
        let latency = Histogram::from_counts(r.list()?);
        let fits = latency.counts().len() == stored.upper().len() + 1;
        // What was measured cannot say on which side of other thresholds it was.
        let latency = if stored == edges { latency } else { Histogram::new(edges) };
        fits.then_some(Tally { outcomes, latency })
    };
    Some(Arms { baseline: tally()?, canary: tally()? })
}
