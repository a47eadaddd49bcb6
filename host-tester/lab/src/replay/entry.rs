//! A request as a log tells of it.

use std::net::IpAddr;
use std::time::Duration;

/// Where an entry stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Which file, from 0.
    pub file: usize,
    /// Which line of it, from 1; of a HAR file which entry.
    pub line: u64,
}

/// A logged request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// Where it stands.
    pub origin: Origin,
    /// When it began, nanoseconds since 1970.
    pub at: u64,
    /// HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Authority; empty if the log does not say.
    pub host: String,
    /// The request headers that the log has.
    pub headers: Vec<(String, String)>,
    /// The client's address.
    pub source: Option<IpAddr>,
    /// The cluster that served it.
    pub cluster: Option<String>,
    /// What became of it.
    pub ending: Ending,
}

/// What became of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// HTTP status; `None`: nothing was answered.
    pub status: Option<u16>,
    /// The gRPC status, if the log has it.
    pub grpc: Option<u32>,
    /// Envoy's response flags, short.
    pub flags: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl Entry {
    /// The first value of a request header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Ending {
    /// Whether one of these flags is set.
    pub fn has(&self, flags: &[&str]) -> bool {
        self.flags.iter().any(|flag| flags.contains(&flag.as_str()))
    }
}
