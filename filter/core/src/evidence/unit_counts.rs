//! Who was served: distinct units per arm in the present stage, over all workers.
//!
//! A worker notes each unit with one comparison and one push; everything else waits for the tick. It
//! keeps a copy of the shared census, so that users who are known already cost nothing more than
//! that, and shared data is written only when somebody is new.

use crate::arm::PerArm;
use crate::codec::{Reader, Stored, Writer};
use crate::stats::units::{CAPACITY, Mark, Units};

/// All workers' distinct units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitCounts {
    /// The stage entry that they belong to; see [`Ledger::entry`](super::Ledger::entry).
    pub entry: u64,
    /// The units.
    pub units: Units,
}

impl UnitCounts {
    /// Nobody yet, in the stage entry `entry`.
    pub fn new(entry: u64) -> Self {
        Self { entry, units: Units::default() }
    }
}

impl Stored for UnitCounts {
    const FORMAT: u8 = 1;
    type Context = ();

    fn encode(&self, (): &()) -> Vec<u8> {
        let (halvings, counted, marks) = self.units.to_parts();
        let mut w = Writer::new(Self::FORMAT);
        w.list(&[self.entry, u64::from(halvings), counted.baseline, counted.canary]);
        let mut last = 0;
        for mark in marks {
            w.number(u64::from(mark - last));
            last = *mark;
        }
        w.finish()
    }

    fn decode(bytes: &[u8], (): &()) -> Option<Self> {
        let mut r = Reader::new(bytes, Self::FORMAT)?;
        let [entry, halvings, baseline, canary] = r.list()?.try_into().ok()?;
        let (mut marks, mut last) = (Vec::new(), 0_u32);
        while !r.is_at_end() && marks.len() < CAPACITY {
            last = last.checked_add(u32::try_from(r.number()?).ok()?)?;
            marks.push(last);
        }
        let counted = PerArm { baseline, canary };
        let units = Units::from_parts(u32::try_from(halvings).ok()?, counted, marks)?;
        r.is_at_end().then_some(Self { entry, units })
    }
}

/// A worker's copy of the census, and whom it has served since.
#[derive(Clone, Debug, Default)]
pub struct NewUnits {
    known: UnitCounts,
    /// When the stage's warm-up is over, unix milliseconds.
    judged_from_ms: u64,
    fresh: Vec<Mark>,
}

impl NewUnits {
    /// More than this and they are sorted and thinned at once: a bound for a worker whose tick is late.
    const MOST: usize = 1 << 14;

    /// None yet, in the stage entry `entry`, which is judged from `judged_from_ms` on.
    pub fn new(entry: u64, judged_from_ms: u64) -> Self {
        Self { known: UnitCounts::new(entry), judged_from_ms, fresh: Vec::new() }
    }

    /// Notes a unit that was served.
    pub fn see(&mut self, mark: Mark) {
        if self.known.units.samples(mark) {
            self.fresh.push(mark);
            if self.fresh.len() >= Self::MOST {
                self.thin();
            }
        }
    }

    /// Whether somebody is new at `now` (unix milliseconds). Whoever comes in the warm-up is not.
    pub fn has_news(&mut self, now: u64) -> bool {
        if now < self.judged_from_ms {
            self.fresh.clear();
        }
        self.thin();
        !self.fresh.is_empty()
    }

    fn thin(&mut self) {
        let Self { known, fresh, .. } = self;
        fresh.sort_unstable();
        fresh.dedup();
        fresh.retain(|mark| !known.units.knows(*mark));
        // More distinct units than the census remembers: those beyond its threshold-to-be would be
        // forgotten by it as well.
        if fresh.len() >= Self::MOST / 2 {
            fresh.truncate(CAPACITY);
        }
    }

    /// What the census becomes with these, given the one that is stored.
    pub fn merged(&self, stored: Option<UnitCounts>) -> UnitCounts {
        let stored = stored.filter(|stored| stored.entry >= self.known.entry);
        let mut census = stored.unwrap_or_else(|| UnitCounts::new(self.known.entry));
        if census.entry == self.known.entry {
            self.fresh.iter().for_each(|mark| census.units.mark(*mark));
        }
        census
    }

    /// Takes over what was stored; nobody is fresh any more.
    pub fn learn(&mut self, census: UnitCounts) {
        self.fresh.clear();
        if census.entry == self.known.entry {
            self.known = census;
        }
    }
}
