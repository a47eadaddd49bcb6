//! Rollouts by the thousand, with the guard that runs in Envoy.
//!
//! Only errors move the guard, so a run jumps from error to error: the gap is geometric, and of the
//! requests in between a binomial number went to the canary. That is exact, not an approximation, and
//! makes 10,000 runs of 400,000 requests a matter of seconds.

#![expect(clippy::unwrap_used, reason = "a simulation says what must hold by unwrapping it")]

pub mod sequences;
pub mod users;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::{Binomial, Distribution, Geometric, Pareto};
use serinus_core::arm::Arm;
use serinus_core::cohort::bucket::Weight;
use serinus_core::guard::{Counters, GuardPolicy, GuardState, StageBaseline};

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
    /// Of 2000 users, each with a cohort that is drawn per run, the requests are Pareto distributed with
    /// this exponent; 0: there are so many users that it does not matter.
    pub pareto: f64,
    /// How many failures come at once, all in one cohort and each of another user: a pod that restarts.
    pub at_once: u64,
    /// Error rates of both cohorts swing over the day, and in every tenth hour there is an outage of both.
    pub swings: bool,
}

impl Traffic {
    /// 5 % canary, 0.1 % errors at the baseline, no heavy user.
    pub const fn failing(canary: f64) -> Self {
        Self {
            weight: 5_000,
            baseline: 0.001,
            canary,
            turns: 0,
            heavy: 0.0,
            pareto: 0.0,
            at_once: 1,
            swings: false,
        }
    }

    /// The canary's share of requests in one run.
    fn share(&self, rng: &mut StdRng) -> f64 {
        let share = f64::from(self.weight) / 100_000.0;
        if self.pareto > 0.0 {
            let sizes = Pareto::new(1.0, self.pareto).unwrap();
            let users = (0..2000).map(|_| (rng.random_bool(share), sizes.sample(rng)));
            let (canary, all) = users.fold((0.0, 0.0), |(canary, all), (chosen, size)| {
                (if chosen { canary + size } else { canary }, all + size)
            });
            return canary / all;
        }
        let heavy_in_canary = f64::from(u8::from(rng.random_bool(share)));
        (1.0 - self.heavy) * share + self.heavy * heavy_in_canary
    }

    /// Error rates of baseline and canary, and until which request they hold.
    fn phases(&self, requests: u64) -> Vec<(f64, f64, u64)> {
        let turn =
            [(self.baseline, self.baseline, self.turns), (self.baseline, self.canary, requests)];
        if !self.swings {
            return turn.to_vec();
        }
        const HOUR: u64 = 10_000;
        let swung = |hour: u64| {
            let times = match hour % 10 {
                9 => 300.0,
                hour => [1.0, 0.5, 0.2, 0.5, 1.0, 2.0, 3.0, 2.0, 1.0][hour as usize],
            };
            (self.baseline * times, self.canary * times, (hour + 1) * HOUR)
        };
        (0..requests / HOUR).map(swung).collect()
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
    let share = traffic.share(&mut rng);
    let ground = StageBaseline {
        weight: Weight::try_new(traffic.weight).unwrap(),
        began: Counters::default(),
        absolute: None,
    };
    let (mut book, mut seen, mut total, mut at_turn) =
        (GuardState::default(), Counters::default(), 0, 0);
    for (baseline, canary, until) in traffic.phases(requests) {
        while total < until {
            let step = Step::draw(&mut rng, share, baseline, canary, until - total);
            total += step.requests;
            seen.assigned.canary += step.canary;
            seen.assigned.baseline += step.requests - step.canary;
            let Some(in_canary) = step.failed else { continue };
            for more in 0..traffic.at_once {
                let arm = if in_canary { Arm::Canary } else { Arm::Baseline };
                *seen.failed.get_mut(arm) += 1;
                *seen.episodes.get_mut(arm) += 1;
                *seen.assigned.get_mut(arm) += u64::from(more > 0);
                // As in the filter: only a canary failure is worth a look.
                if in_canary && policy.judge(&mut book, &ground, &seen).breached {
                    return Some(seen.assigned.canary - at_turn);
                }
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
