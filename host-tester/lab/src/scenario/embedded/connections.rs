//! The TCP connections of a scenario, from the client's side.

use crate::scenario::request::Connection;
use serinus_host::proxy::{Proxy, TcpExchange};
use std::net::{IpAddr, Ipv4Addr};

/// A connection on which there may be more to send.
struct Open {
    id: u64,
    tag: u64,
    spec: Connection,
    sent: usize,
}

/// Every connection that is open, and those that have ended since they were last taken.
#[derive(Default)]
pub(super) struct Connections {
    open: Vec<Open>,
    over: Vec<(u64, TcpExchange)>,
}

impl Connections {
    /// Connects and sends the first piece; the connection's number.
    pub(super) fn connect(&mut self, proxy: &mut Proxy, spec: &Connection, tag: u64) -> u64 {
        let source = spec.source.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let id = proxy.connect(source, spec.worker.map(|worker| worker + 1));
        self.open.push(Open { id, tag, spec: spec.clone(), sent: 0 });
        self.send(proxy, id);
        id
    }

    /// Goes on where a piece is due, and notes what has ended.
    pub(super) fn attend(&mut self, proxy: &mut Proxy) {
        for id in proxy.woken() {
            self.send(proxy, id);
        }
        for over in proxy.disconnected() {
            let place = self.open.iter().position(|open| open.id == over.id);
            if let Some(place) = place {
                self.over.push((self.open.swap_remove(place).tag, over));
            }
        }
    }

    /// Sends the next piece, or closes the client's side after the last.
    fn send(&mut self, proxy: &mut Proxy, id: u64) {
        let Some(open) = self.open.iter_mut().find(|open| open.id == id) else { return };
        while let Some(piece) = open.spec.send.get(open.sent) {
            proxy.write(id, piece);
            open.sent += 1;
            let more = open.sent < open.spec.send.len() || open.spec.close;
            if more && !open.spec.every.is_zero() {
                let every = u64::try_from(open.spec.every.as_nanos()).unwrap_or(u64::MAX);
                return proxy.wake_at(proxy.now().saturating_add(every), id);
            }
        }
        if open.spec.close {
            proxy.end(id);
        }
    }

    /// Whether one with that tag has ended.
    pub(super) fn is_over(&self, tag: u64) -> bool {
        self.over.iter().any(|(over, _)| *over == tag)
    }

    /// Whether none is open.
    pub(super) fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    /// Takes those that have ended, with their tags.
    pub(super) fn take(&mut self) -> Vec<(u64, TcpExchange)> {
        std::mem::take(&mut self.over)
    }
}
