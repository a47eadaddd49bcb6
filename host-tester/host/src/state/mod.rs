//! The host's side of a VM: what the calls of its module read and change, and how a VM dies.
//!
//! A VM knows nothing of streams that flow or of clocks that tick: it is called, and what a call asks of the proxy goes
//! through [`Port`], or is left in [`HostState::deferred`] until the call is over, because that is when Envoy does it.

mod allowance;
mod context;
mod declared;
mod deferred;
mod failure;
mod host_state;
mod plugin;
mod port;

pub use context::{Body, CallAnswer, Context, HttpView, Kind, RootView};
pub use deferred::{Deferred, LocalReply};
pub use failure::{FailureKind, HostTrap, VmFailure};
pub use host_state::HostState;
pub use plugin::{PluginInfo, VmInfo};
pub use port::{HttpCall, Port};
