//! The fixed words: the values of metric labels, and of fields in records.

use crate::arm::Arm;
use serde::{Deserialize, Serialize};

/// Declares a set of words: the enum, its words, and how serde names them.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// All of them, in the order of [`Self::index`].
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// The word that stands for it outside of the process.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// Which of them this word stands for.
            pub fn from_name(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.as_str() == word)
            }

            /// The position in [`Self::ALL`], from 0.
            pub const fn index(self) -> usize {
                self as usize
            }
        }
    };
}

pub(super) use words;

words! {
    /// How a request ended: the metric label `outcome`.
    Outcome {
        /// The request was answered, and not in a way that the rollout calls a failure.
        Success = "success",
        /// The upstream failed: by status, by gRPC status, or before it could answer.
        Failure = "failure",
        /// The client hung up first, which says nothing about the upstream.
        ClientGone = "client_gone",
    }
}

words! {
    /// What was decided: the metric label `verdict`, and a field of records.
    Verdict {
        /// The rollout goes on to the next stage.
        Promote = "promote",
        /// The rollout stays in its stage.
        Hold = "hold",
        /// Everyone goes back to the baseline.
        Rollback = "rollback",
    }
}

words! {
    /// What a policy did in place of deciding: the metric label `kind`.
    PolicyFailure {
        /// The policy did not come to an end within its fuel.
        Fuel = "fuel",
        /// The policy wanted more memory than it may have.
        Memory = "memory",
        /// The policy recursed too deep.
        Stack = "stack",
        /// The policy panicked, or touched memory that is not there.
        Trap = "trap",
        /// The policy cannot be instantiated, or has not the functions that the contract names.
        Signature = "signature",
        /// The policy's answer points outside of its memory, or is not what the contract says.
        Malformed = "malformed",
        /// The policy's answer is too large.
        TooLarge = "too_large",
    }
}

words! {
    /// What a gate looks at, as in records.
    Metric {
        /// The share of failed requests.
        Errors = "errors",
        /// The share of successful requests that were slower than the limit.
        Latency = "latency",
        /// How likely a canary request takes longer than one of the baseline.
        Effect = "effect",
        /// How often a business event happened.
        Event = "event",
    }
}

words! {
    /// What the breach of a gate does, as in records and in `gate-severity` of the WIT.
    Severity {
        /// A breach holds the promotion, and rolls back once it is proven.
        Critical = "critical",
        /// A breach holds the promotion.
        Warn = "warn",
        /// A breach is recorded and changes nothing.
        DryRun = "dry_run",
    }
}

words! {
    /// What a rollout is doing, as the gauge `serinus_state` shows it.
    #[derive(Default)]
    RolloutState {
        /// The rollout is in a stage whose time is not over.
        #[default]
        Progressing = "progressing",
        /// The stage's time is over, and something keeps the rollout from being promoted.
        Holding = "holding",
        /// The rollout is at its end.
        Promoted = "promoted",
        /// The rollout was stopped, and stays so.
        RolledBack = "rolled_back",
        /// The configuration sends everyone to the baseline.
        Killed = "killed",
    }
}

impl RolloutState {
    /// The value of the gauge.
    pub const fn code(self) -> u64 {
        self.index() as u64
    }

    /// The state that this value of the gauge stands for.
    pub fn from_code(code: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(code).ok()?).copied()
    }
}

/// What a request counts as: the metric label `cohort`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cohort {
    /// The request's bucket gave it an arm: it is compared.
    Arm(Arm),
    /// A rule sent the request to the canary: it is not compared.
    Forced,
    /// The request went to the baseline without having taken part: it was excluded, not eligible, without a
    /// unit, or from before a new generation.
    Outside,
}

impl Cohort {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Arm(Arm::Baseline), Self::Arm(Arm::Canary), Self::Forced, Self::Outside];

    /// The value of the label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Arm(arm) => arm.as_str(),
            Self::Forced => "forced",
            Self::Outside => "outside",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_again_and_stands_in_json_as_it_is() {
        macro_rules! check {
            ($($name:ident)+) => {$(
                for (index, one) in $name::ALL.into_iter().enumerate() {
                    assert_eq!((one.index(), $name::from_name(one.as_str())), (index, Some(one)));
                    let json = serde_json::to_string(&one).unwrap();
                    assert_eq!(json, format!("\"{}\"", one.as_str()));
                    assert_eq!(serde_json::from_str::<$name>(&json).unwrap(), one);
                }
                assert_eq!($name::from_name("Nothing of the kind"), None);
            )+};
        }
        check!(Outcome Verdict PolicyFailure Metric Severity RolloutState);
    }

    #[test]
    fn a_code_that_no_state_has_is_no_state() {
        for state in RolloutState::ALL {
            assert_eq!(RolloutState::from_code(state.code()), Some(state));
        }
        for code in [5, 6, u64::MAX] {
            assert_eq!(RolloutState::from_code(code), None);
        }
    }
}
