//! How a VM dies: [`VmFailure`]. The rest is the host's own: one instance of a module, with its memory, its contexts, and
//! calls into it.
//!
//! A VM knows nothing of streams that flow or of clocks that tick: it is called, and what a call asks of
//! the world goes through `Port` or is left in `Guest::deferred` until the call is over, because that
//! is when Envoy does it.

mod callback;
mod context;
mod exports;
mod failure;
mod guest;
mod instance;
mod nowhere;
mod port;

pub(crate) use callback::Callback;
pub(crate) use context::{Body, CallAnswer, Context, HttpView, Kind, RootView};
pub(crate) use failure::HostTrap;
pub use failure::{FailureKind, VmFailure};
pub(crate) use guest::{Deferred, Guest, LocalReply, PluginInfo, VmInfo};
pub(crate) use instance::Vm;
#[doc(hidden)]
pub use nowhere::start_once;
pub(crate) use port::{HttpCall, Port};
