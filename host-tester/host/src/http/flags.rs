//! Why Envoy answered in an upstream's place: its response flags.

use std::fmt;
use std::ops::BitOrAssign;

/// A set of response flags, as the property `response.flags` shows it.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// use serinus_host::http::Flags;
///
/// let mut proxy = example::builder()?.cluster("up", Cluster::new(Behaviour::of(Kind::ConnectFail))).start()?;
/// let exchange = proxy.send(Request::get("/")).unwrap();
/// assert_eq!(exchange.flags, Flags::UPSTREAM_CONNECT);
/// assert!(exchange.flags.names().eq(["UF"]));
/// assert_eq!(exchange.flags.to_string(), "UF");
/// assert_eq!(exchange.flags.bits(), 0x20);
///
/// // Every flag that the host raises.
/// let all = [
///     Flags::NO_HEALTHY_UPSTREAM,
///     Flags::UPSTREAM_TIMEOUT,
///     Flags::UPSTREAM_RESET,
///     Flags::UPSTREAM_CONNECT,
///     Flags::UPSTREAM_CLOSED,
///     Flags::NO_ROUTE,
///     Flags::CLIENT_CLOSED,
///     Flags::RETRIES_EXHAUSTED,
///     Flags::IDLE_TIMEOUT,
///     Flags::UPSTREAM_PROTOCOL,
///     Flags::NO_CLUSTER,
/// ];
/// assert!(all.iter().all(|flag| !Flags::NONE.contains(*flag)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(u64);

impl Flags {
    /// The empty set.
    pub const NONE: Self = Self(0);
    /// `UH`: the cluster has no healthy host.
    pub const NO_HEALTHY_UPSTREAM: Self = Self(0x2);
    /// `UT`: the upstream took too long.
    pub const UPSTREAM_TIMEOUT: Self = Self(0x4);
    /// `UR`: the upstream reset the stream.
    pub const UPSTREAM_RESET: Self = Self(0x10);
    /// `UF`: no connection to the upstream could be made.
    pub const UPSTREAM_CONNECT: Self = Self(0x20);
    /// `UC`: the upstream closed the connection.
    pub const UPSTREAM_CLOSED: Self = Self(0x40);
    /// `NR`: no route fits the request.
    pub const NO_ROUTE: Self = Self(0x100);
    /// `DC`: the client hung up.
    pub const CLIENT_CLOSED: Self = Self(0x4000);
    /// `URX`: retries are exhausted.
    pub const RETRIES_EXHAUSTED: Self = Self(0x8000);
    /// `SI`: nothing happened for too long.
    pub const IDLE_TIMEOUT: Self = Self(0x10000);
    /// `UPE`: the upstream broke the protocol, as HTTP/1 sees a body that breaks off.
    pub const UPSTREAM_PROTOCOL: Self = Self(0x0080_0000);
    /// `NC`: the cluster does not exist.
    pub const NO_CLUSTER: Self = Self(0x0200_0000);

    const SHORT: [(Self, &str); 11] = [
        (Self::RETRIES_EXHAUSTED, "URX"),
        (Self::NO_HEALTHY_UPSTREAM, "UH"),
        (Self::UPSTREAM_CONNECT, "UF"),
        (Self::NO_ROUTE, "NR"),
        (Self::NO_CLUSTER, "NC"),
        (Self::UPSTREAM_TIMEOUT, "UT"),
        (Self::CLIENT_CLOSED, "DC"),
        (Self::UPSTREAM_RESET, "UR"),
        (Self::UPSTREAM_CLOSED, "UC"),
        (Self::IDLE_TIMEOUT, "SI"),
        (Self::UPSTREAM_PROTOCOL, "UPE"),
    ];

    /// The set as the number that the property `response.flags` shows.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether all of the others are in it.
    pub const fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// The short names, as an access log prints them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::SHORT.into_iter().filter(move |(flag, _)| self.contains(*flag)).map(|(_, name)| name)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.names().collect();
        f.write_str(if names.is_empty() { "-" } else { "" })?;
        f.write_str(&names.join(","))
    }
}
