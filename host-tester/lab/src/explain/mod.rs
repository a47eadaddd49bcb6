//! Decisions out of logs: which lines are one, and which rollout they belong to.
//!
//! | module | question it answers |
//! |---|---|
//! | `figures` | how did releases go? |
//! | `line` | is this line a decision? |
//! | `log` | what is in this file? |
//! | `timeline` | which decisions belong together? |

mod figures;
mod line;
mod log;
mod timeline;

pub use figures::{Figures, figures};
pub use line::{Line, read_line};
pub use log::{Found, Log};
pub use timeline::{Timeline, timelines};
