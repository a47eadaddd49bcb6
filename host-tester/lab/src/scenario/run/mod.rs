//! A scenario is run: what it says is done at its time, and what comes of it goes to the judge.
//!
//! | file | what |
//! |---|---|
//! | `target` | what a scenario needs of whatever runs it |
//! | `arrivals` | when the requests of open load come, and which |
//! | `agenda` | what is due when |
//! | `drive` | the loop |
//! | `observed` | what it has shown so far |
//! | `module` | which file a plugin runs |
//! | `observer` | who watches beside the judge |

mod agenda;
mod arrivals;
mod drive;
pub mod module;
mod observed;
mod observer;
mod tag;
pub mod target;

pub use drive::{Driven, Progress, drive};
pub use observer::Observer;

#[cfg(test)]
mod tests;
