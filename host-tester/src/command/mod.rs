//! The work of each subcommand.

pub mod check;
pub mod explain;
pub mod lint;
pub mod run;
pub mod schema;
