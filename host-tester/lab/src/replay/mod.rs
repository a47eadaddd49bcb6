//! What would this rollout have done yesterday? Logged requests through the filter, with the log's own timing.
//!
//! A log tells what became of each request at the version that served it. It does not tell what would have become of
//! it at the other version, and nothing here pretends to know: each request ends as it was logged, wherever the
//! rollout sends it, unless the user says what else to assume ([`what_if`]). How many requests that is true of, and how
//! many had really been with the canary, is counted and said with the result.
//!
//! | file | what |
//! |---|---|
//! | [`entry`] | a logged request |
//! | [`read`] | from files to entries: an access log of Envoy's in JSON, or a HAR file |
//! | [`merge`] | several files in the order of time, with bounded memory |
//! | [`what_if`] | how a logged request ends when it is sent again |
//! | [`play`] | the run |

pub mod entry;
pub mod merge;
pub mod play;
pub mod read;
pub mod what_if;

pub use play::{Options, Played, play};
