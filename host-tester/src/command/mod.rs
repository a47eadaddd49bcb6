//! The work of each subcommand.

pub mod check;
pub mod lint;
pub mod schema;
