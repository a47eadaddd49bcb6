//! The work of each subcommand.

pub mod calibrate;
pub mod check;
pub mod explain;
pub mod lint;
pub mod policy;
mod progress;
pub mod render;
pub mod replay;
pub mod run;
pub mod schema;
