//! Who evaluates: one worker at a time, preferably one that sees no traffic.

use super::Store;
use crate::codec::{Reader, Stored, Writer};
use std::cell::Cell;

/// How often each worker ticks, milliseconds.
pub const TICK_MS: u32 = 1000;

/// A lease that is not renewed for so long is free, because its worker has crashed.
const LEASE_MS: u64 = 3 * TICK_MS as u64;

/// A worker that had a request within this time counts as busy, milliseconds.
const BUSY_MS: u64 = 10_000;

/// One worker's claim to be the one that evaluates.
#[derive(Debug)]
pub struct Claimant {
    id: u64,
    last_request_ms: Cell<u64>,
}

impl Claimant {
    /// A claimant with an id that no other worker has.
    pub fn new(id: u64) -> Self {
        Self { id, last_request_ms: Cell::new(0) }
    }

    /// Notes that this worker has served requests until `now` (unix milliseconds).
    pub fn served(&self, now: u64) {
        self.last_request_ms.set(now);
    }

    /// Takes or renews the lease under a key; whether this worker holds it at `now` (unix milliseconds).
    pub fn holds(&self, store: &impl Store, key: &str, now: u64) -> bool {
        let busy = now.saturating_sub(self.last_request_ms.get()) < BUSY_MS;
        let claimed = store.update(key, &(), |lease: &mut Option<Lease>| {
            let mine = lease.as_ref().is_none_or(|lease| {
                // One from the far future was written by a clock that has been set back since.
                let free = lease.until_ms <= now || lease.until_ms > now + LEASE_MS;
                lease.holder == self.id || free || (lease.busy && !busy)
            });
            mine.then(|| *lease = Some(Lease { holder: self.id, until_ms: now + LEASE_MS, busy }))
        });
        claimed.is_some()
    }
}

/// Who holds the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    holder: u64,
    /// Unix milliseconds.
    until_ms: u64,
    busy: bool,
}

impl Stored for Lease {
    const FORMAT: u8 = 1;
    type Context = ();

    fn encode(&self, (): &()) -> Vec<u8> {
        let mut w = Writer::new(Self::FORMAT);
        w.number(self.holder);
        w.number(self.until_ms);
        w.number(u64::from(self.busy));
        w.finish()
    }

    fn decode(bytes: &[u8], (): &()) -> Option<Self> {
        let mut r = Reader::new(bytes, Self::FORMAT)?;
        let lease = Self { holder: r.number()?, until_ms: r.number()?, busy: r.number()? == 1 };
        r.is_at_end().then_some(lease)
    }
}
