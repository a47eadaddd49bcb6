//! Merging what this worker has seen into what all have seen.

use super::{Engine, Meters, Store};
use crate::config::Rollout;
use crate::evidence::{Delta, Ledger, UnitCounts};
use crate::guard::FailingUnits;
use std::ops::Deref;

impl<R: Deref<Target = Rollout>, S: Store, M: Meters> Engine<R, S, M> {
    /// Merges what this worker has seen.
    pub fn flush(&mut self, now: u64) {
        self.flush_units(now);
        self.flush_recoveries();
        // A race lost too often is no reason to forget: the next tick tries again.
        if !self.delta.is_empty() && self.merge(&self.delta, now) {
            self.delta.clear(&self.rollout.layout);
        }
    }

    /// Merges evidence that was collected elsewhere, such as in a simulation that counts requests by the thousand;
    /// whether it did.
    pub fn merge(&self, delta: &Delta, now: u64) -> bool {
        let layout = &self.rollout.layout;
        let merged = self.store.update(&self.keys.ledger, layout, |ledger| {
            let ledger = ledger.get_or_insert_with(|| Ledger::new(delta.entry, layout));
            ledger.merge(delta, now, layout);
            Some(())
        });
        merged.is_some()
    }

    /// An empty [`Delta`] of the present stage, for [`merge`](Self::merge).
    pub fn nothing_seen(&self) -> Delta {
        super::nothing_seen(&self.rollout, &self.state).0
    }

    fn flush_units(&mut self, now: u64) {
        if !self.new_units.has_news(now) {
            return;
        }
        let new_units = &self.new_units;
        let merged = self.store.update(&self.keys.units, &(), |counts: &mut Option<UnitCounts>| {
            let merged = new_units.merged(counts.take());
            *counts = Some(merged.clone());
            Some(merged)
        });
        if let Some(counts) = merged {
            self.new_units.learn(counts);
        }
    }

    /// Shares the good answers to units that have failed, and learns which others have.
    fn flush_recoveries(&mut self) {
        let recoveries = &mut self.recoveries;
        for (part, key) in self.keys.failing.iter().enumerate() {
            let Some(units) = self.store.read::<FailingUnits>(key, &()) else { continue };
            if recoveries.added(part, units.clone()).is_none() {
                recoveries.learn(part, units);
                continue;
            }
            let added = self.store.update(key, &(), |units: &mut Option<FailingUnits>| {
                let added = recoveries.added(part, units.clone()?)?;
                *units = Some(added.clone());
                Some(added)
            });
            added.into_iter().for_each(|units| recoveries.shared(part, units));
        }
    }
}
