//! How much a guest may take of the laptop it runs on. Envoy has no such limits; a test needs them, and
//! says which one was reached.

/// Limits for one proxy. A VM that goes beyond one dies with a typed failure.
///
/// ```
/// # serinus_host::example!();
/// use serinus_host::process::Limits;
///
/// // Whoever holds back more of a body than this gets 413, as with Envoy's `per_connection_buffer_limit_bytes`.
/// let limits = Limits { buffer: 64 << 10, ..Limits::default() };
/// let proxy = builder().limits(limits).start().unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory per VM.
    pub memory: usize,
    /// Fuel per callback: about one unit per instruction.
    pub fuel: u64,
    /// Bytes of all shared data together.
    pub shared_data: usize,
    /// Bytes of all queues together.
    pub queues: usize,
    /// Metrics that may be defined.
    pub metrics: usize,
    /// Callouts that one VM may have open.
    pub callouts: usize,
    /// Lines of the log that are kept; older ones are dropped.
    pub log_lines: usize,
    /// Bytes of a body that may be held back, Envoy's `per_connection_buffer_limit_bytes`: beyond it a
    /// request is answered with 413, a response with 500.
    pub buffer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 256 << 20,
            fuel: 1_000_000_000,
            shared_data: 256 << 20,
            queues: 64 << 20,
            metrics: 100_000,
            callouts: 10_000,
            log_lines: 100_000,
            buffer: 1 << 20,
        }
    }
}
