//! Rollouts by the thousand, with the guard that runs in Envoy.
//!
//! Only errors move the guard, so a run jumps from error to error: the gap is geometric, and of the
//! requests in between a binomial number went to the canary. That is exact, not an approximation, and
//! makes 10,000 runs of 400,000 requests a matter of seconds.

#![expect(clippy::unwrap_used, reason = "a simulation says what must hold by unwrapping it")]

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::{Binomial, Distribution, Geometric};
use serinus_core::cohort::bucket::Weight;
use serinus_core::guard::{Book, Counters, Ground, GuardPolicy};

/// What the traffic is like.
#[derive(Clone, Copy, Debug)]
pub struct Traffic {
    /// Share of users in the canary, in 1/100000.
    pub weight: u32,
    /// Error rate of the baseline.
    pub baseline: f64,
    /// Error rate of the canary, from the request `turns` on; before, that of the baseline.
    pub canary: f64,
    /// Requests before the canary turns.
    pub turns: u64,
    /// The share of all requests that one user sends, whose cohort is drawn per run.
    pub heavy: f64,
}

impl Traffic {
    /// 5 % canary, 0.1 % errors at the baseline, no heavy user.
    pub const fn failing(canary: f64) -> Self {
        Self { weight: 5_000, baseline: 0.001, canary, turns: 0, heavy: 0.0 }
    }
}

/// How many canary requests it took from the turn on, for each run; `None` where it was not stopped
/// within `requests` (of both arms).
pub fn stops(
    policy: &GuardPolicy,
    traffic: &Traffic,
    requests: u64,
    runs: u64,
    seed: u64,
) -> Vec<Option<u64>> {
    (0..runs)
        .map(|run| stop(policy, traffic, requests, StdRng::seed_from_u64(seed ^ (run << 20))))
        .collect()
}

fn stop(policy: &GuardPolicy, traffic: &Traffic, requests: u64, mut rng: StdRng) -> Option<u64> {
    let share = f64::from(traffic.weight) / 100_000.0;
    let heavy_in_canary = f64::from(u8::from(rng.random_bool(share)));
    let share = (1.0 - traffic.heavy) * share + traffic.heavy * heavy_in_canary;
    let ground = Ground {
        weight: Weight::try_new(traffic.weight).unwrap(),
        began: Counters::default(),
        absolute: None,
    };
    let (mut book, mut seen, mut total, mut at_turn) = (Book::default(), Counters::default(), 0, 0);
    for (rate, until) in [(traffic.baseline, traffic.turns), (traffic.canary, requests)] {
        while total < until {
            let step = Step::draw(&mut rng, share, traffic.baseline, rate, until - total);
            total += step.requests;
            seen.assigned.canary += step.canary;
            seen.assigned.baseline += step.requests - step.canary;
            match step.failed {
                Some(true) => seen.failed.canary += 1,
                Some(false) => seen.failed.baseline += 1,
                None => {}
            }
            // As in the filter: only a canary failure is worth a look.
            if step.failed == Some(true) && policy.judge(&mut book, &ground, &seen).breached {
                return Some(seen.assigned.canary - at_turn);
            }
        }
        at_turn = seen.assigned.canary;
    }
    None
}

/// The requests up to and including the next error, or up to the end.
struct Step {
    requests: u64,
    canary: u64,
    /// Whether the canary failed (or the baseline); nobody before the end.
    failed: Option<bool>,
}

impl Step {
    fn draw(rng: &mut StdRng, share: f64, baseline: f64, canary: f64, left: u64) -> Self {
        let error = share * canary + (1.0 - share) * baseline;
        let clean = Geometric::new(error).unwrap().sample(rng);
        let fails = clean < left;
        let quiet = clean.min(left);
        let canary_if_clean = (share * (1.0 - canary) / (1.0 - error)).clamp(0.0, 1.0);
        let quiet_canary = Binomial::new(quiet, canary_if_clean).unwrap().sample(rng);
        let in_canary = rng.random_bool((share * canary / error).clamp(0.0, 1.0));
        Self {
            requests: quiet + u64::from(fails),
            canary: quiet_canary + u64::from(fails && in_canary),
            failed: fails.then_some(in_canary),
        }
    }
}

/// The `q`-quantile over the runs, a run that was not stopped being the largest.
pub fn quantile(stops: &[Option<u64>], q: f64) -> u64 {
    let mut sorted: Vec<u64> = stops.iter().map(|stop| stop.unwrap_or(u64::MAX)).collect();
    sorted.sort_unstable();
    sorted[((sorted.len() as f64 * q) as usize).min(sorted.len() - 1)]
}

/// The share of runs that were stopped.
pub fn stopped(stops: &[Option<u64>]) -> f64 {
    stops.iter().flatten().count() as f64 / stops.len() as f64
}
