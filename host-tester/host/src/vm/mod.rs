//! How a VM dies: [`VmFailure`]; and [`try_start`], which says whether a module survives its own start.
//!
//! The rest of this module is the host's own: one running instance of a module, and the calls into it.

mod callback;
mod exports;
mod instance;
mod start;

pub use crate::state::{FailureKind, VmFailure};
pub(crate) use callback::Callback;
pub(crate) use instance::Vm;
pub use start::try_start;
