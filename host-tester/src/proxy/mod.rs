//! A proxy: workers, plugins, routes, and a clock that nobody waits for.
//!
//! | file | what |
//! |---|---|
//! | [`world`] | what there is, and the event loop |
//! | [`events`] | what will happen, in order |
//! | [`workers`] | VMs on workers: configured, reconfigured, crashed, reloaded |
//! | [`chain`] | the filters of a stream, in Envoy's order and with its rules |
//! | [`calls`] | one callback of a stream: what is visible, what its answer means |
//! | [`reply`] | answers that come from no upstream |
//! | [`router`] | the end of the chain: routes, retries, timeouts |
//! | [`client`] | the other end: what the client gets |
//! | [`callouts`] | requests of the filters' own |
//!
//! Everything runs on one thread, one worker at a time, in an order that the seed decides. A callback
//! takes no virtual time; an interruption by another worker does.

mod api;
mod builder;
mod callouts;
mod calls;
mod chain;
mod client;
mod events;
mod exchange;
mod live;
mod reply;
mod request;
mod router;
mod workers;
mod world;

pub use api::Proxy;
pub use builder::{Builder, FailurePolicy, Plugin, StartError};
pub use exchange::{CalloutSeen, Exchange, Received, Sent};
pub(crate) use reply::grpc_status;
pub use request::Request;
pub use workers::Refused;
