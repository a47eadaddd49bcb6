//! A sliding window as a ring of slices.
//!
//! Slices sit at absolute multiples of [`SLICE_MS`], so the windows of two workers line up and can
//! be added. The ring rolls whenever it is read or written with a later time: totals cannot go
//! stale because nothing was recorded.

use super::{Outcomes, PerArm};

/// Length of one slice in milliseconds.
pub const SLICE_MS: u64 = 10_000;
/// Number of slices: the window covers five minutes.
pub const SLICES: usize = 30;

/// The last [`SLICES`] slices; the newest covers `head`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// `unix milliseconds / SLICE_MS` of the newest slice.
    pub(super) head: u64,
    /// Newest last; [`SLICES`] of them once something was recorded.
    pub(super) slices: Vec<PerArm<Outcomes>>,
}

impl Window {
    /// The sum of the slices that are still in the window at `now` (unix milliseconds).
    pub fn snapshot(&mut self, now: u64) -> PerArm<Outcomes> {
        self.roll(now);
        let mut sum = PerArm::default();
        self.slices.iter().for_each(|slice| merge(&mut sum, slice));
        sum
    }

    /// Adds what was seen in the slice of `now`. What is older than the window is dropped.
    pub fn add(&mut self, now: u64, seen: &PerArm<Outcomes>) {
        self.roll(now);
        let age = self.head.saturating_sub(now / SLICE_MS);
        let slot = usize::try_from(age).ok().and_then(|age| self.slices.iter_mut().rev().nth(age));
        if let Some(slot) = slot {
            merge(slot, seen);
        }
    }

    /// Moves the ring forward to the slice of `now`.
    fn roll(&mut self, now: u64) {
        let head = now / SLICE_MS;
        let steps = head.saturating_sub(self.head);
        // So far ahead no clock was by which we wrote: it has been set back since.
        let ahead = self.head.saturating_sub(head) > SLICES as u64;
        if ahead || steps >= SLICES as u64 || self.slices.len() != SLICES {
            self.slices = vec![PerArm::default(); SLICES];
            self.head = head;
            return;
        }
        self.slices = self.slices.split_off(steps as usize);
        self.slices.resize(SLICES, PerArm::default());
        self.head = self.head.max(head);
    }
}

fn merge(into: &mut PerArm<Outcomes>, other: &PerArm<Outcomes>) {
    into.baseline.merge(&other.baseline);
    into.canary.merge(&other.canary);
}
