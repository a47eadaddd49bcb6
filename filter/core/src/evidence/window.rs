//! Sliding windows of five lengths, each a ring of thirty slices.
//!
//! One ring of ten-second slices over three days would be 26,000 numbers. Burn rates need long
//! windows and short ones, and no long one to the second; so each ring has slices in proportion to
//! its length, and a window is read in the finest ring that spans it, to a slice.
//!
//! Slices sit at absolute multiples of their length, so the windows of two workers line up and can be
//! added. What has slid out by `now` is left out when it is read: totals cannot go stale because
//! nothing was recorded.

use super::Outcomes;
use crate::arm::PerArm;
use crate::codec::{Reader, Writer};

/// Slices per ring.
const SLICES: usize = 30;

/// Lengths of the slices, milliseconds: rings over 5 minutes, 1 h, 6 h, 24 h and 3 days.
const SLICE_MS: [u64; 5] = [10_000, 120_000, 720_000, 2_880_000, 8_640_000];

/// What "lately" means: traffic within this time is traffic.
pub const RECENT_MS: u64 = 300_000;

/// The finest slice.
pub const FINEST_MS: u64 = 10_000;

/// The lengths that a policy is told of, milliseconds: those of the pairs of burn rates that the SRE Workbook has.
pub const SPANS_MS: [u64; 7] =
    [300_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 86_400_000, 259_200_000];

/// How the requests of both arms ended, over the last minutes, hours and days.
#[derive(Clone, Debug, PartialEq)]
pub struct Windows([Ring; SLICE_MS.len()]);

impl Default for Windows {
    fn default() -> Self {
        Self(SLICE_MS.map(|slice_ms| Ring { slice_ms, head: 0, slices: Default::default() }))
    }
}

impl Windows {
    /// Adds what was seen at `now` (unix milliseconds).
    pub fn add(&mut self, now: u64, seen: &PerArm<Outcomes>) {
        self.0.iter_mut().for_each(|ring| ring.add(now, seen));
    }

    /// The last `ms` milliseconds before `now`, in whole slices; at most three days.
    pub fn over(&self, now: u64, ms: u64) -> PerArm<Outcomes> {
        let [.., coarsest] = &self.0;
        self.0.iter().find(|ring| ms <= ring.span_ms()).unwrap_or(coarsest).over(now, ms)
    }

    /// What was seen lately.
    pub fn recent(&self, now: u64) -> PerArm<Outcomes> {
        self.over(now, RECENT_MS)
    }

    pub(super) fn encode(&self, w: &mut Writer) {
        self.0.iter().for_each(|ring| ring.encode(w));
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let mut windows = Self::default();
        windows.0.iter_mut().try_for_each(|ring| ring.decode(r))?;
        Some(windows)
    }
}

/// The last [`SLICES`] slices; the newest covers `head`.
#[derive(Clone, Debug, PartialEq)]
struct Ring {
    slice_ms: u64,
    /// `unix milliseconds / slice_ms` of the newest slice.
    head: u64,
    /// Newest last.
    slices: [PerArm<Outcomes>; SLICES],
}

impl Ring {
    fn span_ms(&self) -> u64 {
        self.slice_ms * SLICES as u64
    }

    fn over(&self, now: u64, ms: u64) -> PerArm<Outcomes> {
        let (now, wanted) = (now / self.slice_ms, ms.div_ceil(self.slice_ms));
        let mut sum = PerArm::default();
        if !self.is_ahead(now) {
            let gone = now.saturating_sub(self.head);
            let left = usize::try_from(wanted.saturating_sub(gone)).unwrap_or(SLICES);
            self.slices.iter().rev().take(left).for_each(|slice| merge(&mut sum, slice));
        }
        sum
    }

    /// Adds to the slice of `now`. What is older than the ring is dropped.
    fn add(&mut self, now: u64, seen: &PerArm<Outcomes>) {
        let now = now / self.slice_ms;
        self.roll(now);
        let age = usize::try_from(self.head.saturating_sub(now)).unwrap_or(SLICES);
        if let Some(slot) = self.slices.iter_mut().rev().nth(age) {
            merge(slot, seen);
        }
    }

    /// Moves the ring forward to the slice `head`.
    fn roll(&mut self, head: u64) {
        let steps = head.saturating_sub(self.head);
        if steps >= SLICES as u64 || self.is_ahead(head) {
            self.slices = Default::default();
            self.head = head;
            return;
        }
        self.slices.rotate_left(steps as usize);
        let fresh = self.slices.iter_mut().rev().take(steps as usize);
        fresh.for_each(|slice| *slice = PerArm::default());
        self.head = self.head.max(head);
    }

    /// So far ahead no clock was by which we wrote: it has been set back since.
    fn is_ahead(&self, now: u64) -> bool {
        self.head.saturating_sub(now) > SLICES as u64
    }

    /// Only from the first slice on that has something: long rings are empty for days.
    fn encode(&self, w: &mut Writer) {
        let empty = self.slices.iter().take_while(|slice| **slice == PerArm::default()).count();
        w.number(self.head);
        w.number((SLICES - empty) as u64);
        for slice in self.slices.iter().skip(empty) {
            slice.baseline.encode(w);
            slice.canary.encode(w);
        }
    }

    fn decode(&mut self, r: &mut Reader<'_>) -> Option<()> {
        self.head = r.number()?;
        let full = usize::try_from(r.number()?).ok().filter(|full| *full <= SLICES)?;
        for slice in self.slices.iter_mut().skip(SLICES - full) {
            *slice = PerArm { baseline: Outcomes::decode(r)?, canary: Outcomes::decode(r)? };
        }
        Some(())
    }
}

fn merge(into: &mut PerArm<Outcomes>, other: &PerArm<Outcomes>) {
    into.baseline.merge(&other.baseline);
    into.canary.merge(&other.canary);
}
