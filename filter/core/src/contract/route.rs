//! The header that carries the arm to the route table, where a rollout names no other.

use crate::arm::Arm;

/// The header's name.
pub const HEADER: &str = "x-serinus-cohort";

/// The header's value for an arm.
pub const fn value(arm: Arm) -> &'static str {
    arm.as_str()
}
