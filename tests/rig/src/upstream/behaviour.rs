//! How an upstream answers.

use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;

/// How an upstream answers; can be changed at any time by [`Upstream::behave`](crate::Upstream::behave).
#[derive(Clone, Debug)]
pub struct Behaviour {
    pub(super) answer: Answer,
    pub(super) latency: (Duration, Duration),
    pub(super) headers: Vec<(String, String)>,
    sometimes: Vec<(f64, Behaviour)>,
}

#[derive(Clone, Debug)]
pub(super) enum Answer {
    Status(u16),
    Reset,
    ResetAfterHeaders,
    Hang,
    Chunks { count: u64, every: Duration },
    Grpc { status: u8, trailers_only: bool },
    Sends(Sends),
}

/// An answer to the byte.
#[derive(Clone, Debug)]
pub(super) struct Sends {
    pub status: u16,
    pub pieces: Vec<Bytes>,
    pub every: Duration,
    pub trailers: Vec<(String, String)>,
}

impl Behaviour {
    fn new(answer: Answer) -> Self {
        Self { answer, latency: Default::default(), headers: Vec::new(), sometimes: Vec::new() }
    }

    /// 200.
    pub fn ok() -> Self {
        Self::status(200)
    }

    /// This status; the body is the request's [echo](crate::upstream).
    pub fn status(status: u16) -> Self {
        Self::new(Answer::Status(status))
    }

    /// The connection is reset with nothing sent. Over HTTP/2 the other requests on that connection go with it.
    pub fn reset() -> Self {
        Self::new(Answer::Reset)
    }

    /// 200 and the beginning of a body, then the connection is cut.
    pub fn reset_after_headers() -> Self {
        Self::new(Answer::ResetAfterHeaders)
    }

    /// Never answers.
    pub fn hang() -> Self {
        Self::new(Answer::Hang)
    }

    /// 200, and a body of `chunks` chunks, one `every` so long.
    pub fn slow_body(chunks: u64, every: Duration) -> Self {
        Self::new(Answer::Chunks { count: chunks, every })
    }

    /// 200, and a body without end.
    pub fn endless(every: Duration) -> Self {
        Self::slow_body(u64::MAX, every)
    }

    /// A gRPC answer of one message, with this status in the trailers. Needs an h2c cluster.
    pub fn grpc(status: u8) -> Self {
        Self::new(Answer::Grpc { status, trailers_only: false })
    }

    /// A gRPC answer without a message, its status among the headers. Needs an h2c cluster.
    pub fn grpc_trailers_only(status: u8) -> Self {
        Self::new(Answer::Grpc { status, trailers_only: true })
    }

    /// This status and body; no header of the rig's own. Over HTTP/1.1 a body of several pieces is chunked.
    pub fn sends<T: Into<Bytes>>(
        status: u16,
        pieces: impl IntoIterator<Item = T>,
        every: Duration,
    ) -> Self {
        let pieces = pieces.into_iter().map(Into::into).collect();
        Self::new(Answer::Sends(Sends { status, pieces, every, trailers: Vec::new() }))
    }

    /// Adds a trailer to an answer that [sends](Self::sends) a body. Needs an h2c cluster.
    #[must_use]
    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        if let Answer::Sends(sends) = &mut self.answer {
            sends.trailers.push((name.into(), value.into()));
        }
        self
    }

    /// Answers so much later.
    #[must_use]
    pub fn latency(self, latency: Duration) -> Self {
        self.latency_between(latency, latency)
    }

    /// Answers later by a time drawn evenly between the two.
    #[must_use]
    pub fn latency_between(mut self, least: Duration, most: Duration) -> Self {
        self.latency = (least, most.max(least));
        self
    }

    /// Adds a response header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With this probability, something else: `Behaviour::ok().sometimes(0.3, Behaviour::status(503))`.
    #[must_use]
    pub fn sometimes(mut self, share: f64, other: Self) -> Self {
        self.sometimes.push((share, other));
        self
    }

    /// What this request gets: the behaviour itself or one of its exceptions.
    pub(super) fn draw(&self, rng: &mut Rng) -> &Self {
        let mut point = rng.f64();
        for (share, other) in &self.sometimes {
            if point < *share {
                return other.draw(rng);
            }
            point -= share;
        }
        self
    }

    pub(super) fn delay(&self, rng: &mut Rng) -> Duration {
        let (least, most) = self.latency;
        least + (most - least).mul_f64(rng.f64())
    }

    /// The status that the client will see the upstream send, if any.
    pub(super) fn visible_status(&self) -> Option<u16> {
        match self.answer {
            Answer::Status(status) | Answer::Sends(Sends { status, .. }) => Some(status),
            Answer::Reset | Answer::Hang => None,
            Answer::ResetAfterHeaders | Answer::Chunks { .. } | Answer::Grpc { .. } => Some(200),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_failures_is_that_share_and_follows_the_seed() {
        let flaky = Behaviour::ok()
            .sometimes(0.3, Behaviour::status(503))
            .sometimes(0.1, Behaviour::hang());
        let draw = |seed| {
            let mut rng = Rng::with_seed(seed);
            (0..10_000).map(|_| flaky.draw(&mut rng).visible_status()).collect::<Vec<_>>()
        };
        let drawn = draw(7);
        let share = |status| drawn.iter().filter(|s| **s == status).count();
        assert!((2_800..3_200).contains(&share(Some(503))));
        assert!((900..1_100).contains(&share(None)));
        assert_eq!(drawn, draw(7));
        assert_ne!(drawn, draw(8));
    }
}
