//! The filter natively: the engines of one worker and of the main thread, on the requests that the filter saw.
//!
//! The main thread ticks first and holds the lease, because it sees no traffic; then the worker reports.

use super::USER;
use crate::calibrate::adviser::Adviser;
use serinus_core::arm::Arm;
use serinus_core::cohort::attribute::{Attributes, Reads};
use serinus_core::config::Rollout;
use serinus_core::contract::Cohort;
use serinus_core::engine::local::{LocalMeters, LocalStore};
use serinus_core::engine::{Claimant, Engine};
use serinus_core::evidence::Ended;
use serinus_core::record::Record;
use serinus_core::stats::units::Mark;

type Worker<'a> = (Engine<&'a Rollout, LocalStore, LocalMeters>, Claimant);

/// One worker, one main thread, one rollout.
pub struct Twin<'a> {
    rollout: &'a Rollout,
    adviser: Option<Adviser>,
    meters: LocalMeters,
    main: Worker<'a>,
    worker: Worker<'a>,
}

impl<'a> Twin<'a> {
    /// A rollout that begins at `now` (unix milliseconds), and its policy, if it has one.
    pub fn open(rollout: &'a Rollout, adviser: Option<Adviser>, now: u64) -> Self {
        let (store, meters) = (LocalStore::default(), LocalMeters::default());
        let worker = |id| {
            let engine = Engine::open(rollout, store.clone(), meters.clone(), now);
            (engine, Claimant::new(id))
        };
        let (main, worker) = (worker(0), worker(1));
        Self { rollout, adviser, main, worker, meters }
    }

    /// A request of this user arrives; how it is remembered.
    pub fn began(&mut self, user: &str, now: u64) -> OpenRequest {
        let (engine, claimant) = &mut self.worker;
        claimant.served(now);
        let user = User { id: user, now };
        let assigned = self.rollout.cohorts.assign(&Reads::new(&user), engine.standing(now));
        let label = engine.assigned(&assigned);
        OpenRequest { arm: assigned.arm, label, unit: assigned.mark }
    }

    /// A request is over.
    pub fn ended(&mut self, request: OpenRequest, ended: &Ended, now: u64) {
        self.worker.0.ended(request.label, ended, request.unit, now);
    }

    /// A second is over.
    pub fn tick(&mut self, now: u64) {
        for (engine, claimant) in [&mut self.main, &mut self.worker] {
            engine.tick(now, claimant, &self.adviser);
        }
    }

    /// What was decided.
    pub fn records(self) -> Vec<Record> {
        self.meters.take_records()
    }
}

/// A request on its way.
#[derive(Clone, Copy, Debug)]
pub struct OpenRequest {
    /// The version that serves it.
    pub arm: Arm,
    label: Cohort,
    /// What its user is counted by.
    unit: Option<Mark>,
}

/// A request that shows nothing but its user.
struct User<'a> {
    id: &'a str,
    now: u64,
}

impl Attributes for User<'_> {
    fn header(&self, name: &str) -> Option<Vec<u8>> {
        (name == USER).then(|| self.id.as_bytes().to_vec())
    }

    fn jwt_claim(&self, _: &str) -> Option<Vec<u8>> {
        None
    }

    fn source_address(&self) -> Option<Vec<u8>> {
        None
    }

    fn now(&self) -> u64 {
        self.now
    }

    fn random(&self) -> Option<[u8; 16]> {
        None
    }
}
