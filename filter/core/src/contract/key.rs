//! The keys in shared data.
//!
//! The namespace may be shared with other plugins (Istio sets no `vm_id`), so every key has a prefix.

/// What every key begins with; the number changes when the keys do.
pub const PREFIX: &str = "serinus/1";

/// What is kept under a key.
///
/// Two builds that work side by side must not read each other's evidence, so each keeps its own, by the format in
/// which it is written. They share the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// That the plugin has had a good configuration.
    Good,
    /// The last configuration of the plugin that was refused.
    Mistake,
    /// The state of the rollout.
    State,
    /// Who evaluates the rollout.
    Lease,
    /// What the rollout's policy keeps.
    PolicyMemory,
    /// The guard's evidence.
    GuardState {
        /// Of its encoding.
        format: u8,
    },
    /// The latest failures.
    FailureSpread {
        /// Of its encoding.
        format: u8,
    },
    /// Whose failures have been counted, in parts.
    FailingUnits {
        /// Of its encoding.
        format: u8,
        /// Which part, from 0.
        part: usize,
    },
    /// What was seen in the stage.
    Ledger {
        /// Of its encoding.
        format: u8,
    },
    /// How many units were seen.
    UnitCounts {
        /// Of its encoding.
        format: u8,
    },
    /// The tests on slow requests.
    SlowRequestTests {
        /// Of its encoding.
        format: u8,
    },
}

impl Key {
    /// The key of this about `whom`: a plugin's name for [`Key::Good`] and [`Key::Mistake`], a rollout's epoch for
    /// all others.
    pub fn of(self, whom: &str) -> String {
        format!("{PREFIX}/{}/{whom}", self.kind())
    }

    fn kind(self) -> String {
        match self {
            Self::Good => "good".to_owned(),
            Self::Mistake => "mistake".to_owned(),
            Self::State => "state".to_owned(),
            Self::Lease => "lease".to_owned(),
            Self::PolicyMemory => "policy".to_owned(),
            Self::GuardState { format } => format!("guard.{format}"),
            Self::FailureSpread { format } => format!("breadth.{format}"),
            Self::FailingUnits { format, part } => format!("failed/{part}.{format}"),
            Self::Ledger { format } => format!("ledger.{format}"),
            Self::UnitCounts { format } => format!("units.{format}"),
            Self::SlowRequestTests { format } => format!("tails.{format}"),
        }
    }
}
