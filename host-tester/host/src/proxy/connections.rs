//! The TCP connections of a proxy: those that are open, and what became of the others.

use super::tcp::{ActiveConnection, TcpExchange};
use hashbrown::HashMap;
use std::cell::RefCell;
use std::rc::Rc;

/// The TCP connections of a proxy.
pub(super) struct Connections {
    open: RefCell<HashMap<u64, Rc<ActiveConnection>>>,
    /// What the caller has not yet taken, in the order in which it ended.
    ended: RefCell<Vec<TcpExchange>>,
    /// Where connections go, unless a filter chooses another cluster.
    pub(super) cluster: Option<Rc<str>>,
}

impl Connections {
    /// No connections yet; they will go to this cluster.
    pub(super) fn to(cluster: Option<Rc<str>>) -> Self {
        Self { open: RefCell::default(), ended: RefCell::default(), cluster }
    }

    /// A connection is open.
    pub(super) fn insert(&self, tcp: &Rc<ActiveConnection>) {
        self.open.borrow_mut().insert(tcp.connection.id, Rc::clone(tcp));
    }

    /// An open connection, by its number.
    pub(super) fn get(&self, id: u64) -> Option<Rc<ActiveConnection>> {
        self.open.borrow().get(&id).cloned()
    }

    /// The open connections of a worker, the oldest first.
    pub(super) fn of_worker(&self, worker: u32) -> Vec<Rc<ActiveConnection>> {
        let mut open: Vec<_> = self.open.borrow().values().cloned().collect();
        open.retain(|tcp| tcp.worker == worker);
        open.sort_by_key(|tcp| tcp.connection.id);
        open
    }

    /// A connection is closed to its filters; what became of it follows with [`Connections::ended`].
    pub(super) fn remove(&self, id: u64) {
        self.open.borrow_mut().remove(&id);
    }

    /// What became of a connection that was closed.
    pub(super) fn ended(&self, exchange: TcpExchange) {
        self.ended.borrow_mut().push(exchange);
    }

    /// Takes what became of the connections that have ended.
    pub(super) fn take_ended(&self) -> Vec<TcpExchange> {
        self.ended.take()
    }
}
