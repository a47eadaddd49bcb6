//! A filter that logs everything it sees, and does what its configuration says.
//!
//! Written against the raw ABI 0.2.1: an SDK panics on a status it does not like, hides the callbacks it
//! does not model, and so shows its own behaviour rather than the host's. Every line of its log starts
//! with `probe `, names streams by the order of their creation, and holds nothing else of its own making:
//! two hosts are equal where their lines are.

mod act;
mod exports;
mod host;
mod line;
mod script;
mod show;
mod state;
