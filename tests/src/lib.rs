//! What the tests of the whole share; the tests themselves are in `tests/`.

pub mod guests;
pub mod policies;

pub use guests::{guest, guest_or_skip};
