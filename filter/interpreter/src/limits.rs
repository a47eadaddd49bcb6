//! What one evaluation may use.

/// What one evaluation may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Fuel, in units of wasmi: about one for each instruction, and one for each 64 bytes that are copied. Other
    /// engines count otherwise.
    pub fuel: u64,
    /// Linear memory, bytes.
    pub memory: usize,
}
