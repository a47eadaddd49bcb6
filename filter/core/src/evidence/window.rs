//! A sliding window as a ring of slices.
//!
//! Slices sit at absolute multiples of [`SLICE_MS`], so the windows of two workers line up and can
//! be added. The ring rolls whenever it is read or written with a later time: totals cannot go
//! stale because nothing was recorded.

use super::{Arms, Edges};

/// Length of one slice in milliseconds.
pub const SLICE_MS: u64 = 10_000;
/// Number of slices: the window covers five minutes.
pub const SLICES: usize = 30;

/// The last [`SLICES`] slices; the newest covers `head`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// `unix milliseconds / SLICE_MS` of the newest slice.
    pub(super) head: u64,
    /// Newest last; at most [`SLICES`], a missing one is empty.
    pub(super) slices: Vec<Option<Arms>>,
}

impl Window {
    /// The sum of the slices that are still in the window at `now` (unix milliseconds).
    pub fn snapshot(&mut self, now: u64, edges: &Edges) -> Arms {
        self.roll(now);
        let mut sum = Arms::empty(edges);
        self.slices.iter().flatten().for_each(|slice| sum.merge(slice));
        sum
    }

    /// Adds what was seen in the slice of `now`. What is older than the window is dropped.
    pub fn add(&mut self, now: u64, seen: &Arms, edges: &Edges) {
        self.roll(now);
        let age = self.head.saturating_sub(now / SLICE_MS) as usize;
        let slot = self.slices.len().checked_sub(1 + age).and_then(|i| self.slices.get_mut(i));
        if let Some(slot) = slot {
            slot.get_or_insert_with(|| Arms::empty(edges)).merge(seen);
        }
    }

    /// Moves the ring forward to the slice of `now`; never back.
    fn roll(&mut self, now: u64) {
        let head = now / SLICE_MS;
        let steps = head.saturating_sub(self.head);
        if steps >= SLICES as u64 || self.slices.len() != SLICES {
            self.slices = vec![None; SLICES];
        } else {
            self.slices = self.slices.split_off(steps as usize);
            self.slices.resize(SLICES, None);
        }
        self.head = self.head.max(head);
    }
}
