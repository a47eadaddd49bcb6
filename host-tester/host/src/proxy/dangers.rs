//! Calls that kill Envoy 1.40, or keep it busy until it dies. Here they do nothing but count as failures.

use super::live::{Live, Way};
use super::world::World;
use crate::vm::{FailureKind, VmFailure};

impl World {
    /// From `proxy_on_log` Envoy calls it again inside itself until its stack is full; from `proxy_on_done` it
    /// crashes at once.
    pub(super) fn report_if_over(&self, live: &Live, what: &'static str) {
        if live.over.get() {
            self.would_crash(live, what);
        }
    }

    /// A response is continued that has not begun.
    pub(super) fn report_if_unanswered(&self, live: &Live, way: Way) {
        if way == Way::Response && live.stream.response.headers.borrow().is_none() {
            self.would_crash(live, "continue_stream for a response before there is one");
        }
    }

    fn would_crash(&self, live: &Live, what: &'static str) {
        self.died(&VmFailure {
            kind: FailureKind::CrashesEnvoy(what),
            callback: "a callback",
            worker: live.worker,
            at: self.now(),
            memory_refused: None,
        });
    }
}
