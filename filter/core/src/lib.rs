//! What Serinus decides, and nothing of how it talks: no ABI, no clock, no I/O, no panic.
//!
//! Time, randomness and what a request shows are arguments, so the same code runs in Envoy, in a
//! simulation of a thousand rollouts, and in a test.
//!
//! | module | question it answers |
//! |---|---|
//! | [`arm`] | which of the two versions? |
//! | [`contract`] | what is it called outside of the process? |
//! | [`config`] | what did the operator ask for, and is it sound? |
//! | [`cohort`] | who gets the canary? |
//! | [`outcome`] | did this response fail, and was it the upstream's doing? |
//! | [`evidence`] | what has been seen, per arm, in this stage and lately? |
//! | [`stats`] | how sure are we? |
//! | [`guard`] | must the canary stop now? (on every failure) |
//! | [`gate`] | what may a rollout demand before it goes further? |
//! | [`promotion`] | may it go further? (on every tick) |
//! | [`policy`] | what does the operator's own rule say? |
//! | [`record`] | what was decided, and why? |
//! | [`engine`] | how does a rollout live, request by request and tick by tick? |
//! | [`codec`] | how do workers hand all this to each other? |
//! | [`diagnostic`] | what is wrong with a document, and what would be right? |
//! | [`hash`] | how are units and texts hashed? |
//! | `decode` | how is a JSON tree read into typed shapes, with every mistake and its place? |

#![deny(clippy::indexing_slicing)]

pub mod arm;
pub mod codec;
pub mod cohort;
pub mod config;
pub mod contract;
mod decode;
pub mod diagnostic;
pub mod engine;
pub mod evidence;
pub mod gate;
pub mod guard;
pub mod hash;
pub mod outcome;
pub mod policy;
pub mod promotion;
pub mod record;
pub mod stats;
