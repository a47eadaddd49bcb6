//! A band around a distribution function that holds for all values and at every look at once.
//!
//! Howard & Ramdas, Bernoulli 2022 (arXiv:1906.09712), theorem 2: with probability `1 - alpha`, for
//! all `t >= t_min` and all x,
//! `|F_t(x) - F(x)| <= A sqrt((ln(1 + ln(t/t_min)) + C) / t)`, with `A = 0.85`.
//!
//! The classic Dvoretzky-Kiefer-Wolfowitz band is narrower (.043 instead of .082 at 1000 values) but
//! holds at one sample size that was fixed before. Read at every tick it fails as surely as a
//! repeated p < .05, by the law of the iterated logarithm.
//!
//! The distribution function is exact at bucket edges, so nothing is lost there by bucketing. Use
//! the band for the body: its width is the same everywhere, so it says nothing about P99 before
//! it is narrower than 1 % (71,000 values, if it began at 1000). For one quantile at a time,
//! [`quantile`] is tighter.
//!
//! Assumption: the values of one arm are independent with one distribution.

use super::quantile::{self, Quantile};

/// The paper's choice; the least possible is `1/sqrt(2)`.
const A: f64 = 0.85;

/// The band for one error level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    t_min: f64,
    c: f64,
}

impl Band {
    /// The band of level `alpha` that begins at `t_min` values, where it is tightest relative to
    /// what is possible. `None` unless `alpha` is in [1e-12, 1) and `t_min >= 1`.
    ///
    /// Solves for `C`, some 3,000 exponentials: keep the band.
    pub fn new(alpha: f64, t_min: f64) -> Option<Self> {
        let sound = (1e-12..1.0).contains(&alpha) && (1.0..f64::INFINITY).contains(&t_min);
        sound.then(|| Self { t_min, c: constant(alpha) })
    }

    /// How far the distribution function may be from the observed one after `t` values; 1 before
    /// `t_min`.
    pub fn radius(&self, t: f64) -> f64 {
        if t.is_nan() || t < self.t_min {
            return 1.0;
        }
        let grown = libm::log1p(libm::log(t / self.t_min));
        (A * libm::sqrt((grown + self.c) / t)).min(1.0)
    }

    /// Where the `p`-quantile lies; for any number of quantiles at once at the same `alpha`.
    /// `upper` are the upper edges of the buckets.
    pub fn quantile(&self, p: f64, upper: &[u64], counts: &[u64]) -> Quantile {
        let radius = self.radius(quantile::total(counts));
        quantile::between(p, upper, counts, |seen, _| libm::fabs(seen - p) > radius)
    }
}

/// The least `C` whose crossing probability is at most `alpha`.
fn constant(alpha: f64) -> f64 {
    let (mut crosses, mut holds) = (1.0, 64.0);
    for _ in 0..50 {
        let middle = (crosses + holds) / 2.0;
        if crossing(middle) > alpha {
            crosses = middle;
        } else {
            holds = middle;
        }
    }
    holds
}

/// The theorem's bound on the probability that the band is ever left.
///
/// It holds for each spacing `eta` of the proof's epochs; a ternary search takes the best one.
fn crossing(c: f64) -> f64 {
    let (mut low, mut high) = (1.0, 2.0 * A * A);
    for _ in 0..40 {
        let third = (high - low) / 3.0;
        // Both infinite means too wide a spacing: go left.
        if crossing_spaced(c, low + third) > crossing_spaced(c, high - third) {
            low += third;
        } else {
            high -= third;
        }
    }
    crossing_spaced(c, (low + high) / 2.0)
}

fn crossing_spaced(c: f64, eta: f64) -> f64 {
    let room = A - libm::sqrt(2.0 * (eta - 1.0) / c);
    let gamma2 = 2.0 / eta * room * room;
    if room <= 0.0 || gamma2 <= 1.0 {
        return f64::INFINITY;
    }
    4.0 * libm::exp(-gamma2 * c) * (1.0 + 1.0 / ((gamma2 - 1.0) * libm::log(eta)))
}

#[cfg(test)]
mod tests;
