//! A scenario is run: what it says is done at its time, and what comes of it goes to the judge.
//!
//! | file | what |
//! |---|---|
//! | `world` | what a scenario needs of whatever runs it |
//! | `arrivals` | when the requests of open load come, and which |
//! | `agenda` | what is due when |
//! | `drive` | the loop |
//! | `seen` | what it has shown so far |
//! | `module` | which file a plugin runs |

mod agenda;
mod arrivals;
mod drive;
pub mod module;
mod seen;
mod tag;
pub mod world;

pub use drive::{Driven, Progress, drive};

#[cfg(test)]
mod tests;
