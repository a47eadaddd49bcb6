//! One rollout at work in this VM: its engine, and what is Envoy's about it.

use crate::adviser::Adviser;
use crate::host::{self, Map};
use crate::meters::EnvoyMeters;
use crate::store::SharedData;
use serinus_core::arm::Arm;
use serinus_core::cohort::attribute::Reads;
use serinus_core::cohort::decide::Assignment;
use serinus_core::config::Rollout;
use serinus_core::contract::Cohort;
use serinus_core::engine::{Claimant, Engine};
use serinus_core::evidence::{Ended, Events};
use serinus_core::stats::units::Mark;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A rollout of a plugin, under one configuration.
pub struct LiveRollout {
    /// The plugin that carries it.
    pub plugin: String,
    pub rollout: Rc<Rollout>,
    adviser: Adviser,
    retired: Cell<bool>,
    engine: RefCell<Engine<Rc<Rollout>, SharedData, EnvoyMeters>>,
}

impl LiveRollout {
    /// Puts a rollout to work.
    pub fn open(plugin: String, rollout: Rollout, adviser: Adviser) -> Self {
        let (meters, rollout) = (EnvoyMeters::define(&rollout), Rc::new(rollout));
        let engine = Engine::open(Rc::clone(&rollout), SharedData, meters, host::now_ms());
        Self { plugin, rollout, adviser, retired: Cell::new(false), engine: RefCell::new(engine) }
    }

    /// The decision about the request at hand, and what the request counts as.
    pub fn assign<'a>(&'a self, reads: &Reads<'a>, now_ms: u64) -> (Assignment, Cohort) {
        let mut engine = self.engine.borrow_mut();
        let assignment = self.rollout.cohorts.assign(reads, engine.standing(now_ms));
        let label = engine.assigned(&assignment);
        (assignment, label)
    }

    /// Counts a request that ended with an answer or without one.
    pub fn ended(&self, label: Cohort, ended: &Ended, unit: Option<Mark>, now_ms: u64) {
        self.engine.borrow_mut().ended(label, ended, unit, now_ms);
    }

    /// Records how long an answered request took.
    pub fn took(&self, label: Cohort, micros: u64) {
        self.engine.borrow().meters.took(label, micros);
    }

    /// Counts each business event that the response at hand shows, and says which.
    pub fn count_events(&self, arm: Arm) -> Events {
        let mut shown = Events::default();
        for (index, event) in self.rollout.events.iter().enumerate() {
            let value = host::header(Map::ResponseHeaders, &event.header);
            if value.is_some_and(|value| event.test.holds(&value)) {
                self.engine.borrow().meters.event(index, arm);
                shown.note(index);
            }
        }
        shown
    }

    /// What this VM does on its tick, unless a newer configuration does it.
    pub fn tick(&self, now_ms: u64, claimant: &Claimant) {
        if !self.retired.get() {
            self.engine.borrow_mut().tick(now_ms, claimant, &self.adviser);
        }
    }

    /// Whether a newer configuration has taken over this rollout's name.
    pub fn is_retired(&self) -> bool {
        self.retired.get()
    }

    /// Gives way to a newer configuration of the same rollout.
    pub fn retire(&self) {
        self.engine.borrow_mut().flush(host::now_ms());
        self.retired.set(true);
    }
}
