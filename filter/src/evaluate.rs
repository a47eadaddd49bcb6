//! The tick: merge what was seen, take the lease, move the rollout.
//!
//! Ticks fire in every worker and on the main thread. Evidence is merged by all of them; promotion
//! is looked at by whoever holds the lease, preferably the VM that sees no traffic.

use crate::host;
use crate::store;
use crate::trial::LiveRollout;
use serinus_core::codec::{Reader, Writer};
use serinus_core::evidence::{Ledger, UnitCounts};
use serinus_core::promotion::{EvaluationInput, PolicyOpinion, SlowRequestTests, State, step};
use std::cell::Cell;

/// How often each VM looks.
pub const TICK_MS: u32 = 1000;

/// A lease that is not renewed for so long is free: its VM has crashed.
const LEASE_MS: u64 = 3 * TICK_MS as u64;

/// A VM that had a request within this time counts as busy.
const BUSY_MS: u64 = 10_000;

/// One VM's claim to be the one that evaluates.
pub struct Claimant {
    id: u64,
    last_request_ms: Cell<u64>,
}

/// Who holds the lease.
struct Lease {
    holder: u64,
    until_ms: u64,
    busy: bool,
}

impl Claimant {
    /// A claimant with an id that no other VM has.
    pub fn new() -> Self {
        let id = host::random().map_or_else(host::now_ns, u64::from_le_bytes);
        Self { id, last_request_ms: Cell::new(0) }
    }

    /// Notes that this VM has served requests until `now`.
    pub fn served(&self, now: u64) {
        self.last_request_ms.set(now);
    }

    /// Takes or renews a lease; whether this VM holds it now.
    pub fn holds(&self, lease: &str, now: u64) -> bool {
        let busy = now.saturating_sub(self.last_request_ms.get()) < BUSY_MS;
        store::update(lease, |bytes| {
            let lease = bytes.and_then(Lease::decode);
            let mine = lease.is_none_or(|lease| {
                // One from the far future was written by a clock that has been set back since.
                let free = lease.until_ms <= now || lease.until_ms > now + LEASE_MS;
                lease.holder == self.id || free || (lease.busy && !busy)
            });
            let renewed = Lease { holder: self.id, until_ms: now + LEASE_MS, busy };
            mine.then(|| (renewed.encode(), ()))
        })
        .is_some()
    }
}

impl Lease {
    const FORMAT: u8 = 1;

    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new(Self::FORMAT);
        w.number(self.holder);
        w.number(self.until_ms);
        w.number(u64::from(self.busy));
        w.finish()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader::new(bytes, Self::FORMAT)?;
        Some(Self { holder: r.number()?, until_ms: r.number()?, busy: r.number()? == 1 })
    }
}

impl LiveRollout {
    /// What every VM does on its tick.
    pub fn tick(&self, now: u64, claimant: &Claimant) {
        self.flush(now);
        match store::read(&self.keys.state, State::decode) {
            Some(state) => self.adopt(state),
            None => self.reclaim(),
        }
        if claimant.holds(&self.keys.lease, now) {
            self.evaluate(now);
            // Whatever an older configuration may have left in the gauges.
            self.publish(self.state());
        }
    }

    fn evaluate(&self, now: u64) {
        let Some(StageEvidence { state, ledger, census, tails }) = self.books() else { return };
        let counters = self.meters.counters();
        let (units, heard) = (&census.units, PolicyOpinion::default());
        let look = EvaluationInput { now, ledger: &ledger, units, tails: &tails, counters, heard };
        let opinion = self.adviser.opinion(&self.rollout, &state, &look);
        let look = EvaluationInput { heard: PolicyOpinion::new(opinion.as_ref()), ..look };
        let outcome = step(&self.rollout, &state, &look);
        let Some(mut next) = outcome.state.map(|state| Some((state, outcome.record))) else {
            return;
        };
        self.change(|present| {
            // Another VM was faster: what was decided is about a state that is gone.
            next.take().filter(|(state, _)| state.revision == present.revision.saturating_add(1))
        });
    }

    /// What has been seen in the present stage, the books on slow requests brought up to date.
    fn books(&self) -> Option<StageEvidence> {
        let mut books = None;
        store::update(&self.keys.tails, |bytes| {
            let mut tails = bytes.and_then(SlowRequestTests::decode).unwrap_or_default();
            // A VM that was stalled here, and has lost the lease, must judge nothing twice. So what was seen is read
            // after the books that judge it, and is never behind them; and the state last, for a stage is seen
            // only after it has been entered.
            let layout = &self.rollout.layout;
            let ledger = store::read(&self.keys.ledger, |bytes| Ledger::decode(bytes, layout));
            let census = store::read(&self.keys.units, UnitCounts::decode);
            let state = store::read(&self.keys.state, State::decode)?;
            let mut ledger = ledger.unwrap_or_else(|| Ledger::new(state.entry, layout));
            ledger.enter(state.entry, layout);
            let census = census.filter(|census| census.entry == state.entry);
            let census = census.unwrap_or_else(|| UnitCounts::new(state.entry));
            let news = tails.observe(&self.rollout, &state, &ledger.stage);
            let stored = news.then(|| (tails.encode(), ()));
            books = Some(StageEvidence { state, ledger, census, tails });
            stored
        });
        books
    }
}

/// What an evaluation goes by.
struct StageEvidence {
    state: State,
    ledger: Ledger,
    census: UnitCounts,
    tails: SlowRequestTests,
}
