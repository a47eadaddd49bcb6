//! Exact counts of distinct units per arm, in bounded memory.
//!
//! A sampled set of hashes (adaptive sampling: Wegman 1984; Flajolet, Computing 1990): a unit is
//! looked at only if its hash is below a threshold, and whenever the set is full the threshold
//! halves and the hashes above it are forgotten. Every unit below the threshold that was ever seen is
//! in the set, so a unit that is not in it is new for certain, and is counted once, for its arm, at
//! first sight. What was counted stays counted when its hash is forgotten.
//!
//! **Why not HyperLogLog.** It is smaller and it estimates. The test for a sample-ratio mismatch
//! ([`srm`](super::srm)) needs counts that are exact, of units chosen without regard to their arm; an
//! estimate with a standard error of 1 % drowns chance from ten thousand units of an arm on. Nor
//! the k smallest hashes with counts taken from the set itself: they go down as well as up, and a
//! test that is valid at every look needs a sequence that only grows.
//!
//! After `N` distinct units, about `4096 + 2048 log2(N/4096)` have been counted (20,000 of a million);
//! fewer than 4096 are all counted. The number of distinct units is estimated with a standard error of
//! 1.6 to 2.2 %. Two units with one 31-bit hash count as one, whichever their arms.
//!
//! Assumption: the hash says nothing about the arm. It has a seed of its own, so it is not the hash
//! by which units are assigned.

use crate::arm::Arm;
use crate::arm::PerArm;
use crate::hash::murmur3::Murmur3;

/// Fewer hashes than this are kept, of 4 bytes each: 16 KiB in memory and in storage.
pub const CAPACITY: usize = 4096;

const SEED: u32 = 0x5e71_0005;

/// What is kept of a unit: its hash, with the arm that served it in the lowest bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u32);

impl Mark {
    /// The mark of a unit that was served by `arm`.
    pub fn new(unit: &[u8], arm: Arm) -> Self {
        let hash = Murmur3::new(SEED).update(unit).finish();
        Self(hash & !1 | u32::from(arm == Arm::Canary))
    }

    /// The unit's hash, whatever its arm: 31 bits.
    pub fn hash(self) -> u32 {
        self.0 >> 1
    }
}

/// Distinct units, sampled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Units {
    /// How often the threshold has been halved.
    halvings: u32,
    counted: PerArm<u64>,
    /// Ascending; the lowest bit is the arm, the others are the hash.
    marks: Vec<u32>,
}

impl Units {
    /// Takes in a unit that was served by `arm`; nothing new if it was seen before, in either arm.
    pub fn see(&mut self, unit: &[u8], arm: Arm) {
        self.mark(Mark::new(unit, arm));
    }

    /// Adds the units that `other` remembers. In any order the test stays valid and no unit is counted
    /// twice; what `other` counted and has forgotten is not added, so merge before it is
    /// [sampled](Self::is_sampled).
    pub fn merge(&mut self, other: &Self) {
        self.halvings = self.halvings.max(other.halvings);
        self.forget();
        other.marks.iter().for_each(|mark| self.mark(Mark(*mark)));
    }

    /// Units that were counted, per arm: the counts for [`srm::ln_e`](super::srm::ln_e).
    pub fn counted(&self) -> PerArm<u64> {
        self.counted
    }

    /// How many distinct units there were; exact before the first halving.
    pub fn estimate(&self) -> u64 {
        (self.marks.len() as u64).checked_shl(self.halvings).unwrap_or(u64::MAX)
    }

    /// How many distinct units there were, per arm.
    pub fn estimates(&self) -> PerArm<u64> {
        let canary = self.marks.iter().filter(|mark| *mark & 1 == 1).count() as u64;
        let seen = PerArm { baseline: self.marks.len() as u64 - canary, canary };
        seen.map(|units| units.checked_shl(self.halvings).unwrap_or(u64::MAX))
    }

    /// Whether hashes have been forgotten, so that not every unit is counted any more.
    pub fn is_sampled(&self) -> bool {
        self.halvings > 0
    }

    /// Halvings, counts and marks, for storage.
    pub fn to_parts(&self) -> (u32, PerArm<u64>, &[u32]) {
        (self.halvings, self.counted, &self.marks)
    }

    /// Back from storage; `None` for what [`to_parts`](Self::to_parts) cannot have given.
    pub fn from_parts(halvings: u32, counted: PerArm<u64>, marks: Vec<u32>) -> Option<Self> {
        let units = Self { halvings, counted, marks };
        let ascending = units.marks.is_sorted_by(|a, b| a >> 1 < b >> 1);
        let below = units.marks.last().is_none_or(|mark| units.samples(Mark(*mark)));
        let sound = halvings < u32::BITS && units.marks.len() < CAPACITY && ascending && below;
        sound.then_some(units)
    }

    /// Whether a unit of this mark is looked at. A comparison: the many that are not cost no more.
    pub fn samples(&self, mark: Mark) -> bool {
        mark.0.checked_shr(u32::BITS - self.halvings.min(u32::BITS)).unwrap_or(0) == 0
    }

    /// Whether a unit of this mark is remembered, from either arm.
    pub fn knows(&self, mark: Mark) -> bool {
        self.place(mark).is_ok()
    }

    fn place(&self, mark: Mark) -> Result<usize, usize> {
        self.marks.binary_search_by_key(&(mark.0 >> 1), |seen| seen >> 1)
    }

    /// As [`see`](Self::see), for a unit that was marked before.
    pub fn mark(&mut self, mark: Mark) {
        if !self.samples(mark) {
            return;
        }
        if let Err(place) = self.place(mark) {
            let Mark(mark) = mark;
            self.marks.insert(place, mark);
            let arm = if mark & 1 == 1 { Arm::Canary } else { Arm::Baseline };
            let count = self.counted.get_mut(arm);
            *count = count.saturating_add(1);
            self.make_room();
        }
    }

    fn make_room(&mut self) {
        while self.marks.len() >= CAPACITY {
            self.halvings += 1;
            self.forget();
        }
    }

    /// Drops what is not sampled any more.
    fn forget(&mut self) {
        let kept = self.marks.partition_point(|mark| self.samples(Mark(*mark)));
        self.marks.truncate(kept);
    }
}

#[cfg(test)]
mod tests;
