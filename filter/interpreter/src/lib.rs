//! Runs a promotion policy inside the filter, so that nothing it does reaches beyond its verdict.
//!
//! A policy is a stranger's code on a proxy's thread. Linked into the filter it would be sixty times as fast, and its
//! first endless loop would hang Envoy; in a VM of its own, the same. So it is interpreted, by wasmi: every evaluation
//! gets a fresh instance with so much fuel, so much memory and so deep a stack, and whatever goes wrong in there is a
//! [`Failure`], which is a value.
//!
//! # Why wasmi, and why 1.1
//!
//! Measured with `make bench` on Envoy 1.40, one worker, the filter with its interpreter in one build each (opt-level z,
//! wasm-opt -Oz, no debug texts, the standard library as it comes):
//!
//! | | module | CPU to load | memory of Envoy | an evaluation of `error-budget` | a loop to 1.5 M fuel |
//! |---|---|---|---|---|---|
//! | wasmi 1.1, hash collections | 800 KB | 1.15 s | +62 MiB | 174 us | 3.3 ms |
//! | wasmi 2.0, portable and indirect dispatch | 1098 KB | 1.44 s | +100 MiB | 148 us | 0.8 ms |
//!
//! Both before `setup/wasm-opt` left large functions apart, which takes 11 MiB off the first.
//!
//! 2.0 executes four times as fast and takes a third more of everything that a proxy pays all day, for an evaluation that
//! comes once a second and spends most of its time on the snapshot and the instance. Its dispatch by tail calls is not an
//! option: V8's stack overflows and the VM is dead. The proposals that the configuration turns off are those that rustc
//! and clang do not use by themselves.
//!
//! | module | question it answers |
//! |---|---|
//! | [`policy`](Policy) | is this module acceptable, and what does it say? |
//! | `limits` | how much may it use? |
//! | `instance` | how is it called, and what went wrong? |
//! | `abi` | how do the contract's values look in its memory? |
#![deny(clippy::indexing_slicing)]

mod abi;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod instance;
mod limits;
mod policy;

pub use limits::Limits;
pub use policy::{CompileError, Evaluation, MAX_MODULE, Policy, Refusal};

pub use serinus_core::policy::Failure;
