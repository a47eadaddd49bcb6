//! What a request and its response are made of, as filters see them.

pub(crate) mod date;
mod flags;
mod grpc;
mod headers;

pub use flags::Flags;
pub(crate) use grpc::{grpc_status, is_grpc};
pub use headers::{Header, HeaderMap};
