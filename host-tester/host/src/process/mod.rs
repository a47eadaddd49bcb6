//! What all workers of a proxy share: shared data, queues, metrics, the clock, the log.
//!
//! A test reads them from its proxy, with [`Proxy::metrics`](crate::proxy::Proxy::metrics) and its like.
//!
//! In Envoy these sit behind locks. Here one worker runs at a time and cells are enough; where another
//! worker could have come between, the host may let it (`vm::Port::give_way`).

mod limits;
mod log;
mod metrics;
mod queues;
mod shared_data;

use crate::stream::GivenProperties;
use std::cell::{Cell, RefCell};

pub use crate::abi::LogLevel;
pub use limits::Limits;
use log::Log;
pub use log::LogLine;
pub(crate) use metrics::Index;
pub use metrics::{BUCKETS, Metric, Metrics, Samples, Value};
pub(crate) use queues::Listener;
use queues::Queues;
pub use shared_data::SharedData;

/// One proxy's shared part.
#[derive(Debug)]
pub(crate) struct Process {
    /// Nanoseconds since 1970; only the event loop moves it.
    pub now: Cell<u64>,
    /// The key-value pairs that VMs share.
    pub data: RefCell<SharedData>,
    /// The queues between VMs.
    pub queues: RefCell<Queues>,
    /// The counters, gauges and histograms of all VMs.
    pub metrics: RefCell<Metrics>,
    /// What filters and the host have logged.
    pub log: RefCell<Log>,
    /// The source of what `random_get` gives to modules.
    pub random: RefCell<fastrand::Rng>,
    /// How much of the machine filters may take.
    pub limits: Limits,
    /// Properties that the test gives for every stream and plugin.
    pub given: GivenProperties,
}

impl Process {
    /// An empty one.
    pub(crate) fn new(now: u64, seed: u64, limits: Limits) -> Self {
        Self {
            now: Cell::new(now),
            data: RefCell::default(),
            queues: RefCell::default(),
            metrics: RefCell::default(),
            log: RefCell::new(Log::new(limits.log_lines)),
            random: RefCell::new(fastrand::Rng::with_seed(seed ^ 0x6775_6573_7473)),
            limits,
            given: GivenProperties::default(),
        }
    }
}
