//! TCP connections, as a network filter sees them.
//!
//! All filters of a connection share its two buffers. What a filter lets go stays where it is until the last one has
//! let it go too, so that a filter that held nothing back sees the same bytes again if one behind it did: so it is in
//! Envoy.

use super::info::StreamInfo;
use std::cell::RefCell;
use std::rc::Rc;

/// One connection of a client's.
#[derive(Debug)]
pub struct Connection {
    /// Counted from 1, together with HTTP streams.
    pub id: u64,
    /// What is known about it.
    pub info: RefCell<StreamInfo>,
    /// Bytes from the client that the filters have not let on.
    pub downstream: RefCell<Vec<u8>>,
    /// Bytes from the server that the filters have not let on.
    pub upstream: RefCell<Vec<u8>>,
}

/// What a filter sees of a connection.
#[derive(Debug)]
pub struct TcpView {
    /// The connection.
    pub connection: Rc<Connection>,
    /// Which filter of the chain this is.
    pub filter: usize,
    /// The client's bytes can be read and changed.
    pub downstream: bool,
    /// The server's bytes can be read and changed.
    pub upstream: bool,
}
