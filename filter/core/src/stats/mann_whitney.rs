//! Mann-Whitney U on bucket counts: are the canary's values larger than the baseline's?
//!
//! A rank test, because latencies have no useful mean: one timeout outweighs a thousand answers.
//! Values of one bucket are ties, so the test is exact for the bucketed values and takes one pass
//! over the buckets instead of a sort of all values. Ties get mid-ranks and their correction of the
//! variance; p is the normal approximation with continuity, as in scipy's
//! `mannwhitneyu(method='asymptotic')`.
//!
//! **What others get wrong.** Kayenta judges by whether the confidence interval of the
//! Hodges-Lehmann shift leaves a tolerance band. When most values are equal, the shift is 0 whatever
//! the rest does: 3 of 10 values a hundred times smaller, or half of the requests failing where none
//! did, pass. The rank sum sees both.
//!
//! Assumptions: requests are independent, and the test is looked at once. For more looks, give look
//! `k` the level [`alpha::at_look`](super::alpha::at_look). An anytime-valid answer on one threshold
//! is [`confidence`](super::confidence)'s.

/// What the comparison found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// Pairs in which the canary's value is the larger; a tie counts one half.
    pub u: f64,
    /// Standard score with continuity correction; positive where the canary's values are larger.
    pub z: f64,
    /// Two-sided p.
    pub p: f64,
    /// `u` per pair: the chance that a canary value exceeds a baseline value, ties counting half.
    pub effect: f64,
}

/// Compares counts per bucket, lowest bucket first.
///
/// `None` where one side has no values or the numbers of buckets differ.
pub fn compare(canary: &[u64], baseline: &[u64]) -> Option<Comparison> {
    let sums = Sums::over(canary, baseline);
    let pairs = sums.canary * sums.baseline;
    if canary.len() != baseline.len() || pairs == 0.0 {
        return None;
    }
    let excess = sums.u - pairs / 2.0;
    let z = libm::copysign((libm::fabs(excess) - 0.5).max(0.0), excess) / sums.deviation();
    // All values in one bucket: 0/0, and nothing to tell the arms apart by.
    let z = if z.is_nan() { 0.0 } else { z };
    let p = libm::erfc(libm::fabs(z) * core::f64::consts::FRAC_1_SQRT_2);
    Some(Comparison { u: sums.u, z, p, effect: sums.u / pairs })
}

/// How much slower the canary is, with its uncertainty.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Effect {
    /// The chance that a canary value exceeds a baseline value, ties counting half; .5 is no difference.
    pub estimate: f64,
    /// Its standard error, whatever the difference is.
    pub error: f64,
}

/// The effect with the variance of DeLong, DeLong & Clarke-Pearson (Biometrics 1988), in two passes
/// over the buckets. `None` where one side has fewer than two values or the numbers of buckets differ.
///
/// [`compare`] has the variance under the hypothesis that nothing differs, which is the wrong one for
/// the question whether the effect is *at most* so large.
pub fn effect(canary: &[u64], baseline: &[u64]) -> Option<Effect> {
    let (n, m) = (super::quantile::total(canary), super::quantile::total(baseline));
    if canary.len() != baseline.len() || n < 2.0 || m < 2.0 {
        return None;
    }
    let estimate = Sums::over(canary, baseline).u / (n * m);
    let (mut below, mut above) = (0.0, n);
    let (mut canary_spread, mut baseline_spread) = (0.0, 0.0);
    for (c, b) in canary.iter().zip(baseline) {
        let (c, b) = (*c as f64, *b as f64);
        above -= c;
        let deviation = |share: f64| (share - estimate) * (share - estimate);
        canary_spread += c * deviation((below + b / 2.0) / m);
        baseline_spread += b * deviation((above + c / 2.0) / n);
        below += b;
    }
    let variance = canary_spread / (n * (n - 1.0)) + baseline_spread / (m * (m - 1.0));
    Some(Effect { estimate, error: libm::sqrt(variance) })
}

impl Effect {
    /// One-sided p against "the effect is at least `limit`".
    pub fn p_below(&self, limit: f64) -> f64 {
        tail((limit - self.estimate) / self.error)
    }

    /// One-sided p against "the effect is at most `limit`".
    pub fn p_above(&self, limit: f64) -> f64 {
        tail((self.estimate - limit) / self.error)
    }

    /// The interval whose ends are each wrong with probability `alpha`.
    pub fn interval(&self, alpha: f64) -> (f64, f64) {
        let reach = quantile_of_tail(alpha) * self.error;
        ((self.estimate - reach).max(0.0), (self.estimate + reach).min(1.0))
    }
}

/// The chance that a standard normal exceeds `z`; 1 for no number.
fn tail(z: f64) -> f64 {
    if z.is_nan() { 1.0 } else { libm::erfc(z * core::f64::consts::FRAC_1_SQRT_2) / 2.0 }
}

/// What a standard normal exceeds with probability `alpha`, by bisection.
fn quantile_of_tail(alpha: f64) -> f64 {
    let (mut low, mut high) = (0.0, 38.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if tail(middle) > alpha {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Floats, because the products of counts overflow `u64` and then `u128`. They are exact up to
/// 9e15 pairs; beyond, rounding is far below the deviation.
#[derive(Default)]
struct Sums {
    canary: f64,
    baseline: f64,
    u: f64,
    /// `(N^3 - sum t_j^3) / 3`, summed as `N_(j-1) t_j N_j`: the textbook's difference of cubes
    /// loses its digits when nearly all values share a bucket.
    untied: f64,
}

impl Sums {
    fn over(canary: &[u64], baseline: &[u64]) -> Self {
        canary.iter().zip(baseline).fold(Self::default(), |sums, (c, b)| sums.and(*c, *b))
    }

    fn and(self, c: u64, b: u64) -> Self {
        let (c, b) = (c as f64, b as f64);
        let below = self.canary + self.baseline;
        Self {
            canary: self.canary + c,
            baseline: self.baseline + b,
            u: self.u + c * (self.baseline + b / 2.0),
            untied: self.untied + below * (c + b) * (below + c + b),
        }
    }

    /// Standard deviation of `u` when both arms have the same distribution.
    fn deviation(&self) -> f64 {
        let all = self.canary + self.baseline;
        libm::sqrt(self.canary * self.baseline / 4.0 / all * (self.untied / (all - 1.0)))
    }
}

#[cfg(test)]
mod tests;
