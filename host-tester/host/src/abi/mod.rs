//! The boundary to a module: Proxy-Wasm 0.1.0, 0.2.0 and 0.2.1, and what of WASI its toolchains link.
//!
//! Everything that a module passes is hostile. Its pointers become slices in [`memory`] and nowhere
//! else; its numbers become values of [`kinds`] or are refused; and what it gets wrong is a status,
//! as in Envoy, never a panic.

pub mod calls;
pub mod envoy;
pub mod kinds;
pub mod memory;
pub mod pairs;
pub mod protobuf;
pub mod status;
pub mod table;
pub mod version;

pub use kinds::{BufferType, LogLevel, MapType, MetricKind, StreamType};
pub use status::Status;
pub use version::AbiVersion;
