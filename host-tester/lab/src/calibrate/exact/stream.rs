//! The requests of a run, one by one.

use crate::calibrate::draw::Draw;
use crate::calibrate::run::{Prepared, SimulationSetup};
use crate::calibrate::scenario::Turn;
use crate::calibrate::traffic::Version;
use serinus_core::arm::PerArm;

/// A request, and what would become of it at either version.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// Nanoseconds since the run began.
    pub at: u64,
    /// Which user sends it.
    pub user: usize,
    /// What each version would do.
    pub fate: PerArm<Fate>,
}

/// What a version does with a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Fate {
    /// It fails.
    pub fails: bool,
    /// How long that takes, microseconds.
    pub micros: u64,
    /// Which of the rollout's events it shows.
    pub events: Vec<bool>,
}

/// Requests, without end.
pub struct Stream<'a> {
    world: &'a SimulationSetup<'a>,
    prepared: &'a Prepared<'a>,
    draw: Draw,
    at: f64,
}

impl<'a> Stream<'a> {
    /// Of the `number`-th run.
    pub fn new(
        world: &'a SimulationSetup<'a>,
        prepared: &'a Prepared<'a>,
        seed: u64,
        number: u64,
    ) -> Self {
        Self { world, prepared, draw: Draw::new(seed, number), at: 0.0 }
    }

    fn fate(&mut self, version: &Version) -> Fate {
        Fate {
            fails: self.draw.chance(version.errors),
            micros: (version.distribution.draw(self.draw.normal(), self.draw.unit()) as u64).max(1),
            events: version.events.iter().map(|rate| self.draw.chance(*rate)).collect(),
        }
    }

    fn turned(&self) -> bool {
        match self.prepared.scenario.turn {
            Turn::AtOnce => true,
            Turn::After(ms) => self.at >= ms as f64 * 1e6,
        }
    }
}

impl Iterator for Stream<'_> {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        self.at += self.draw.wait(self.world.traffic.rps / 1e9);
        let unit = self.draw.unit();
        let user = self.world.crowd.at(unit);
        let (good, bad) = self.prepared.versions();
        let canary = if self.turned() { bad } else { good };
        let fate = PerArm { baseline: self.fate(good), canary: self.fate(canary) };
        Some(Arrival { at: self.at as u64, user, fate })
    }
}
