//! A promotion policy of the operator's own: what it is told, and what it answers.
//!
//! The shapes are those of `policies/wit/policy.wit`, which documents every field; here they are plain
//! values, so that the core can make a snapshot without knowing in which engine a policy runs. As JSON
//! they are the files that `serinus policy eval` and the table tests read.

mod about;
mod decision;
pub mod memory;
mod opinion;
mod read;
mod snapshot;
pub mod table;

pub use crate::contract::{PolicyFailure as Failure, Severity as GateSeverity};
pub use about::{About, ParamAbout};
pub use decision::{Decision, Evidence, MAX_DECISION, MAX_MEMORY};
pub use opinion::{Consulted, Opinion};
pub use read::QuantileMs;
pub use snapshot::{
    Arm, EventCount, GateResult, LatencyHistogram, Param, ParamValue, Snapshot, StageView, Window,
};
