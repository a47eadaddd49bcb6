//! The tests of the whole are in `tests/`; this library is empty.
