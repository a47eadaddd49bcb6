//! The rollouts of this VM under their present configuration. Streams that began under an older one report to these.

use crate::adviser::Adviser;
use crate::live::LiveRollout;
use serinus_core::config::Rollout;
use serinus_core::contract::Cohort;
use std::cell::RefCell;
use std::rc::{Rc, Weak};

thread_local! {
    /// Weak, so that a rollout which leaves the configuration is gone with the last stream that knows it.
    static ROLLOUTS: RefCell<Vec<Weak<LiveRollout>>> = const { RefCell::new(Vec::new()) };
}

/// Puts a rollout to work, and retires the one that had its name in the same plugin.
pub fn install(plugin: &str, rollout: Rollout, adviser: Adviser) -> Rc<LiveRollout> {
    ROLLOUTS.with_borrow_mut(|rollouts| {
        rollouts.retain(|old| match old.upgrade() {
            Some(old) if old.plugin == plugin && old.rollout.name == rollout.name => {
                old.retire();
                false
            }
            old => old.is_some(),
        });
        let live = Rc::new(LiveRollout::open(plugin.to_owned(), rollout, adviser));
        rollouts.push(Rc::downgrade(&live));
        live
    })
}

/// Where a stream reports to that began under `live`: the rollout under the configuration of today, and what its request
/// counts as there. What belongs to another epoch says nothing about the present canary.
pub fn successor(live: &Rc<LiveRollout>, label: Cohort) -> (Rc<LiveRollout>, Cohort) {
    if !live.is_retired() {
        return (Rc::clone(live), label);
    }
    match present(live) {
        Some(heir) if heir.rollout.epoch() == live.rollout.epoch() => (heir, label),
        _ => (Rc::clone(live), Cohort::Outside),
    }
}

/// The rollout that has taken the place of `retired`.
fn present(retired: &LiveRollout) -> Option<Rc<LiveRollout>> {
    ROLLOUTS.with_borrow(|rollouts| {
        let mut present = rollouts.iter().filter_map(Weak::upgrade);
        present
            .find(|live| live.plugin == retired.plugin && live.rollout.name == retired.rollout.name)
    })
}
