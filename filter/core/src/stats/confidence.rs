//! Confidence sequences for a rate: intervals that hold at every look at once.
//!
//! The beta-binomial mixture of Howard, Ramdas, McAuliffe & Sekhon, Ann. Statist. 2021
//! (arXiv:1810.08240): a rate `p` is rejected once
//! `B(a + s, b + f) / (B(a, b) p^s (1 - p)^f) >= 1/alpha`, with a prior `Beta(a, b)` whose mean is
//! the tested `p`. The prior's weight decides at which sample size the interval is tightest.
//!
//! Assumption: the requests of one arm are exchangeable. Bursts violate it; the guard's floor and
//! the stage's `min_time` are there for that.

use super::ln_beta;

/// An interval for a rate, both ends in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Every smaller rate is rejected.
    pub low: f64,
    /// Every greater rate is rejected.
    pub high: f64,
}

/// How much weight the prior has, as a number of pseudo-observations at the tested rate `p`.
#[derive(Clone, Copy, Debug)]
pub enum Prior {
    /// Tightest near the sample size at which the rarer outcome has been seen about once: for an
    /// error gate of 0.1 % after some thousands of requests, for a P99 gate after some hundreds.
    Rare,
    /// Tightest near `t` observations at level .05, as in the R package confseq.
    Sized {
        /// The sample size to be tightest at.
        t: f64,
    },
}

impl Prior {
    fn weight(self, p: f64) -> f64 {
        match self {
            Self::Rare => 0.5 / p.min(1.0 - p),
            Self::Sized { t } => {
                let ln = 2.0 * libm::log(1.0 / 0.05);
                (t / (ln + libm::log1p(ln)) - 1.0).max(1e-3)
            }
        }
    }
}

/// The evidence against one rate, whatever was seen; what depends on the rate alone is computed once.
#[derive(Clone, Copy)]
pub(super) struct Against {
    a: f64,
    b: f64,
    ln_prior: f64,
    ln_hit: f64,
    ln_miss: f64,
}

impl Against {
    /// Against the rate `p`.
    pub(super) fn new(p: f64, prior: Prior) -> Self {
        let weight = prior.weight(p);
        let (a, b) = (weight * p, weight * (1.0 - p));
        Self { a, b, ln_prior: ln_beta(a, b), ln_hit: libm::log(p), ln_miss: libm::log1p(-p) }
    }

    /// `ln` of the evidence after `s` hits and `f` misses.
    ///
    /// With `s + f` fixed it is convex in `s`, as `ln` of the gamma function is: what is not rejected lies together.
    pub(super) fn ln(&self, s: f64, f: f64) -> f64 {
        ln_beta(self.a + s, self.b + f) - self.ln_prior - s * self.ln_hit - f * self.ln_miss
    }
}

/// `ln` of the evidence against the rate `p` after `s` hits and `f` misses.
fn ln_evidence(s: f64, f: f64, p: f64, prior: Prior) -> f64 {
    Against::new(p, prior).ln(s, f)
}

/// The confidence sequence for the rate of hits at error level `alpha`, after `hits` of `total`.
///
/// No data gives [0, 1]. `hits` above `total` count as `total`.
pub fn interval(hits: u64, total: u64, alpha: f64, prior: Prior) -> Interval {
    if total == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let s = hits.min(total) as f64;
    let f = total as f64 - s;
    let seen = s / total as f64;
    let rejected = |p: f64| ln_evidence(s, f, p, prior) >= libm::log(1.0 / alpha);
    Interval { low: boundary(seen, 0.0, &rejected), high: boundary(seen, 1.0, &rejected) }
}

/// Hits among trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Trials that were hits.
    pub hits: u64,
    /// All trials.
    pub total: u64,
}

/// A test of many rates at one error level, without the bisection that [`interval`] is: whoever only
/// asks on which side of a limit the interval lies needs one evaluation.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    ln_sure: f64,
    prior: Prior,
}

impl Test {
    /// At error level `alpha`.
    pub fn new(alpha: f64, prior: Prior) -> Self {
        Self { ln_sure: libm::log(1.0 / alpha), prior }
    }

    /// Whether the upper end of the interval is at most `limit`.
    pub fn is_below(&self, counts: Counts, limit: f64) -> bool {
        limit >= 1.0 || (counts.rate() < limit && self.rejects(counts, limit))
    }

    /// Whether the lower end of the interval is at least `limit`.
    pub fn is_above(&self, counts: Counts, limit: f64) -> bool {
        limit <= 0.0 || (counts.rate() > limit && self.rejects(counts, limit))
    }

    /// Whether the upper end of `low`'s interval is at most `ratio` times the lower end of `high`'s.
    ///
    /// Looks for a rate `t` that is at most `high`'s lower end while `ratio * t` is at least `low`'s
    /// upper end. A rate that is neither shows that there is none, so this is mostly over at once.
    pub fn is_apart(&self, low: Counts, high: Counts, ratio: f64) -> bool {
        let (mut left, mut right) = ((low.rate() / ratio).max(TINY), high.rate());
        for _ in 0..60 {
            if left.is_nan() || left >= right {
                return false;
            }
            let middle = libm::sqrt(left * right);
            match (self.is_below(low, ratio * middle), self.is_above(high, middle)) {
                (true, true) => return true,
                (true, false) => right = middle,
                (false, true) => left = middle,
                (false, false) => return false,
            }
        }
        false
    }

    fn rejects(&self, counts: Counts, rate: f64) -> bool {
        let s = counts.hits.min(counts.total) as f64;
        let f = counts.total as f64 - s;
        ln_evidence(s, f, rate.clamp(TINY, 1.0 - TINY), self.prior) >= self.ln_sure
    }
}

impl Counts {
    /// NaN for no trials, which is neither below nor above anything.
    fn rate(self) -> f64 {
        self.hits.min(self.total) as f64 / self.total as f64
    }
}

/// No rate is looked at that is nearer to 0 or 1.
const TINY: f64 = 1e-12;

/// The last rate that is not rejected on the way from `inside` (which never is) to `outside`.
///
/// Bisection on the logit, because what matters at both ends is the relative distance.
fn boundary(inside: f64, outside: f64, rejected: &impl Fn(f64) -> bool) -> f64 {
    let logit = |p: f64| {
        let p = p.clamp(TINY, 1.0 - TINY);
        libm::log(p) - libm::log1p(-p)
    };
    let rate = |x: f64| 1.0 / (1.0 + libm::exp(-x));
    let (mut kept, mut gone) = (logit(inside), logit(outside));
    if !rejected(rate(gone)) {
        return outside;
    }
    for _ in 0..60 {
        let middle = (kept + gone) / 2.0;
        if rejected(rate(middle)) {
            gone = middle;
        } else {
            kept = middle;
        }
    }
    rate(gone)
}

#[cfg(test)]
mod tests;
