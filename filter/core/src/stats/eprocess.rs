//! The guard's evidence: a mixture e-process over effect sizes and over the moment it began.
//!
//! A *hit* has probability `theta0` under the null hypothesis "no worse than tolerated" and
//! `theta_r` if the canary is `r` times worse than tolerated. Each observation multiplies the
//! evidence for `r` by its likelihood ratio; the mixture over
//! [`MULTIPLIERS`] is a non-negative martingale under the null, so by Ville's inequality it ever
//! reaches `1/alpha` with probability at most `alpha`, however often one looks (Lindon & Malek,
//! NeurIPS 2022, arXiv:2011.03567).
//!
//! **Why a mixture over starting moments.** A canary that behaved for an hour has piled up
//! evidence in its favour (every baseline error counts for it) which must be undone before an
//! alarm: with 1000 baseline errors behind it, 62 failures in a row instead of 3. So a part of the
//! initial capital is held back and invested bit by bit, after each canary failure, in ever smaller
//! shares `1/(i(i+1))`: capital put in later has lost nothing yet. The sum of martingales started
//! at predictable moments with weights that sum to one is a martingale as well, so the error bound
//! stays `alpha`, and the same late failure is stopped after 6.

use super::ln_sum_exp;

/// How many times worse than tolerated the canary may be; one hypothesis each, equally weighted.
pub const MULTIPLIERS: [f64; 7] = [1.5, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0];

/// The share of the capital that is at stake from the first observation on; the rest is for
/// regressions that begin later. Costs `ln(1/0.75) = 0.29` nats in the beginning.
const INITIAL_STAKE: f64 = 0.75;

/// The probability of a hit under the null and under each alternative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Odds {
    null: f64,
    alternatives: [f64; MULTIPLIERS.len()],
}

impl Odds {
    /// An error in a randomised split belongs to the canary.
    ///
    /// `share`: the canary's share of requests just before the error, in (0, 1); `tolerate`: the
    /// tolerated relative increase `d`. With `q_r = share * r * (1 + d)`, the probability is
    /// `q_r / (q_r + 1 - share)`.
    pub fn split(share: f64, tolerate: f64) -> Self {
        let share = share.clamp(1e-9, 1.0 - 1e-9);
        let theta = |r: f64| {
            let canary = share * r * (1.0 + tolerate);
            canary / (canary + 1.0 - share)
        };
        Self { null: theta(1.0), alternatives: MULTIPLIERS.map(theta) }
    }

    /// A canary request fails, where the tolerated failure rate is `rate` (used at 100 %, where
    /// there is no baseline left to compare with).
    pub fn absolute(rate: f64) -> Self {
        let rate = rate.clamp(1e-9, 1.0 - 1e-9);
        // No alternative may claim certainty: one success would end it for ever.
        let ceiling = (1.0 + rate) / 2.0;
        Self { null: rate, alternatives: MULTIPLIERS.map(|r| (rate * r).min(ceiling)) }
    }

    fn ln_ratios(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.alternatives.iter().map(|theta| {
            (libm::log(theta / self.null), libm::log1p(-theta) - libm::log1p(-self.null))
        })
    }
}

/// Evidence against the canary so far. Starts at 1 (`ln` 0).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// `ln` of the capital at stake on each multiplier.
    ln_stakes: [f64; MULTIPLIERS.len()],
    /// How often held-back capital has been invested.
    investments: u32,
}

impl Default for Evidence {
    fn default() -> Self {
        Self {
            ln_stakes: [libm::log(INITIAL_STAKE / MULTIPLIERS.len() as f64); MULTIPLIERS.len()],
            investments: 0,
        }
    }
}

impl Evidence {
    /// Takes in `misses` and `hits` observed under the same odds.
    ///
    /// New capital goes in *after* the hits. Before them it would be invested in the knowledge that
    /// a hit comes next, and the evidence would grow by 5 % a step under the null.
    pub fn observe(&mut self, odds: &Odds, misses: u64, hits: u64) {
        for (stake, (hit, miss)) in self.ln_stakes.iter_mut().zip(odds.ln_ratios()) {
            *stake += misses as f64 * miss + hits as f64 * hit;
        }
        if hits > 0 {
            self.invest();
        }
    }

    /// `ln E`: roll back when it reaches `ln(1/alpha)`.
    pub fn ln_e(&self) -> f64 {
        let idle = libm::log(self.idle());
        ln_sum_exp(self.ln_stakes.iter().copied().chain([idle]))
    }

    /// Capital that is still held back.
    fn idle(&self) -> f64 {
        (1.0 - INITIAL_STAKE) / (f64::from(self.investments) + 1.0)
    }

    /// Spreads the next share of the idle capital over the multipliers.
    fn invest(&mut self) {
        let before = self.idle();
        self.investments = self.investments.saturating_add(1);
        let fresh = libm::log((before - self.idle()) / MULTIPLIERS.len() as f64);
        for stake in &mut self.ln_stakes {
            *stake = ln_sum_exp([*stake, fresh].into_iter());
        }
    }

    /// `ln` of the stakes and the number of investments, for storage.
    pub fn to_parts(&self) -> ([f64; MULTIPLIERS.len()], u32) {
        (self.ln_stakes, self.investments)
    }

    /// Back from storage; `None` where a stake is not a number below infinity.
    pub fn from_parts(ln_stakes: [f64; MULTIPLIERS.len()], investments: u32) -> Option<Self> {
        let sound = ln_stakes.iter().all(|x| !x.is_nan() && *x < f64::INFINITY);
        sound.then_some(Self { ln_stakes, investments })
    }
}

#[cfg(test)]
mod tests;
