//! The store and the meters of a simulation: a map and numbers.

use super::{Gauges, Meters, Store};
use crate::arm::{Arm, PerArm};
use crate::codec::Stored;
use crate::contract::Cohort;
use crate::guard::Counters;
use crate::outcome::Outcome;
use crate::record::Record;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// A [`Store`] in memory, shared by the engines of a simulation that runs in one thread. It keeps values as they are,
/// not as bytes, and no race is ever lost.
#[derive(Clone, Default)]
pub struct LocalStore(Rc<RefCell<HashMap<String, Box<dyn Any>>>>);

impl Store for LocalStore {
    fn read<T: Stored>(&self, key: &str, _: &T::Context) -> Option<T> {
        self.0.borrow().get(key).and_then(|value| value.downcast_ref::<T>()).cloned()
    }

    fn update<T: Stored, U>(
        &self,
        key: &str,
        _: &T::Context,
        mut change: impl FnMut(&mut Option<T>) -> Option<U>,
    ) -> Option<U> {
        // Taken out for the time of the change, which may read other keys.
        let value = self.0.borrow_mut().remove(key);
        let mut value = value.and_then(|value| value.downcast::<T>().ok()).map(|value| *value);
        let result = change(&mut value);
        if let Some(value) = value {
            self.0.borrow_mut().insert(key.to_owned(), Box::new(value));
        }
        result
    }
}

/// [`Meters`] in memory, shared likewise. The records of decisions are kept.
#[derive(Clone, Debug, Default)]
pub struct LocalMeters(Rc<Numbers>);

#[derive(Debug, Default)]
struct Numbers {
    counters: Cell<Counters>,
    gauges: Cell<Gauges>,
    records: RefCell<Vec<Record>>,
}

impl LocalMeters {
    /// Counts so many requests that were assigned to an arm, of which so many failed, each failure an episode.
    pub fn add(&self, arm: Arm, requests: u64, failures: u64) {
        self.change(|counters| {
            *counters.assigned.get_mut(arm) += requests;
            *counters.failed.get_mut(arm) += failures;
            *counters.episodes.get_mut(arm) += failures;
        });
    }

    /// The gauges as they were shown last.
    pub fn gauges(&self) -> Gauges {
        self.0.gauges.get()
    }

    /// Takes the records of what was decided since the last call.
    pub fn take_records(&self) -> Vec<Record> {
        self.0.records.take()
    }

    fn change(&self, change: impl FnOnce(&mut Counters)) {
        let mut counters = self.0.counters.get();
        change(&mut counters);
        self.0.counters.set(counters);
    }
}

impl Meters for LocalMeters {
    fn assigned(&self, arm: Arm) {
        self.change(|counters| *counters.assigned.get_mut(arm) += 1);
    }

    fn assigned_so_far(&self) -> PerArm<u64> {
        self.counters().assigned
    }

    fn ended(&self, label: Cohort, outcome: Outcome) {
        if let (Cohort::Arm(arm), Outcome::Failure) = (label, outcome) {
            self.change(|counters| *counters.failed.get_mut(arm) += 1);
        }
    }

    fn began_episode(&self, arm: Arm) {
        self.change(|counters| *counters.episodes.get_mut(arm) += 1);
    }

    fn counters(&self) -> Counters {
        self.0.counters.get()
    }

    fn revision(&self) -> u64 {
        self.gauges().revision
    }

    fn show(&self, gauges: Gauges) {
        self.0.gauges.set(gauges);
    }

    fn decided(&self, record: &Record) {
        self.0.records.borrow_mut().push(record.clone());
    }
}
