//! The boundary to a module: Proxy-Wasm 0.1.0, 0.2.0 and 0.2.1, and what of WASI its toolchains link.
//!
//! Numbers that a module passes become values of [`kinds`] or are refused, and what a module gets wrong is a
//! [`Status`], as in Envoy, never a panic.

pub mod envoy;
#[cfg(feature = "runtime")]
pub mod kinds;
#[cfg(feature = "runtime")]
pub mod pairs;
#[cfg(feature = "runtime")]
pub mod protobuf;
#[cfg(feature = "runtime")]
pub mod status;
pub mod table;
pub mod version;

#[cfg(feature = "runtime")]
pub use kinds::{BufferType, LogLevel, MapType, MetricKind, StreamType};
#[cfg(feature = "runtime")]
pub use status::Status;
pub use version::AbiVersion;
