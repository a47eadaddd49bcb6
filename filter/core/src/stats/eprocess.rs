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

use core::f64::consts::LN_2;

/// How many times worse than tolerated the canary may be; one hypothesis each, equally weighted.
pub const MULTIPLIERS: [f64; 7] = [1.5, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0];

/// `ln` of each.
const LN_MULTIPLIERS: [f64; MULTIPLIERS.len()] =
    [0.405_465_108_108_164_4, LN_2, 2.0 * LN_2, 3.0 * LN_2, 4.0 * LN_2, 6.0 * LN_2, 8.0 * LN_2];

/// The share of the capital that is at stake from the first observation on; the rest is for
/// regressions that begin later. Costs `ln(1/0.75) = 0.29` nats in the beginning.
const INITIAL_STAKE: f64 = 0.75;

/// No stake grows beyond this, or it would be infinite for ever. To leave winnings behind never makes
/// the evidence too large.
const LARGEST_STAKE: f64 = 1e300;

/// What an observation does to the evidence for each alternative: `ln` of its likelihood ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Odds([Ratio; MULTIPLIERS.len()]);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Ratio {
    hit: f64,
    miss: f64,
}

impl Odds {
    /// An error in a randomised split belongs to the canary.
    ///
    /// `share`: the canary's share of requests just before the error, in (0, 1); `tolerate`: the
    /// tolerated relative increase `d`. With `q_r = share * r * (1 + d)`, the probability is
    /// `q_r / (q_r + 1 - share)`.
    pub fn split(share: f64, tolerate: f64) -> Self {
        let share = share.clamp(1e-9, 1.0 - 1e-9);
        let canary = share * (1.0 + tolerate);
        let ln_all = |r: f64| libm::log(canary * r + (1.0 - share));
        let null = ln_all(1.0);
        let mut ratios = [Ratio { hit: 0.0, miss: 0.0 }; MULTIPLIERS.len()];
        for (ratio, (r, ln_r)) in ratios.iter_mut().zip(MULTIPLIERS.iter().zip(LN_MULTIPLIERS)) {
            let miss = null - ln_all(*r);
            *ratio = Ratio { hit: ln_r + miss, miss };
        }
        Self(ratios)
    }

    /// A canary request fails, where the tolerated failure rate is `rate` (used at 100 %, where
    /// there is no baseline left to compare with).
    pub fn absolute(rate: f64) -> Self {
        let rate = rate.clamp(1e-9, 1.0 - 1e-9);
        // No alternative may claim certainty: one success would end it for ever.
        let ceiling = (1.0 + rate) / 2.0;
        let null = libm::log1p(-rate);
        Self(MULTIPLIERS.map(|r| {
            let theta = (rate * r).min(ceiling);
            Ratio { hit: libm::log(theta / rate), miss: libm::log1p(-theta) - null }
        }))
    }
}

/// Evidence against the canary so far. Starts at 1 (`ln` 0).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// The capital at stake on each multiplier.
    stakes: [f64; MULTIPLIERS.len()],
    /// How often held-back capital has been invested.
    investments: u32,
}

impl Default for Evidence {
    fn default() -> Self {
        let stakes = [INITIAL_STAKE / MULTIPLIERS.len() as f64; MULTIPLIERS.len()];
        Self { stakes, investments: 0 }
    }
}

impl Evidence {
    /// Takes in `misses` and `hits` observed under the same odds.
    ///
    /// New capital goes in *after* the hits. Before them it would be invested in the knowledge that
    /// a hit comes next, and the evidence would grow by 5 % a step under the null.
    pub fn observe(&mut self, odds: &Odds, misses: u64, hits: u64) {
        for (stake, Ratio { hit, miss }) in self.stakes.iter_mut().zip(odds.0) {
            let gain = libm::exp(misses as f64 * miss + hits as f64 * hit);
            *stake = (*stake * gain.min(LARGEST_STAKE)).min(LARGEST_STAKE);
        }
        if hits > 0 {
            self.invest();
        }
    }

    /// `ln E`: roll back when it reaches `ln(1/alpha)`.
    pub fn ln_e(&self) -> f64 {
        libm::log(self.stakes.iter().sum::<f64>() + self.idle())
    }

    /// Capital that is still held back.
    fn idle(&self) -> f64 {
        (1.0 - INITIAL_STAKE) / (f64::from(self.investments) + 1.0)
    }

    /// Spreads the next share of the idle capital over the multipliers.
    fn invest(&mut self) {
        let before = self.idle();
        self.investments = self.investments.saturating_add(1);
        let fresh = (before - self.idle()) / MULTIPLIERS.len() as f64;
        self.stakes.iter_mut().for_each(|stake| *stake += fresh);
    }

    /// The stakes and the number of investments, for storage.
    pub fn to_parts(&self) -> ([f64; MULTIPLIERS.len()], u32) {
        (self.stakes, self.investments)
    }

    /// Back from storage; `None` where a stake is not one.
    pub fn from_parts(stakes: [f64; MULTIPLIERS.len()], investments: u32) -> Option<Self> {
        let sound = stakes.iter().all(|x| (0.0..=LARGEST_STAKE).contains(x));
        sound.then_some(Self { stakes, investments })
    }
}

#[cfg(test)]
mod tests;
