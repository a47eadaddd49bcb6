//! gRPC requests of the filters' own, and their peers.
//!
//! The order of callbacks is Envoy's: a stream gets initial metadata, messages, trailing metadata and the status, whatever
//! happened; a call gets its message and nothing else, or, if it failed, its status and nothing else.

use super::callouts::count;
use super::events::Event;
use super::grpc_script::{INTERNAL, Script, Step, UNAVAILABLE, close, framed, sent};
use super::peers::{Callout, Peer};
use super::simulation::Simulation;
use crate::abi::Status;
use crate::callout::{GrpcCall, GrpcMessage, is_call};
use crate::state::RootView;
use crate::upstream::Kind;
use crate::vm::Callback;
use std::time::Duration;

impl Simulation {
    /// Begins a gRPC callout. Without a host it fails at once, and is closed all the same when the call is over.
    pub(super) fn grpc_call(&self, call: GrpcCall) -> Result<(), Status> {
        let GrpcCall { vm, context, token, .. } = call;
        let known = self.upstreams.has(&call.cluster);
        let drawn = self.draw(&call.cluster);
        let counted = drawn.is_some();
        let drawn = drawn.unwrap_or((Duration::ZERO, Kind::NoHost));
        let seen = counted.then(|| self.remember(vm, call.cluster.clone(), sent(&call))).flatten();
        self.peers.insert((vm, token), Peer::new(context, drawn, seen, counted));
        if !counted {
            let why = if known {
                "no healthy upstream{no_healthy_upstream}"
            } else {
                "Cluster not available"
            };
            self.schedule((vm, token), vec![(Duration::ZERO, close(UNAVAILABLE, why))]);
            return Err(Status::InternalFailure);
        }
        match &call.message {
            Some(message) => self.answer_call(&call, message),
            None => self.answer_opening((vm, token)),
        }
        Ok(())
    }

    /// A call knows its whole answer at once, or that there will be none in time.
    fn answer_call(&self, call: &GrpcCall, message: &[u8]) {
        let callout = (call.vm, call.token);
        let drawn = self.peers.with(callout, |peer| (peer.kind.clone(), peer.latency));
        let Some((kind, latency)) = drawn else { return };
        let script = self.script(&kind, latency, &[message.to_vec()]);
        let took = script.iter().map(|(delay, _)| *delay).sum();
        let timeout = Duration::from_millis(call.timeout_ms.into());
        let late = script.is_empty() || took > timeout;
        let outcome = match (call.timeout_ms > 0 && late, outcome(script)) {
            (true, _) => {
                let text = "upstream request timeout{response_timeout}";
                (timeout, close(UNAVAILABLE, text))
            }
            (false, Some(step)) => (took, step),
            (false, None) => return,
        };
        self.schedule(callout, vec![outcome]);
    }

    /// What a peer does before it has been sent anything.
    fn answer_opening(&self, callout: Callout) {
        let opening = self.peers.with(callout, |peer| (peer.kind.clone(), peer.latency));
        if let Some((kind @ (Kind::ConnectFail | Kind::Reset), latency)) = opening {
            let script = self.script(&kind, latency, &[]);
            self.schedule(callout, script);
        }
    }

    /// A filter does something on a stream; whether its peer is still there.
    pub(super) fn grpc_send(&self, vm: u64, token: u32, message: GrpcMessage) -> bool {
        let callout = (vm, token);
        if !self.peers.has(callout) {
            return false;
        }
        match message {
            GrpcMessage::Send { message, end } => self.peer_receives(callout, Some(&message), end),
            GrpcMessage::Close => self.peer_receives(callout, None, true),
            GrpcMessage::Cancel => {
                self.peers.remove(callout);
            }
        }
        true
    }

    fn peer_receives(&self, callout: Callout, message: Option<&[u8]>, end: bool) {
        let asked = self.peers.with(callout, |peer| {
            let first = !std::mem::replace(&mut peer.answering, true);
            (peer.kind.clone(), peer.latency, first, peer.seen)
        });
        let Some((kind, latency, first, seen)) = asked else { return };
        let mut callouts = self.callouts.borrow_mut();
        if let Some(seen) = seen.and_then(|seen| callouts.get_mut(seen)) {
            message.iter().for_each(|message| seen.sent.body.extend(framed(message)));
            seen.sent.complete |= end;
        }
        drop(callouts);
        let script = match &kind {
            Kind::Answer(answer) if answer.echo => {
                self.echoed(answer, latency, message, first, end)
            }
            Kind::Answer(_) | Kind::ResetAfterHeaders(_) if first => {
                self.script(&kind, latency, &[])
            }
            _ => Script::new(),
        };
        self.schedule(callout, script);
    }

    /// Puts steps behind those that a peer has still to do. One of them at a time is in the event queue, so that
    /// nothing comes between them but time.
    fn schedule(&self, callout: Callout, script: Script) {
        self.peers.schedule(callout, self.now(), script);
        self.wake_peer(callout);
    }

    fn wake_peer(&self, callout: Callout) {
        if let Some(at) = self.peers.wait(callout) {
            let (vm, token) = callout;
            self.put_at(at, Event::Grpc { vm, token });
        }
    }

    /// A peer does the next thing.
    pub(super) fn grpc_step(&self, vm: u64, token: u32) {
        let callout = (vm, token);
        let Some((context, step)) = self.peers.next_step(callout) else { return };
        let last = matches!(step, Step::Close { .. })
            || is_call(token) && matches!(step, Step::Message(_));
        let gone = last.then(|| self.peers.remove(callout)).flatten();
        let Some(cell) = self.vm(vm) else {
            self.peers.remove(callout);
            return;
        };
        if gone.is_some_and(|peer| peer.counted) {
            cell.vm.borrow_mut().host_mut().open_calls -= 1;
        }
        let callback = cell.with_root(context, |root| shown(root, token, step));
        if let Some(callback) = callback {
            self.call_root(vm, context, callback);
        }
        if !cell.dead.get() {
            cell.with_root(context, |root| hidden(root, token, last));
            self.wake_peer(callout);
        }
    }
}

/// Lets a plugin see what it is told.
fn shown(root: &mut RootView, token: u32, step: Step) -> Callback {
    match step {
        Step::Initial(map) => {
            let count = count(map.len());
            root.grpc.initial = Some(map);
            Callback::GrpcInitialMetadata { token, count }
        }
        Step::Message(message) => {
            let size = count(message.len());
            root.grpc.message = Some(message);
            Callback::GrpcReceive { token, size }
        }
        Step::Trailing(map) => {
            let count = count(map.len());
            root.grpc.trailing = Some(map);
            Callback::GrpcTrailingMetadata { token, count }
        }
        Step::Close { status, text } => {
            root.status = (status, text.into_bytes());
            Callback::GrpcClose { token, status }
        }
    }
}

fn hidden(root: &mut RootView, token: u32, last: bool) {
    (root.grpc.initial, root.grpc.message, root.grpc.trailing) = (None, None, None);
    if last {
        root.status.1.clear();
        root.grpc.closed(token);
    }
}

/// What a call hears: its message, or why there is none.
fn outcome(script: Script) -> Option<Step> {
    let (mut message, mut end) = (None, None);
    for (_, step) in script {
        match step {
            Step::Message(_) => message = Some(step),
            Step::Close { .. } => end = Some(step),
            Step::Initial(_) | Step::Trailing(_) => {}
        }
    }
    match end? {
        Step::Close { status: 0, .. } => Some(message.unwrap_or_else(|| close(INTERNAL, ""))),
        failure => Some(failure),
    }
}
