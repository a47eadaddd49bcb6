//! The parts of a page that are text and tables.

mod contents;
mod decisions;
mod expectations;
mod head;
mod logs;
mod metrics;
mod numbers;
mod rollout;
mod traffic;

pub(super) use contents::contents;
pub(super) use expectations::expectations;
pub(super) use head::head;
pub(super) use logs::logs;
pub(super) use metrics::metrics;
pub(super) use rollout::rollout;
pub(super) use traffic::traffic;

use crate::story::plural;

/// What a list leaves out, if it does. A page is for reading, and a browser has to open it.
fn omitted(all: usize, shown: usize, what: &str) -> String {
    match all.saturating_sub(shown) {
        0 => String::new(),
        more => format!("<p class=note>{} more left out.</p>\n", plural(more as u64, what)),
    }
}
