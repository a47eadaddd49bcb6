//! The boundary to a module: Proxy-Wasm 0.1.0, 0.2.0 and 0.2.1, and what of WASI its toolchains link.
//!
//! Numbers that a module passes become values of [`kinds`] or are refused, and what a module gets wrong is a
//! [`Status`], as in Envoy, never a panic.

pub mod envoy;
pub mod kinds;
pub mod pairs;
pub mod protobuf;
pub mod status;
pub mod table;
pub mod version;

pub use kinds::{BufferType, LogLevel, MapType, MetricKind, StreamType};
pub use status::Status;
pub use version::AbiVersion;
