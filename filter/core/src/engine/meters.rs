//! What a rollout counts and shows, over all workers of a proxy.

use crate::arm::{Arm, PerArm};
use crate::contract::{Cohort, RolloutState};
use crate::guard::Counters;
use crate::outcome::Outcome;
use crate::record::Record;

/// The gauges of a rollout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// What the rollout is doing.
    pub state: RolloutState,
    /// The canary's weight, in 1/100000.
    pub weight: u64,
    /// The stage, from 0.
    pub stage: u64,
    /// The revision of the state, by which a worker learns that another one has decided something.
    pub revision: u64,
}

/// The counters and gauges of a rollout: Envoy's metrics, or numbers in memory. Counters are the evidence, so each
/// worker reads the totals of all.
pub trait Meters {
    /// Counts a request that was assigned to an arm by chance.
    fn assigned(&self, arm: Arm);
    /// The totals of what [`assigned`](Self::assigned) has counted.
    fn assigned_so_far(&self) -> PerArm<u64>;
    /// Counts a request that ended.
    fn ended(&self, label: Cohort, outcome: Outcome);
    /// Counts a failure that began an episode.
    fn began_episode(&self, arm: Arm);
    /// The totals of the requests that are compared.
    fn counters(&self) -> Counters;
    /// The revision that was [shown](Self::show) last.
    fn revision(&self) -> u64;
    /// Sets the gauges, the revision last, because it is what other workers act upon.
    fn show(&self, gauges: Gauges);
    /// Counts a decision and announces it.
    fn decided(&self, record: &Record);
}
