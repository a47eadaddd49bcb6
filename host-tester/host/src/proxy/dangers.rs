//! Calls that kill Envoy 1.40, or keep it busy until it dies. Here they do nothing but count as failures.

use super::active::{ActiveStream, Direction};
use super::simulation::Simulation;
use crate::state::{FailureKind, VmFailure};

impl Simulation {
    /// From `proxy_on_log` Envoy calls it again inside itself until its stack is full; from `proxy_on_done` it
    /// crashes at once.
    pub(super) fn report_if_over(&self, active: &ActiveStream, what: &'static str) {
        if active.over.get() {
            self.would_crash(active, what);
        }
    }

    /// A response is continued that has not begun.
    pub(super) fn report_if_unanswered(&self, active: &ActiveStream, direction: Direction) {
        if direction == Direction::Response && active.stream.response.headers.borrow().is_none() {
            self.would_crash(active, "continue_stream for a response before there is one");
        }
    }

    fn would_crash(&self, active: &ActiveStream, what: &'static str) {
        self.died(&VmFailure {
            kind: FailureKind::CrashesEnvoy(what),
            callback: "a callback",
            worker: active.worker,
            at: self.now(),
            memory_refused: None,
        });
    }
}
