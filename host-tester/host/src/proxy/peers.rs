//! The far ends of the gRPC callouts that are open.

use super::grpc_script::{Script, Step};
use crate::upstream::Kind;
use hashbrown::HashMap;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

/// A gRPC callout: the VM that made it, and its token there.
pub(super) type Callout = (u64, u32);

/// The far end of a gRPC callout.
pub(super) struct Peer {
    /// The root context that gets the answers.
    pub(super) context: u32,
    pub(super) kind: Kind,
    pub(super) latency: Duration,
    /// What it will do, and when.
    steps: VecDeque<(u64, Step)>,
    /// The first of its steps is in the event queue.
    waiting: bool,
    /// It has begun to answer.
    pub(super) answering: bool,
    /// The number under which the request is kept for the caller.
    pub(super) seen: Option<u64>,
    /// The VM counts it as an open callout.
    pub(super) counted: bool,
}

impl Peer {
    /// A peer that has done nothing yet.
    pub(super) fn new(
        context: u32,
        (latency, kind): (Duration, Kind),
        seen: Option<u64>,
        counted: bool,
    ) -> Self {
        let (steps, waiting, answering) = (VecDeque::new(), false, false);
        Self { context, kind, latency, steps, waiting, answering, seen, counted }
    }
}

/// The peers of all gRPC callouts that are open.
#[derive(Default)]
pub(super) struct Peers(RefCell<HashMap<Callout, Peer>>);

impl Peers {
    /// A callout has begun.
    pub(super) fn insert(&self, callout: Callout, peer: Peer) {
        self.0.borrow_mut().insert(callout, peer);
    }

    /// A callout is over.
    pub(super) fn remove(&self, callout: Callout) -> Option<Peer> {
        self.0.borrow_mut().remove(&callout)
    }

    /// Whether a callout is open.
    pub(super) fn has(&self, callout: Callout) -> bool {
        self.0.borrow().contains_key(&callout)
    }

    /// Reads or changes the peer of a callout, if it is open.
    pub(super) fn with<T>(&self, callout: Callout, work: impl FnOnce(&mut Peer) -> T) -> Option<T> {
        self.0.borrow_mut().get_mut(&callout).map(work)
    }

    /// Puts steps behind those that a peer has still to do, each so long after the one before.
    pub(super) fn schedule(&self, callout: Callout, now: u64, script: Script) {
        self.with(callout, |peer| {
            let mut at = now;
            for (delay, step) in script {
                at += u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX / 4);
                at = peer.steps.back().map_or(at, |(last, _)| at.max(*last));
                peer.steps.push_back((at, step));
            }
        });
    }

    /// When a peer does the next thing, if that is not in the event queue yet; from now on it counts as being there.
    pub(super) fn wait(&self, callout: Callout) -> Option<u64> {
        self.with(callout, |peer| {
            let at = peer.steps.front().filter(|_| !peer.waiting).map(|(at, _)| *at)?;
            peer.waiting = true;
            Some(at)
        })?
    }

    /// Takes the next step of a peer, and the root context that hears of it.
    pub(super) fn next_step(&self, callout: Callout) -> Option<(u32, Step)> {
        self.with(callout, |peer| {
            peer.waiting = false;
            peer.steps.pop_front().map(|(_, step)| (peer.context, step))
        })?
    }
}
