//! The fixed words of a rollout.

use crate::arm::Arm;
use crate::decode::declare::choice;

choice! {
    /// A preset for everything that the rollout leaves open.
    Profile {
        /// Internal tools: quick stages, a coarse guard.
        Low = "low",
        /// Most services.
        Standard = "standard",
        /// Money and safety: small first steps, a strict guard.
        Critical = "critical",
    }
}

choice! {
    /// Who moves the stage.
    Mode {
        /// The proxy promotes by itself.
        Autonomous = "autonomous",
        /// The stage is what `stage` says; here it can only be rolled back.
        Follow = "follow",
    }
}

choice! {
    /// What a rollback means for later.
    OnRollback {
        /// It stays until the salt, the name or the generation changes.
        Latch = "latch",
    }
}

choice! {
    /// The cohort that a force rule gives.
    CohortName {
        /// The version in service.
        Baseline = "baseline",
        /// The version on trial.
        Canary = "canary",
    }
}

choice! {
    /// Ways in which an upstream fails without answering.
    Local {
        /// No connection could be made.
        Connect = "connect",
        /// It took too long.
        Timeout = "timeout",
        /// The exchange broke off.
        Reset = "reset",
    }
}

choice! {
    /// A day of the week.
    Day {
        /// Monday.
        Mon = "mon",
        /// Tuesday.
        Tue = "tue",
        /// Wednesday.
        Wed = "wed",
        /// Thursday.
        Thu = "thu",
        /// Friday.
        Fri = "fri",
        /// Saturday.
        Sat = "sat",
        /// Sunday.
        Sun = "sun",
    }
}

impl Day {
    /// Days since Monday.
    pub fn index(self) -> u64 {
        self as u64
    }
}

impl From<CohortName> for Arm {
    fn from(name: CohortName) -> Self {
        match name {
            CohortName::Baseline => Self::Baseline,
            CohortName::Canary => Self::Canary,
        }
    }
}
