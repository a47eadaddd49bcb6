//! The two arms of a comparison, under everything else.

use serde::{Deserialize, Serialize};

/// The version that serves a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arm {
    /// The version that is known to be good.
    Baseline,
    /// The version on trial.
    Canary,
}

impl Arm {
    /// Both arms.
    pub const ALL: [Self; 2] = [Self::Baseline, Self::Canary];

    /// The name of the arm in a rollout, in metrics and in records: `baseline` or `canary`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Canary => "canary",
        }
    }

    /// The arm of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|arm| arm.as_str() == name)
    }
}

/// A value for each arm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerArm<T> {
    /// The baseline's value.
    pub baseline: T,
    /// The canary's value.
    pub canary: T,
}

impl PerArm<u64> {
    /// Whether both values are 0.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

impl<T> PerArm<T> {
    /// The value of `arm`.
    pub fn get(&self, arm: Arm) -> &T {
        match arm {
            Arm::Baseline => &self.baseline,
            Arm::Canary => &self.canary,
        }
    }

    /// The value of `arm`, to change.
    pub fn get_mut(&mut self, arm: Arm) -> &mut T {
        match arm {
            Arm::Baseline => &mut self.baseline,
            Arm::Canary => &mut self.canary,
        }
    }

    /// Applies `f` to both values.
    pub fn map<U>(&self, f: impl Fn(&T) -> U) -> PerArm<U> {
        PerArm { baseline: f(&self.baseline), canary: f(&self.canary) }
    }

    /// Combines two, arm by arm.
    pub fn zip<U, V>(&self, other: &PerArm<U>, f: impl Fn(&T, &U) -> V) -> PerArm<V> {
        PerArm {
            baseline: f(&self.baseline, &other.baseline),
            canary: f(&self.canary, &other.canary),
        }
    }
}
