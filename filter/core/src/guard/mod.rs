//! Must the canary stop now?
//!
//! Asked on every canary failure that [counts](FailingUnits), by the worker that saw it, of the totals of the whole process.
//! Nothing is waited for: no tick, no scrape, no other worker. Baseline failures need no look of
//! their own, because they only lower the evidence; the next canary failure takes them in.
//!
//! Below 100 % the canary is compared with the baseline of the same moment, so load or error swings
//! that both share cancel out. At 100 % there is no baseline left, and the canary is held to the
//! error rate that the baseline had, remembered from the stages before.

mod failing_units;
mod failure_spread;
mod guard_state;

pub use failing_units::{FailingUnits, RECOVERED, Recoveries};
pub use failure_spread::FailureSpread;
pub use guard_state::GuardState;

use crate::arm::PerArm;
use crate::codec::{Reader, Writer};
use crate::cohort::bucket::Weight;
use crate::stats::eprocess::Odds;

/// When to roll back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GuardPolicy {
    /// The chance of a false rollback while there is a baseline, over all stages together.
    pub alpha: f64,
    /// The relative increase of errors that is tolerated.
    pub tolerate: f64,
    /// The least number of canary failures in the stage, those of one user in a row counting once.
    /// Real errors come in bursts, and evidence alone can be in after two.
    pub min_errors: u64,
}

/// The process's counters for one rollout: randomised requests only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests that were given a cohort. Counted when they begin, so that a canary which answers
    /// faster or slower does not change its share.
    pub assigned: PerArm<u64>,
    /// Requests that failed.
    pub failed: PerArm<u64>,
    /// Of these, the ones that began an episode; see [`FailingUnits`]. What the guard goes by.
    pub episodes: PerArm<u64>,
}

impl Counters {
    /// What came on top of `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        // Less than before: it was reset in between, and this is what came since.
        let minus = |a: &u64, b: &u64| a.checked_sub(*b).unwrap_or(*a);
        Self {
            assigned: self.assigned.zip(&earlier.assigned, minus),
            failed: self.failed.zip(&earlier.failed, minus),
            episodes: self.episodes.zip(&earlier.episodes, minus),
        }
    }

    /// Requests other than failures that are no episode.
    fn once(&self) -> PerArm<u64> {
        let repeats =
            self.failed.zip(&self.episodes, |failed, begun| failed.saturating_sub(*begun));
        self.assigned.zip(&repeats, |assigned, repeats| assigned.saturating_sub(*repeats))
    }

    /// Writes the six numbers.
    pub fn encode(&self, w: &mut Writer) {
        for pair in [self.assigned, self.failed, self.episodes] {
            w.number(pair.baseline);
            w.number(pair.canary);
        }
    }

    /// Reads them back.
    pub fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let mut pair = || Some(PerArm { baseline: r.number()?, canary: r.number()? });
        Some(Self { assigned: pair()?, failed: pair()?, episodes: pair()? })
    }
}

/// The stage in which the guard judges.
#[derive(Clone, Copy, Debug)]
pub struct StageBaseline {
    /// The canary's share of users.
    pub weight: Weight,
    /// The counters when the stage began.
    pub began: Counters,
    /// Of the failure rate that is tolerated at 100 %; `None` where no baseline was ever seen.
    pub absolute: Option<Odds>,
}

/// What the guard found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finding {
    /// `ln` of the evidence that the canary is worse than tolerated.
    pub ln_e: f64,
    /// The evidence at which it stops: `ln(1/alpha)`.
    pub threshold: f64,
    /// Counters since the stage began.
    pub seen: Counters,
    /// The canary's measured share of requests; 1 at full weight.
    pub share: f64,
    /// Whether to roll back.
    pub breached: bool,
}

/// Pseudo-requests at the nominal weight that the measured share begins with.
const PRIOR: f64 = 200.0;

impl GuardPolicy {
    /// Takes in everything that happened since the last call and says whether to roll back.
    ///
    /// `now` are the process's counters, the failure that prompted the call included. Calling again
    /// with the same counters changes nothing, so it does not matter which worker comes first.
    pub fn judge(&self, book: &mut GuardState, ground: &StageBaseline, now: &Counters) -> Finding {
        let fresh = book.take(now);
        let seen = now.since(&ground.began);
        let full = ground.weight == Weight::MAX;
        let share = if full { 1.0 } else { share(ground.weight, &seen, &fresh) };
        if full {
            if let Some(odds) = &ground.absolute {
                let PerArm { canary: failures, .. } = fresh.episodes;
                let successes = fresh.assigned.canary.saturating_sub(failures);
                book.evidence.observe(odds, successes, failures);
            }
        } else {
            let odds = Odds::split(share, self.tolerate);
            book.evidence.observe(&odds, fresh.episodes.baseline, fresh.episodes.canary);
        }
        let (ln_e, threshold) = (book.evidence.ln_e(), libm::log(1.0 / self.alpha));
        let enough = seen.episodes.canary >= self.min_errors;
        Finding { ln_e, threshold, seen, share, breached: enough && ln_e >= threshold }
    }
}

/// The canary's share of requests before those that are being judged.
///
/// Measured, because the nominal weight is a share of users and one heavy user can be a fifth of the
/// traffic. Repeated failures are left out on both sides: a client that hammers on in vain is a fifth of
/// the traffic too, and one episode.
fn share(weight: Weight, seen: &Counters, fresh: &Counters) -> f64 {
    let requests = seen.once().zip(&fresh.episodes, |once, new| once.saturating_sub(*new) as f64);
    let nominal = f64::from(weight.get()) / f64::from(Weight::MAX.get());
    (PRIOR * nominal + requests.canary) / (PRIOR + requests.canary + requests.baseline)
}

#[cfg(test)]
mod tests;
