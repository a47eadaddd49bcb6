//! Everything that the author of a promotion policy needs.
//!
//! A policy is a pure function from a [`Snapshot`] of a canary to a [`Decision`]. It has no clock, no randomness and no
//! I/O, so what its tests say on a laptop is what it does inside Envoy. This is a whole one, and nearly the one that
//! `serinus policy new` writes:
//!
//! ```
//! use serinus_policy::{About, Decision, Param, Policy, Share, Snapshot};
//!
//! const LIMIT: Param<Share> = Param::new("limit", "the share of requests that may fail", 0.01);
//!
//! pub struct ErrorRate;
//!
//! impl Policy for ErrorRate {
//!     fn about(&self) -> About {
//!         About { name: "error-rate", version: "0.1.0", description: "holds a canary that fails", params: &[&LIMIT] }
//!     }
//!
//!     fn evaluate(&self, snapshot: &Snapshot) -> Decision {
//!         let limit = LIMIT.of(snapshot);
//!         let rate = snapshot.whole_stage().and_then(|stage| stage.canary.failure_rate());
//!         match rate {
//!             None => Decision::hold("no requests yet"),
//!             Some(rate) if rate > limit => Decision::hold("too many fail").because("failure rate", rate, limit),
//!             Some(rate) => Decision::promote("few fail").because("failure rate", rate, limit),
//!         }
//!     }
//! }
//!
//! serinus_policy::export!(ErrorRate);
//! ```
//!
//! | item | what it is |
//! |---|---|
//! | [`Policy`], [`export!`] | what an author writes, and how it becomes a component |
//! | [`Snapshot`] and what is in it | what a policy is told, with rates, intervals and quantiles |
//! | [`Decision`] | what it answers |
//! | [`Param`] | a parameter of the rollout: declared once, checked and read by the same name and type |
//! | [`calendar`] | days and times of day, for who must know when it is |
//! | [`stats`] | the tests behind the built-in gates, on plain counts |
//! | [`table_tests!`] | snapshots in files, and what should come of them |
//!
//! Ask [`stats::confidence::Test`] for which side of a limit a rate is on, and for an interval only if you need its
//! ends: those are found by bisection, and cost a hundred times as much.
//!
//! The numbers behind a decision belong into its evidence and not into the text of its reason: formatting a fraction
//! costs a policy 20 KB.

/// The README's example, which is compiled like every other.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod calendar;
#[cfg(target_family = "wasm")]
pub mod guest;
mod param;
#[cfg(not(target_family = "wasm"))]
pub mod table;

pub use param::{Flag, Kind, Number, Param, Parameter, Share, Span, Text};
pub use serinus_core::policy::{
    Arm, Decision, EventCount, Evidence, GateResult, GateSeverity, LatencyHistogram,
    Param as Given, ParamValue, QuantileMs, Snapshot, StageView, Window,
};
pub use serinus_core::record::Verdict;
pub use serinus_core::stats;

/// What a policy is.
#[derive(Clone, Copy)]
pub struct About {
    /// Its name.
    pub name: &'static str,
    /// Its version; `env!("CARGO_PKG_VERSION")` is the crate's.
    pub version: &'static str,
    /// What it decides, in a line.
    pub description: &'static str,
    /// Every parameter that it reads.
    pub params: &'static [&'static dyn Parameter],
}

/// A promotion policy.
pub trait Policy {
    /// Who are you? Asked when the policy is built and checked, never in the proxy.
    fn about(&self) -> About;

    /// Are these parameters sound? By default: every one is known, of its type and in its range, and none that is
    /// required is missing. Who checks more begins with [`About::check`].
    ///
    /// # Errors
    /// Every mistake, each in one line.
    fn validate(&self, params: &[Given]) -> Result<(), Vec<String>> {
        let mistakes = self.about().check(params);
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }

    /// The decision. Asked about once a second, of one process of the proxy at a time, and only with parameters that
    /// [`validate`](Self::validate) found sound.
    fn evaluate(&self, snapshot: &Snapshot) -> Decision;
}

impl About {
    /// Every mistake in these parameters, each in one line.
    pub fn check(&self, given: &[Given]) -> Vec<String> {
        let wrong = given.iter().filter_map(|given| self.wrong(given));
        wrong.chain(self.params.iter().filter_map(|known| missing(*known, given))).collect()
    }

    fn wrong(&self, given: &Given) -> Option<String> {
        match self.params.iter().find(|known| known.name() == given.name) {
            Some(known) => known.check(&given.value).err(),
            None => {
                let known: Vec<&str> = self.params.iter().map(|known| known.name()).collect();
                Some(format!("`{}` is not known; there are: {}", given.name, known.join(", ")))
            }
        }
    }
}

fn missing(known: &dyn Parameter, given: &[Given]) -> Option<String> {
    let there = known.default().is_some() || given.iter().any(|given| given.name == known.name());
    (!there).then(|| format!("`{}` is missing: {}", known.name(), known.description()))
}

/// The decision of a policy, as the component gives it: parameters that are not sound are a hold that says so.
pub fn evaluate(policy: &impl Policy, snapshot: &Snapshot) -> Decision {
    match policy.validate(&snapshot.params) {
        Ok(()) => policy.evaluate(snapshot),
        Err(mistakes) => Decision::hold(format!("parameters: {}", mistakes.join("; "))),
    }
}

/// Makes a component of a policy: `export!(MyPolicy);`, once in a crate. Natively it does nothing.
#[macro_export]
macro_rules! export {
    ($policy:expr) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            use $crate::guest::{self, bindings};

            struct Exported;

            impl guest::Guest for Exported {
                fn describe() -> guest::About {
                    guest::describe(&$policy)
                }

                fn validate(
                    params: guest::Vec<guest::Param>,
                ) -> Result<(), guest::Vec<guest::String>> {
                    guest::validate(&$policy, params)
                }

                fn evaluate(snapshot: guest::Snapshot) -> guest::Decision {
                    guest::evaluate(&$policy, snapshot)
                }
            }

    bindings::export!(Exported with_types_in bindings);
        };
    };
}

/// A test that every table in the crate's folder `tests` (`*.json`) holds: `table_tests!(MyPolicy);`. `serinus policy
/// test` runs the same tables on the component.
#[macro_export]
macro_rules! table_tests {
    ($policy:expr) => {
        #[cfg(test)]
        #[test]
        fn tables_hold() {
            $crate::table::assert(
                &$policy,
                ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/tests"),
            );
        }
    };
}

#[cfg(test)]
mod tests;
