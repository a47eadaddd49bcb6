//! FNV-1a, 32 bits (Fowler, Noll, Vo), fed in pieces.
//!
//! Here only because GrowthBook buckets by it. On its own it is a poor bucketer: with seeds that
//! differ in the last character two rollouts share nobody; hence GrowthBook's second round.

#[cfg(test)]
mod tests;

/// The state of a hash under way.
#[derive(Clone, Copy, Debug)]
pub struct Fnv1a(u32);

impl Fnv1a {
    /// A hash of nothing yet.
    pub const fn new() -> Self {
        Self(0x811c_9dc5)
    }

    /// The hash continued by `bytes`.
    #[must_use]
    pub fn update(self, bytes: &[u8]) -> Self {
        Self(
            bytes
                .iter()
                .fold(self.0, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)),
        )
    }

    /// The hash of everything so far.
    pub const fn finish(self) -> u32 {
        self.0
    }
}

impl Default for Fnv1a {
    fn default() -> Self {
        Self::new()
    }
}
