//! What a request and its response are made of, as filters see them.

pub mod date;
pub mod flags;
pub mod headers;
pub mod stream;

pub use flags::Flags;
pub use headers::HeaderMap;
pub use stream::{Half, Info, Stream};
