//! TCP connections, as a network filter sees them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// One connection of a client's.
#[derive(Debug)]
pub struct Connection {
    /// Counted from 1.
    pub id: u64,
    /// Bytes from the client that the filter has not let on.
    pub downstream: RefCell<Vec<u8>>,
    /// Bytes from the server that the filter has not let on.
    pub upstream: RefCell<Vec<u8>>,
    /// The client's end is closed.
    pub downstream_closed: Cell<bool>,
    /// The server's end is closed.
    pub upstream_closed: Cell<bool>,
}

/// What a filter sees of a connection.
#[derive(Debug)]
pub struct TcpView {
    /// The connection.
    pub connection: Rc<Connection>,
    /// The client's bytes can be read and changed.
    pub downstream: bool,
    /// The server's bytes can be read and changed.
    pub upstream: bool,
}
