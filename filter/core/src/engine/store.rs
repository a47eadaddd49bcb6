//! What all workers of a proxy know together.

use crate::codec::Stored;
use crate::config::Rollout;
use crate::contract::Key;
use crate::evidence::{Ledger, UnitCounts};
use crate::guard::{FailingUnits, FailureSpread, GuardState};
use crate::promotion::SlowRequestTests;

/// A compare-and-swap map from keys to values: Envoy's shared data, or a map in memory.
pub trait Store {
    /// The value under `key`; `None` where nothing stands, or something that is no `T`.
    fn read<T: Stored>(&self, key: &str, context: &T::Context) -> Option<T>;

    /// Changes the value under `key` against all races. `change` gets the present value and either changes it and
    /// returns a result, or leaves it as it is and returns `None`. It is called again whenever another worker was
    /// faster. `None` also if the race was lost too often.
    fn update<T: Stored, U>(
        &self,
        key: &str,
        context: &T::Context,
        change: impl FnMut(&mut Option<T>) -> Option<U>,
    ) -> Option<U>;
}

/// Where one rollout keeps what its workers share. Each kind but the state has its format in its key: two builds that
/// are at work side by side must not take each other's values for missing ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The [state](super::Present).
    pub state: String,
    /// The [guard's evidence](GuardState).
    pub guard: String,
    /// The [latest failures](FailureSpread) of both arms.
    pub spread: String,
    /// The [units that have failed](FailingUnits), in parts.
    pub failing: [String; FailingUnits::SHARDS],
    /// The [counts of the stage](Ledger).
    pub ledger: String,
    /// The [distinct units of the stage](UnitCounts).
    pub units: String,
    /// The [tests of the latency gates](SlowRequestTests).
    pub slow: String,
    /// The [lease](super::Claimant) of whoever evaluates. It is one for each rollout: neither a namesake of the plugin
    /// nor its own past, kept alive by a stream, can sit on it.
    pub lease: String,
    /// The memory of the operator's policy.
    pub policy: String,
}

impl Keys {
    /// The keys of a rollout's present epoch.
    pub fn of(rollout: &Rollout) -> Self {
        let epoch = rollout.epoch();
        let key = |key: Key| key.of(&epoch);
        let part = |part| key(Key::FailingUnits { format: FailingUnits::FORMAT, part });
        Self {
            state: key(Key::State),
            guard: key(Key::GuardState { format: GuardState::FORMAT }),
            spread: key(Key::FailureSpread { format: FailureSpread::FORMAT }),
            failing: std::array::from_fn(part),
            ledger: key(Key::Ledger { format: Ledger::FORMAT }),
            units: key(Key::UnitCounts { format: UnitCounts::FORMAT }),
            slow: key(Key::SlowRequestTests { format: SlowRequestTests::FORMAT }),
            lease: key(Key::Lease),
            policy: key(Key::PolicyMemory),
        }
    }
}
