//! The one seam to the host: what a request shows, read through a trait, each thing at most once.
//!
//! In Envoy every read is a host call of 0.25 to 3 us, more than everything that is done with the
//! answer; so nothing is read before a rule needs it, and nothing twice in one decision.

use std::{borrow::Cow, cell::OnceCell};

#[cfg(test)]
mod tests;

/// What the host can tell about the request at hand. Everything that a client sent is any bytes.
pub trait Attributes {
    /// The first value of a request header. `name` is in lower case, or one of `:path`, `:method`.
    fn header(&self, name: &str) -> Option<Vec<u8>>;
    /// A claim of the verified JWT, as Envoy serialises the property (see [`value`](super::value)).
    fn jwt_claim(&self, claim: &str) -> Option<Vec<u8>>;
    /// The address of the peer, with or without its port.
    fn source_address(&self) -> Option<Vec<u8>>;
    /// The current time in Unix milliseconds.
    fn now(&self) -> u64;
    /// Unpredictable bytes for a new id; `None` if the host has none.
    fn random(&self) -> Option<[u8; 16]>;
}

/// A thing to be asked of the host.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key<'a> {
    Header(&'a str),
    Claim(&'a str),
    SourceAddress,
}

/// How many answers are kept; a decision that asks for more asks the host again.
const KEPT: usize = 8;

/// The reads of one request. Share it between everything that looks at the same request: matching a
/// rollout, deciding the cohort. Costs no allocation beyond the host's own answers.
pub struct Reads<'a> {
    host: &'a dyn Attributes,
    answers: [OnceCell<(Key<'a>, Option<Vec<u8>>)>; KEPT],
    now: OnceCell<u64>,
}

impl<'a> Reads<'a> {
    /// Nothing read yet.
    pub fn new(host: &'a dyn Attributes) -> Self {
        Self { host, answers: [const { OnceCell::new() }; KEPT], now: OnceCell::new() }
    }

    /// See [`Attributes::header`].
    pub fn header(&self, name: &'a str) -> Option<Cow<'_, [u8]>> {
        self.read(Key::Header(name))
    }

    /// See [`Attributes::jwt_claim`].
    pub fn jwt_claim(&self, claim: &'a str) -> Option<Cow<'_, [u8]>> {
        self.read(Key::Claim(claim))
    }

    /// See [`Attributes::source_address`].
    pub fn source_address(&self) -> Option<Cow<'_, [u8]>> {
        self.read(Key::SourceAddress)
    }

    /// See [`Attributes::now`]; one moment for the whole decision.
    pub fn now(&self) -> u64 {
        *self.now.get_or_init(|| self.host.now())
    }

    /// See [`Attributes::random`]; other bytes each time.
    pub fn random(&self) -> Option<[u8; 16]> {
        self.host.random()
    }

    fn read(&self, key: Key<'a>) -> Option<Cow<'_, [u8]>> {
        for cell in &self.answers {
            let (asked, answer) = cell.get_or_init(|| (key, self.ask(key)));
            if *asked == key {
                return answer.as_deref().map(Cow::Borrowed);
            }
        }
        self.ask(key).map(Cow::Owned)
    }

    fn ask(&self, key: Key<'a>) -> Option<Vec<u8>> {
        match key {
            Key::Header(name) => self.host.header(name),
            Key::Claim(claim) => self.host.jwt_claim(claim),
            Key::SourceAddress => self.host.source_address(),
        }
    }
}
