//! How a scenario is read: trees into checked types.

pub(crate) mod declare;
pub(crate) mod decode;
mod leaf;

pub use leaf::{Share, Size, Wanted};
