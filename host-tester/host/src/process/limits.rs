//! How much a guest may take of the laptop it runs on. Envoy has no such limits; a test needs them, and
//! says which one was reached.

/// Limits for one proxy. A VM that goes beyond one dies with a typed failure.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// use serinus_host::process::Limits;
///
/// // Whoever holds back more of a body than this gets 413, as with Envoy's `per_connection_buffer_limit_bytes`.
/// let limits = Limits::default().buffer(64 << 10);
///
/// // A small machine, for a filter that is to behave on one.
/// let small = Limits::default()
///     .memory(4 << 20)
///     .fuel(10_000_000)
///     .shared_data(1 << 20)
///     .queues(1 << 20)
///     .metrics(100)
///     .callouts(10)
///     .log_lines(1_000);
/// let proxy = example::builder()?.limits(limits).start()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of memory that each VM may have.
    pub memory: usize,
    /// Fuel that each callback may burn: about one unit per instruction.
    pub fuel: u64,
    /// Bytes that all keys and values of shared data may take together.
    pub shared_data: usize,
    /// Bytes that the items of all queues may take together.
    pub queues: usize,
    /// Metrics that filters may define.
    pub metrics: usize,
    /// Callouts that one VM may have open, and CEL expressions that one plugin may keep.
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

impl Limits {
    /// Gives every VM so many bytes of memory.
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// Gives every callback so much fuel.
    pub fn fuel(mut self, units: u64) -> Self {
        self.fuel = units;
        self
    }

    /// Lets all shared data together take so many bytes.
    pub fn shared_data(mut self, bytes: usize) -> Self {
        self.shared_data = bytes;
        self
    }

    /// Lets all queues together take so many bytes.
    pub fn queues(mut self, bytes: usize) -> Self {
        self.queues = bytes;
        self
    }

    /// Lets filters define so many metrics.
    pub fn metrics(mut self, count: usize) -> Self {
        self.metrics = count;
        self
    }

    /// Lets one VM have so many callouts open.
    pub fn callouts(mut self, count: usize) -> Self {
        self.callouts = count;
        self
    }

    /// Keeps so many lines of the log.
    pub fn log_lines(mut self, count: usize) -> Self {
        self.log_lines = count;
        self
    }

    /// Lets a filter hold back so many bytes of a body.
    pub fn buffer(mut self, bytes: usize) -> Self {
        self.buffer = bytes;
        self
    }
}
