//! Did this response fail, and was it the upstream's doing?
//!
//! A status alone is not enough: a response that breaks off after its headers carries the status
//! 200 to the end, and a client that hangs up is nobody's failure. Envoy's response flags tell the
//! difference, once the stream is over.

pub use crate::contract::Outcome;

/// Envoy's response flags (`response.flags`): a bit set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u64);

impl Flags {
    /// No connection to the upstream: no healthy host (UH), connect failure (UF), overflow (UO), no
    /// such cluster (NC), name not resolved (DF).
    pub const CONNECT: Self = Self(0x2 | 0x20 | 0x80 | 0x100_0000 | 0x400_0000);
    /// The upstream took too long: request timeout (UT), idle timeout (SI), maximum stream duration
    /// (UMSDR), maximum duration of the whole exchange (DT).
    pub const TIMEOUT: Self = Self(0x4 | Self::IDLE.0 | 0x8_0000 | 0x40_0000);
    /// Nothing moved for too long (SI).
    const IDLE: Self = Self(0x1_0000);
    /// The exchange broke off: local reset (LR), remote reset (UR), connection terminated (UC),
    /// upstream protocol error (UPE).
    pub const RESET: Self = Self(0x8 | 0x10 | 0x40 | 0x80_0000);
    /// The client ended it: disconnect (DC), protocol error (DPE), stream reset (DR).
    pub const CLIENT: Self = Self(0x4000 | 0x4_0000 | 0x1000_0000);

    /// Whether any bit of `other` is set.
    pub fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The bits of both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What a stream showed of its end; every part may be missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ending {
    /// `:status`; none when the client left before the headers.
    pub status: Option<u16>,
    /// `grpc-status`, from the trailers or a trailers-only response.
    pub grpc: Option<u32>,
    /// Response flags; zero while the stream is still open.
    pub flags: Flags,
}

/// What counts as a failure. `failure:` in the rollout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureRule {
    /// Inclusive ranges of HTTP statuses.
    pub statuses: Vec<(u16, u16)>,
    /// gRPC status codes.
    pub grpc: Vec<u32>,
    /// Flags that mean the upstream failed without answering.
    pub local: Flags,
}

impl Default for FailureRule {
    /// 5xx; gRPC UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE, DATA_LOSS;
    /// connect failures, timeouts and resets.
    fn default() -> Self {
        Self {
            statuses: vec![(500, 599)],
            grpc: vec![2, 4, 8, 13, 14, 15],
            local: Flags::CONNECT.union(Flags::TIMEOUT).union(Flags::RESET),
        }
    }
}

impl FailureRule {
    /// Whether the response headers alone already show a failure, so that a stream which lives for
    /// hours cannot hide its 5xx.
    pub fn fails_early(&self, status: Option<u16>, grpc: Option<u32>) -> bool {
        let by_status = status
            .is_some_and(|s| self.statuses.iter().any(|&(low, high)| (low..=high).contains(&s)));
        by_status || grpc.is_some_and(|code| self.grpc.contains(&code))
    }

    /// The outcome of a stream that is over.
    ///
    /// What the upstream said counts first; then the client's hang-up, which also resets the
    /// upstream stream and so sets reset flags of its own; then the upstream's silence.
    pub fn classify(&self, ending: Ending) -> Outcome {
        if self.fails_early(ending.status, ending.grpc) {
            return Outcome::Failure;
        }
        if ending.flags.any(Flags::CLIENT) {
            return Outcome::ClientGone;
        }
        // A websocket that has nothing to say, or a client that stopped in the middle of its upload.
        let quiet = matches!(ending.status, Some(101 | 408)) && ending.flags.any(Flags::IDLE);
        if ending.flags.any(self.local) && !quiet {
            return Outcome::Failure;
        }
        // Nothing was ever answered, and by nobody's fault: an internal redirect goes on elsewhere.
        if ending.status.is_none() {
            return Outcome::ClientGone;
        }
        Outcome::Success
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(status: Option<u16>, flags: u64) -> Outcome {
        let ending = Ending { status, grpc: None, flags: Flags(flags) };
        FailureRule::default().classify(ending)
    }

    /// The table "what the callbacks see", one row each.
    #[test]
    fn every_way_a_stream_ends_on_envoy() {
        for (case, status, flags, expected) in [
            ("answered", Some(200), 0, Outcome::Success),
            ("answered 500", Some(500), 0, Outcome::Failure),
            ("not found", Some(404), 0, Outcome::Success),
            ("connect refused", Some(503), 32, Outcome::Failure),
            ("upstream reset", Some(503), 64, Outcome::Failure),
            ("route timeout", Some(504), 4, Outcome::Failure),
            ("no healthy host", Some(503), 2, Outcome::Failure),
            ("redirect", Some(301), 0, Outcome::Success),
            ("reset after headers", Some(200), 16, Outcome::Failure),
            ("client disconnect", None, 16384, Outcome::ClientGone),
            ("client disconnect mid-body", Some(200), 16384 | 8, Outcome::ClientGone),
            ("5xx, then the client left", Some(503), 16384, Outcome::Failure),
            ("internal redirect", None, 0, Outcome::ClientGone),
            ("silent after its headers", Some(200), 0x1_0000, Outcome::Failure),
            ("a websocket fell silent", Some(101), 0x1_0000, Outcome::Success),
            ("retries exhausted", Some(503), 32768 | 64, Outcome::Failure),
        ] {
            assert_eq!(outcome(status, flags), expected, "{case}");
        }
    }

    #[test]
    fn a_grpc_failure_hides_behind_status_200() {
        let ending = |grpc| Ending { status: Some(200), grpc, flags: Flags(0) };
        let rule = FailureRule::default();
        assert_eq!(rule.classify(ending(Some(14))), Outcome::Failure);
        assert_eq!(rule.classify(ending(Some(5))), Outcome::Success);
        assert_eq!(rule.classify(ending(None)), Outcome::Success);
    }
}
