//! One instance of a module: its memory, its contexts, and calls into it.
//!
//! A VM knows nothing of streams that flow or of clocks that tick: it is called, and what a call asks of
//! the world goes through [`Port`] or is left in [`Guest::deferred`] until the call is over, because that
//! is when Envoy does it.

mod callback;
mod context;
mod exports;
mod failure;
mod guest;
mod instance;
mod port;

pub use callback::Callback;
pub use context::{Body, CallAnswer, Context, HttpView, Kind, RootView};
pub use exports::Exports;
pub use failure::{FailureKind, HostTrap, VmFailure};
pub use guest::{Allowance, Deferred, Guest, LocalReply, PluginInfo, VmInfo};
pub use instance::Vm;
pub use port::{HttpCall, Port};
