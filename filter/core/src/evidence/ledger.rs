//! The shared books, and what one worker adds to them.

use super::{Arms, Edges, Ended, Histogram, Layout, Outcomes, Tally, Windows};
use crate::arm::Arm;
use crate::arm::PerArm;
use crate::codec::{Reader, Stored, Writer};

/// What one worker has seen since it last merged.
#[derive(Clone, Debug)]
pub struct Delta {
    /// The stage entry that it belongs to; see [`Ledger::entry`].
    pub entry: u64,
    /// When the stage's warm-up is over, unix milliseconds.
    judged_from_ms: u64,
    seen: Arms,
    /// What a rule sent to the canary.
    forced: Tally,
}

impl Delta {
    /// Nothing yet, for the stage entry `entry`, which is judged from `judged_from_ms` on.
    pub fn new(entry: u64, judged_from_ms: u64, layout: &Layout) -> Self {
        let (seen, forced) = (Arms::empty(layout), Tally::new(layout));
        Self { entry, judged_from_ms, seen, forced }
    }

    /// Nothing again, for the same stage entry.
    pub fn clear(&mut self, layout: &Layout) {
        *self = Self::new(self.entry, self.judged_from_ms, layout);
    }

    /// Takes in one request that ended.
    pub fn record(&mut self, arm: Arm, ended: &Ended, layout: &Layout) {
        self.seen.get_mut(arm).record(ended, layout);
    }

    /// Takes in one request that a rule sent to the canary, and that ended.
    pub fn record_forced(&mut self, ended: &Ended, layout: &Layout) {
        self.forced.record(ended, layout);
    }

    /// What was seen of an arm, to add to.
    pub fn arm(&mut self, arm: Arm) -> &mut Tally {
        self.seen.get_mut(arm)
    }

    /// Whether there is nothing to merge.
    pub fn is_empty(&self) -> bool {
        let tallies = [&self.seen.baseline, &self.seen.canary, &self.forced];
        tallies.iter().all(|tally| tally.outcomes == Outcomes::default())
    }
}

/// All workers' evidence on one rollout: totals of the stage, and sliding windows.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger {
    /// Which entry into a stage the totals belong to: the state's revision at that moment, so a
    /// stage that is entered twice does not mix.
    pub entry: u64,
    /// Since the stage's warm-up was over.
    pub stage: Arms,
    /// The same of the requests that a rule sent to the canary. They are another population than either
    /// arm, and compared with none.
    pub forced: Tally,
    /// The last minutes to days, whatever the stage, warm-up included.
    pub windows: Windows,
}

impl Ledger {
    /// Empty books for the stage entry `entry`.
    pub fn new(entry: u64, layout: &Layout) -> Self {
        let (stage, forced) = (Arms::empty(layout), Tally::new(layout));
        Self { entry, stage, forced, windows: Windows::default() }
    }

    /// Starts the stage totals anew when the stage has been entered since; never goes back.
    pub fn enter(&mut self, entry: u64, layout: &Layout) {
        if entry > self.entry {
            self.entry = entry;
            self.stage = Arms::empty(layout);
            self.forced = Tally::new(layout);
        }
    }

    /// Adds a worker's delta at `now` (unix milliseconds). What was collected before the present
    /// stage, or in its warm-up, counts for the windows only.
    pub fn merge(&mut self, delta: &Delta, now: u64, layout: &Layout) {
        self.enter(delta.entry, layout);
        if delta.entry == self.entry && now >= delta.judged_from_ms {
            self.stage.merge(&delta.seen);
            self.forced.merge(&delta.forced);
        }
        self.windows.add(now, &delta.seen.map(|tally| tally.outcomes));
    }
}

impl Stored for Ledger {
    const FORMAT: u8 = 3;
    type Context = Layout;

    fn encode(&self, layout: &Layout) -> Vec<u8> {
        let mut w = Writer::new(Self::FORMAT);
        w.list(layout.edges.upper());
        w.number(u64::from(layout.events));
        w.number(self.entry);
        for tally in [&self.stage.baseline, &self.stage.canary, &self.forced] {
            tally.outcomes.encode(&mut w);
            w.number(tally.repeats);
            w.list(tally.latency.counts());
            w.list(&tally.events);
        }
        self.windows.encode(&mut w);
        w.finish()
    }

    fn decode(bytes: &[u8], layout: &Layout) -> Option<Self> {
        let mut r = Reader::new(bytes, Self::FORMAT)?;
        let edges = Edges::from_sorted(r.list()?)?;
        let stored = Layout { edges, events: u32::try_from(r.number()?).ok()? };
        let entry = r.number()?;
        let baseline = read_tally(&mut r, &stored, layout)?;
        let canary = read_tally(&mut r, &stored, layout)?;
        let forced = read_tally(&mut r, &stored, layout)?;
        let (stage, windows) = (PerArm { baseline, canary }, Windows::decode(&mut r)?);
        r.is_at_end().then_some(Self { entry, stage, forced, windows })
    }
}

fn read_tally(r: &mut Reader<'_>, stored: &Layout, layout: &Layout) -> Option<Tally> {
    let (outcomes, repeats) = (Outcomes::decode(r)?, r.number()?);
    let (latency, events) = (Histogram::from_counts(r.list()?), r.list()?);
    let fits = latency.counts().len() == stored.edges.upper().len() + 1;
    // What was measured cannot say on which side of other thresholds it was.
    let latency =
        if stored.edges == layout.edges { latency } else { Histogram::new(&layout.edges) };
    let events = if stored.events == layout.events { events } else { Vec::new() };
    fits.then_some(Tally { outcomes, latency, repeats, events })
}
