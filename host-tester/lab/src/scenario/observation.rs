//! What a run shows of itself: the same from the embedded host and from a real Envoy.
//!
//! Times are since the scenario's start, on whichever clock the run has.

use super::expectation::Level;
use super::http::Headers;
use std::time::Duration;

/// A request that is over, as far as counting needs it. Borrowed: a day of traffic is 17 million of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Finished<'a> {
    /// When it began.
    pub began: Duration,
    /// When it ended.
    pub ended: Duration,
    /// The user that it came from.
    pub user: Option<&'a str>,
    /// The cluster that was asked.
    pub cluster: Option<&'a str>,
    /// The name of the route.
    pub route: Option<&'a str>,
    /// The status; `None`: the client got no answer.
    pub status: Option<u16>,
    /// Envoy's response flags, as its access log writes them: short, with commas.
    pub flags: &'a str,
    /// The worker that took it, where that is known.
    pub worker: Option<u32>,
}

/// All of a request.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// When it began.
    pub began: Duration,
    /// When it ended.
    pub ended: Duration,
    /// What the client received; `None`: no answer.
    pub received: Option<Message>,
    /// What the upstream received, in the last attempt; `None`: nothing.
    pub sent: Option<Message>,
    /// The cluster that was asked.
    pub cluster: Option<String>,
    /// The name of the route.
    pub route: Option<String>,
    /// Envoy's response flags, short.
    pub flags: Vec<String>,
    /// Envoy's response code details.
    pub details: Option<String>,
    /// How often an upstream was asked.
    pub attempts: u64,
    /// The lines that its callbacks logged.
    pub logs: Vec<String>,
}

/// A request as an upstream receives it, or an answer as a client does.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// The status of an answer.
    pub status: Option<u16>,
    /// The headers. Of a request also `:method`, `:path` and `:authority`.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
    /// The trailers.
    pub trailers: Headers,
}

/// All of a TCP connection.
#[derive(Clone, Debug, Default)]
pub struct Exchanged {
    /// When it began.
    pub began: Duration,
    /// When it ended.
    pub ended: Duration,
    /// What the client received.
    pub received: Vec<u8>,
    /// What the upstream received.
    pub sent: Vec<u8>,
    /// The cluster that was asked.
    pub cluster: Option<String>,
    /// Envoy's response flags, short.
    pub flags: Vec<String>,
    /// The lines that its callbacks logged.
    pub logs: Vec<String>,
}

/// A line that a plugin logged.
#[derive(Clone, Copy, Debug)]
pub struct LogLine<'a> {
    /// When.
    pub at: Duration,
    /// How much it matters.
    pub level: Level,
    /// By which plugin.
    pub plugin: &'a str,
    /// What it says.
    pub text: &'a str,
}

/// What there is to see at one moment.
pub trait Snapshot {
    /// Every metric by its raw name: counters and gauges with their value, histograms with the count of samples.
    fn metrics(&self, visit: &mut dyn FnMut(&str, u64));

    /// A shared value; `None` where there is none. A real Envoy shows none.
    fn shared_data(&self, vm_id: &str, key: &str) -> Option<Vec<u8>>;
}
