//! Promotion policies on the laptop: built, looked at, tested and evaluated, on the engine that is fast here and on the
//! one that the filter has.
//!
//! | module | question it answers |
//! |---|---|
//! | [`build`] | how does a crate become a component? |
//! | [`inspect`] | is this component one that the filter would take, and if not, why not? |
//! | [`runtime`] | what does it say, on the engine that is fast here? |
//! | `engines` | and on the filter's interpreter? |
//! | [`cost`] | how much fuel does that take? |
//! | `bindings`, `convert` | how do the contract's values look there? |
//! | [`delivery`] | how does a rollout carry it? |
//! | [`scaffold`] | how does a new one begin? |
//! | [`typical`] | what is a snapshot like? |
//!
//! [`Runtime::load`] takes components as [`build`] makes them; [`Component::evaluate`] gives each snapshot a fresh
//! instance with a fuel, a memory limit and a deadline, and whatever goes wrong in there is a
//! [`Failure`](serinus_core::policy::Failure), as in the filter.

#[cfg(feature = "runtime")]
#[allow(missing_docs, unused_qualifications)]
mod bindings;
pub mod build;
#[cfg(feature = "runtime")]
mod convert;
pub mod cost;
pub mod delivery;
#[cfg(feature = "runtime")]
pub mod engines;
pub mod inspect;
pub mod runtime;
pub mod scaffold;
pub mod typical;

pub use runtime::{Component, Evaluation, Limits, Runtime};

/// The contract, as the commands name it.
pub const INTERFACE: &str = "serinus:policy/promotion@1.0.0";
