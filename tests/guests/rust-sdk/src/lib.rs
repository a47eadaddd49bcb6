//! The filters are in `examples/`; this library is empty.
