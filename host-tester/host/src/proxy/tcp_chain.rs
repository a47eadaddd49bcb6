//! The network filters of a connection, in Envoy's order and with its rules.
//!
//! What the client sends passes the filters from first to last, what the server sends from last to first. A filter that
//! stops holds its direction up: the bytes stay in the buffer that all share, and with the next ones the filters are asked
//! again, from the first. A filter that resumes lets the bytes on to the next one without being asked itself; only what
//! the client sends can be resumed. A connection ends filter by filter: close, done, log, delete, and only then the next.

use super::simulation::Simulation;
use super::tcp::{ActiveConnection, TcpEnd};
use super::vms::{Handle, VmCell};
use crate::abi::StreamType;
use crate::state::{Context, Deferred, Kind};
use crate::stream::TcpView;
use crate::vm::Callback;
use std::cell::Cell;
use std::rc::Rc;

/// The kinds of a close, as callbacks tell them.
const UNKNOWN: u32 = 0;
const LOCAL: u32 = 1;
const REMOTE: u32 = 2;

/// One filter of a connection.
pub(super) struct ConnectionContext {
    /// Its plugin on this worker; `None` if it was skipped because it is dead and fails open.
    handle: Option<Rc<Handle>>,
    /// The number of its context in the VM; 0 before there is one.
    id: Cell<u32>,
    /// It has been told of the connection.
    told: Cell<bool>,
}

impl ConnectionContext {
    pub(super) fn new(handle: Option<Rc<Handle>>) -> Self {
        handle.iter().for_each(|handle| handle.enter());
        Self { handle, id: Cell::new(0), told: Cell::new(false) }
    }

    /// It has no more to do with its plugin, which may go if it has been replaced.
    fn leave(&self) {
        self.handle.iter().for_each(|handle| handle.leave());
    }

    /// Its plugin, if there is a context to call.
    fn called(&self) -> Option<(&Rc<Handle>, u32)> {
        let context = Some(self.id.get()).filter(|context| *context != 0)?;
        self.handle.as_ref().map(|handle| (handle, context))
    }
}

impl Simulation {
    /// What can be read passes the filters from a place on, and those that do not know of the connection are told.
    pub(super) fn tcp_read_from(&self, tcp: &Rc<ActiveConnection>, from: usize) {
        for (place, context) in tcp.contexts.iter().enumerate().skip(from) {
            if tcp.over.get() || !self.tcp_shown(tcp, place, context) {
                return;
            }
        }
        if tcp.over.get() {
            return;
        }
        if !tcp.proxied.get() {
            self.tcp_proxy(tcp);
        }
        let bytes = std::mem::take(&mut *tcp.connection.downstream.borrow_mut());
        let end = tcp.read_end.get() && !tcp.exchange.borrow().sent_end;
        if !bytes.is_empty() || end {
            self.tcp_to_cluster(tcp, &bytes, end);
        }
    }

    /// Shows a filter the connection and what of it can be read; whether it goes on.
    fn tcp_shown(
        &self,
        tcp: &Rc<ActiveConnection>,
        place: usize,
        context: &ConnectionContext,
    ) -> bool {
        let Some(handle) = &context.handle else { return true };
        if !context.told.replace(true) {
            self.tcp_create(tcp, place, context, handle);
            if !self.tcp_ask(tcp, context, Callback::NewConnection) {
                return false;
            }
        }
        let (size, end) = (tcp.connection.downstream.borrow().len(), tcp.read_end.get());
        if size == 0 && !end {
            return true;
        }
        tcp_view(context, |view| view.downstream = true);
        let size = super::callouts::count(size);
        let goes = self.tcp_ask(tcp, context, Callback::DownstreamData { size, end });
        if goes {
            tcp_view(context, |view| view.downstream = false);
        }
        goes
    }

    /// What the server has sent passes the filters, last first.
    pub(super) fn tcp_write_back(&self, tcp: &Rc<ActiveConnection>, end: bool) {
        for context in tcp.contexts.iter().rev().filter(|context| context.called().is_some()) {
            tcp_view(context, |view| view.upstream = true);
            let size = super::callouts::count(tcp.connection.upstream.borrow().len());
            let goes = self.tcp_ask(tcp, context, Callback::UpstreamData { size, end });
            if goes {
                tcp_view(context, |view| view.upstream = false);
            }
            if end && !tcp.over.get() {
                self.tcp_ask(tcp, context, Callback::UpstreamClose { kind: UNKNOWN });
            }
            if !goes || tcp.over.get() {
                return;
            }
        }
        let bytes = std::mem::take(&mut *tcp.connection.upstream.borrow_mut());
        self.tcp_to_client(tcp, &bytes, end);
    }

