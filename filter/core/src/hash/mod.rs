//! Hashes that other systems and our own books agree on, fed in pieces.

pub mod fnv1a;
pub mod murmur3;
