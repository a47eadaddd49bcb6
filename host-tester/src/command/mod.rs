//! The work of each subcommand.

pub mod calibrate;
pub mod check;
pub mod explain;
pub mod lint;
mod progress;
pub mod replay;
pub mod run;
pub mod schema;
