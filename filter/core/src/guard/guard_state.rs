//! The guard's memory, shared by all workers.

use super::Counters;
use crate::codec::{Reader, Stored, Writer};
use crate::stats::eprocess::{Evidence, MULTIPLIERS};

/// Evidence, and the counters up to which it goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GuardState {
    judged: Counters,
    pub(super) evidence: Evidence,
}

impl GuardState {
    /// Empty, from the counters of this moment on.
    pub fn opened_at(counters: Counters) -> Self {
        Self { judged: counters, evidence: Evidence::default() }
    }

    /// From here on counters begin at `counters`; the evidence stays.
    pub fn reopen_at(&mut self, counters: Counters) {
        self.judged = counters;
    }

    /// Whether `now` has no episode that was not judged.
    pub fn has_seen(&self, now: &Counters) -> bool {
        self.judged.episodes == now.episodes
    }

    /// What has happened since the last call, and counts as judged from now on.
    pub(super) fn take(&mut self, now: &Counters) -> Counters {
        let fresh = now.since(&self.judged);
        self.judged = *now;
        fresh
    }

    /// As a part of a record.
    pub fn write(&self, w: &mut Writer) {
        let (stakes, investments) = self.evidence.to_parts();
        w.number(u64::from(investments));
        stakes.iter().for_each(|x| w.float(*x));
        self.judged.encode(w);
    }

    /// From a part of a record.
    pub fn read(r: &mut Reader<'_>) -> Option<Self> {
        let investments = u32::try_from(r.number()?).ok()?;
        let mut stakes = [0.0; MULTIPLIERS.len()];
        for stake in &mut stakes {
            *stake = r.float()?;
        }
        let judged = Counters::decode(r)?;
        let evidence = Evidence::from_parts(stakes, investments)?;
        Some(Self { judged, evidence })
    }
}

impl Stored for GuardState {
    const FORMAT: u8 = 3;
    type Context = ();

    fn encode(&self, (): &()) -> Vec<u8> {
        let mut w = Writer::new(Self::FORMAT);
        self.write(&mut w);
        w.finish()
    }

    fn decode(bytes: &[u8], (): &()) -> Option<Self> {
        let mut r = Reader::new(bytes, Self::FORMAT)?;
        Self::read(&mut r).filter(|_| r.is_at_end())
    }
}
