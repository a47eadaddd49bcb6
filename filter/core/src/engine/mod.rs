//! The life of a rollout, once for everybody who plays it.
//!
//! A worker has an [`Engine`] for each rollout. It assigns requests to arms, counts how they end, asks the guard on
//! failures, and ticks. What all workers know together is in a [`Store`], what they count in [`Meters`]: in Envoy these
//! are shared data and metrics, on the laptop a [map and numbers](local). The engine is the same, so a simulation decides
//! what the filter would decide.
//!
//! What a worker knows of the state is a copy. It is as fresh as the revision gauge: one read of 0.3 us before each
//! assignment tells whether any worker has changed the stage or rolled back since, so no tick is waited for and no
//! request goes where another worker has already stopped sending.
//!
//! | module | what it does |
//! |---|---|
//! | `open` | takes up a rollout where it was left, or begins it |
//! | `count` | counts requests that end, and asks the guard |
//! | `shared` | reads, changes and announces the shared state |
//! | `merge` | merges what this worker has seen into what all have seen |
//! | `tick` | evaluates, as the one worker that holds the lease |
//! | `adviser` | asks the operator's policy |
//! | `view` | looks at a rollout without taking part in it |
//! | [`local`] | the store and the meters of a simulation |

mod adviser;
mod count;
mod lease;
pub mod local;
mod merge;
mod meters;
mod open;
mod present;
mod shared;
mod store;
mod tick;
mod view;

pub use adviser::{Adviser, NoAdviser};
pub use lease::{Claimant, Lease, TICK_MS};
pub use meters::{Gauges, Meters};
pub use present::Present;
pub use store::{Keys, Store};
pub use view::View;

use crate::cohort::decide::Standing;
use crate::config::Rollout;
use crate::evidence::{Delta, NewUnits};
use crate::guard::{Recoveries, StageBaseline};
use crate::promotion::State;
use std::ops::Deref;

/// A rollout at work in one worker. Every `now` is in unix milliseconds.
pub struct Engine<R, S, M> {
    /// The rollout under its present configuration.
    pub rollout: R,
    /// What this worker counts in.
    pub meters: M,
    store: S,
    keys: Keys,
    /// This worker's copy of the shared state, and what follows from it.
    state: State,
    standing: Standing,
    baseline: StageBaseline,
    /// The revision gauge when the copy was made.
    revision: u64,
    /// What this worker has seen since it last merged.
    delta: Delta,
    new_units: NewUnits,
    recoveries: Recoveries,
}

impl<R: Deref<Target = Rollout>, S: Store, M: Meters> Engine<R, S, M> {
    /// This worker's copy of the state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What all workers share.
    pub fn store(&self) -> &S {
        &self.store
    }
}

/// What a worker collects in the stage of `state`: nothing yet.
fn nothing_seen(rollout: &Rollout, state: &State) -> (Delta, NewUnits) {
    let judged_from = state.judged_from_ms(rollout.warm_up_ms);
    (Delta::new(state.entry, judged_from, &rollout.layout), NewUnits::new(state.entry, judged_from))
}

#[cfg(test)]
mod tests;
