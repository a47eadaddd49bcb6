//! Runs a promotion policy inside the filter, so that nothing it does reaches beyond its verdict.
//!
//! A policy is a stranger's code on a proxy's thread. Linked into the filter it would be sixty times as fast, and its
//! first endless loop would hang Envoy; in a VM of its own, the same. So it is interpreted, by wasmi: every evaluation
//! gets a fresh instance with so much fuel, so much memory and so deep a stack, and whatever goes wrong in there is a
//! [`Failure`], which is a value.
//!
//! | module | question it answers |
//! |---|---|
//! | [`policy`](Policy) | is this module acceptable, and what does it say? |
//! | `instance` | how is it called, and what went wrong? |
//! | `abi` | how do the contract's values look in its memory? |
#![deny(clippy::indexing_slicing)]

mod abi;
#[doc(hidden)]
pub mod fuzz;
mod instance;
mod policy;

pub use policy::{CompileError, Evaluation, Limits, MAX_MODULE, Policy, Refusal};

pub use serinus_core::policy::Failure;
