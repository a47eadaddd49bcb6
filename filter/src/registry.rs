//! The rollouts of this VM under their present configuration. Streams that began under an older one report to these.

use crate::adviser::Adviser;
use crate::live::LiveRollout;
use serinus_core::config::Rollout;
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

/// The rollout that has taken the place of `retired`.
pub fn successor(retired: &LiveRollout) -> Option<Rc<LiveRollout>> {
    ROLLOUTS.with_borrow(|rollouts| {
        let mut present = rollouts.iter().filter_map(Weak::upgrade);
        present
            .find(|live| live.plugin == retired.plugin && live.rollout.name == retired.rollout.name)
    })
}
