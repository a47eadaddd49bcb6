//! A stream as the host keeps it: what has passed so far, and what is known about it.
//!
//! An HTTP stream is a [`Stream`] of two [`HalfStream`]s, the request and the response; a TCP connection is a
//! [`Connection`]. Both have a [`StreamInfo`], of which properties and the access log are made.

mod given;
mod http;
mod info;
mod tcp;
mod value;

pub use given::GivenProperties;
pub use http::{HalfStream, Stream};
pub use info::{StreamInfo, envoy_object_key};
pub use tcp::{Connection, TcpView};
pub use value::PropertyValue;