    fn tcp_create(
        &self,
        tcp: &Rc<ActiveConnection>,
        place: usize,
        context: &ConnectionContext,
        handle: &Rc<Handle>,
    ) {
        if handle.vm.dead.get() {
            return;
        }
        let id = {
            let mut vm = handle.vm.vm.borrow_mut();
            let host = vm.host_mut();
            let id = host.new_context_id();
            let connection = Rc::clone(&tcp.connection);
            let view = TcpView { connection, filter: place, downstream: false, upstream: false };
            let plugin = Rc::clone(&handle.info);
            let kind = Kind::Tcp(view);
            host.contexts.insert(id, Context { root: handle.root, plugin, ending: false, kind });
            id
        };
        context.id.set(id);
        // If the VM dies of it, the next callback tells the connection.
        let _ = self.call(&handle.vm, id, Callback::ContextCreate { parent: handle.root });
    }

    /// Calls a filter; whether it goes on. A dead VM closes its connection, under every failure policy.
    fn tcp_ask(
        &self,
        tcp: &Rc<ActiveConnection>,
        context: &ConnectionContext,
        callback: Callback,
    ) -> bool {
        let Some(handle) = &context.handle else { return true };
        let called = match context.called() {
            Some((handle, context)) if !handle.vm.dead.get() => {
                self.call(&handle.vm, context, callback).ok()
            }
            _ if handle.vm.dead.get() => None,
            _ => return true,
        };
        match called {
            Some(answer) => answer.unwrap_or(0) == 0 && !tcp.over.get(),
            None => {
                self.tcp_finish(tcp, TcpEnd::Proxy);
                false
            }
        }
    }

    /// The end: filter by filter, in the order of the chain.
    pub(super) fn tcp_finish(&self, tcp: &Rc<ActiveConnection>, by: TcpEnd) {
        if tcp.over.replace(true) {
            return;
        }
        let kind = if by == TcpEnd::Client { REMOTE } else { LOCAL };
        tcp.connection.info.borrow_mut().ended = Some(self.now());
        for (handle, context) in tcp.contexts.iter().filter_map(ConnectionContext::called) {
            let close = Callback::DownstreamClose { kind };
            for callback in [close, Callback::Done, Callback::Log, Callback::Delete] {
                if !handle.vm.dead.get() {
                    // A VM that dies here has been reported; the connection is over anyway.
                    let _ = self.call(&handle.vm, context, callback);
                }
            }
            if !handle.vm.dead.get() {
                handle.vm.vm.borrow_mut().host_mut().contexts.remove(&context);
            }
        }
        tcp.contexts.iter().for_each(ConnectionContext::leave);
        self.connections.remove(tcp.connection.id);
        let mut exchange = tcp.exchange.borrow().clone();
        exchange.flags = tcp.connection.info.borrow().flags;
        (exchange.end, exchange.ended) = (by, self.now());
        exchange.received_end |= matches!(by, TcpEnd::Proxy);
        self.connections.ended(exchange);
        self.retire();
    }

    /// Does what a call on a connection left to do; gives back what was no such call.
    pub(super) fn settle_tcp(&self, cell: &Rc<VmCell>, action: Deferred) -> Option<Deferred> {
        let (Deferred::Continue { context, stream } | Deferred::Close { context, stream }) = action
        else {
            return Some(action);
        };
        let found = {
            let vm = cell.vm.borrow();
            match vm.host().contexts.get(&context).map(|context| &context.kind) {
                Some(Kind::Tcp(view)) => (view.connection.id, view.filter),
                _ => return Some(action),
            }
        };
        let tcp = self.connections.get(found.0)?;
        match (action, stream) {
            (_, StreamType::Request | StreamType::Response) => {}
            (Deferred::Close { .. }, _) => self.tcp_finish(&tcp, TcpEnd::Proxy),
            _ => self.tcp_read_from(&tcp, found.1 + 1),
        }
        None
    }
}

/// What a filter sees of a connection.
fn tcp_view(context: &ConnectionContext, work: impl FnOnce(&mut TcpView)) {
    let Some((handle, context)) = context.called().filter(|(handle, _)| !handle.vm.dead.get())
    else {
        return;
    };
    let mut vm = handle.vm.vm.borrow_mut();
    let context = vm.host_mut().contexts.get_mut(&context);
    if let Some(Kind::Tcp(view)) = context.map(|context| &mut context.kind) {
        work(view);
    }
}
