//! How much memory a VM may have.

use wasmtime::ResourceLimiter;

/// How much memory a VM may have.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    limit: usize,
    /// It was refused more.
    pub refused: bool,
}

impl Allowance {
    /// An allowance of so many bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit, refused: false }
    }

    /// The limit, if the VM ran into it.
    pub fn exceeded(self) -> Option<usize> {
        self.refused.then_some(self.limit)
    }
}

impl ResourceLimiter for Allowance {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let fits = desired <= self.limit;
        self.refused |= !fits;
        Ok(fits)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= crate::engine::MAX_TABLE)
    }
}
