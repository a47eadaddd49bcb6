//! The work of each subcommand.

pub mod check;
pub mod schema;
