//! The work of each subcommand.

#[cfg(not(feature = "run"))]
pub(crate) mod absent;
#[cfg(feature = "run")]
pub mod calibrate;
pub mod check;
pub mod explain;
pub mod lint;
pub mod policy;
#[cfg(feature = "run")]
mod progress;
pub mod render;
#[cfg(feature = "run")]
pub mod replay;
#[cfg(feature = "run")]
pub mod run;
pub mod schema;

use serinus_lab::rollout_file::{ReadError, Source};
use serinus_lab::snippet::Snippet;

/// What keeps a rollout from being read: with its line, if it has one.
fn unreadable(source: &Source, error: &ReadError) -> String {
    let problem = &error.diagnostic();
    if problem.place.is_none() {
        return format!("{}: {error}", source.name);
    }
    let snippet = Snippet { diagnostic: problem, file: &source.name, text: &source.text };
    format!("the rollout cannot be read\n{snippet}")
}
