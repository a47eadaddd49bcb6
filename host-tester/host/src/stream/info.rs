//! What is known about a stream or a connection.

use super::given::GivenProperties;
use crate::http::Flags;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;

/// What is known about a stream; properties and the access log are made of it.
#[derive(Clone, Debug)]
pub struct StreamInfo {
    /// When it began, nanoseconds since 1970.
    pub began: u64,
    /// When it ended; only in `on_log`.
    pub ended: Option<u64>,
    /// Which failures there were.
    pub flags: Flags,
    /// Envoy's response code details.
    pub details: Option<String>,
    /// The status that went to the client.
    pub status: Option<u16>,
    /// The route's name.
    pub route: Option<Rc<str>>,
    /// The route's cluster.
    pub cluster: Option<Rc<str>>,
    /// The upstream's address, once one was asked.
    pub upstream: Option<SocketAddr>,
    /// How often an upstream was asked.
    pub attempts: u32,
    /// When an upstream was asked last; nanoseconds since 1970.
    pub asked_at: u64,
    /// When its answer had come to its end.
    pub answered_at: Option<u64>,
    /// Why an upstream could not be reached.
    pub transport_failure: Option<String>,
    /// The client.
    pub source: SocketAddr,
    /// The listener.
    pub destination: SocketAddr,
    /// The connection's number.
    pub connection: u64,
    /// The client speaks HTTP/2.
    pub http2: bool,
    /// Properties that the test gives.
    pub given: GivenProperties,
    /// What filters have set: the filter state.
    pub state: HashMap<Vec<u8>, Vec<u8>>,
}

/// The key of [`StreamInfo::state`] under which an object of Envoy's own is kept, apart from what filters have set as
/// properties.
pub fn envoy_object_key(path: &[u8]) -> Vec<u8> {
    [b"filter_state\0", path].concat()
}
