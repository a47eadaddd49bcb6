//! What a request and its response are made of, as filters see them.

pub(crate) mod date;
mod flags;
mod headers;
mod stream;

pub use flags::Flags;
pub use headers::{Header, HeaderMap};
pub(crate) use stream::{Half, Info, Stream};
