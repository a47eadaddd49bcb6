//! How far a share of runs can be trusted.
//!
//! The number of runs is fixed before the first, so the classic exact interval applies (Clopper & Pearson,
//! Biometrika 1934): wider than need be, and never too narrow, which matters where nothing at all was seen. The confidence
//! sequences of the gates would do as well, but they pay for looks that nobody takes here.

use serde::Serialize;

/// The level of the intervals.
pub const LEVEL: f64 = 0.95;

/// A share of runs with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    /// In how many it was so.
    pub runs: u64,
    /// Of how many.
    pub of: u64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Share {
    /// So many of so many, with the interval at [`LEVEL`].
    pub fn new(runs: u64, of: u64) -> Self {
        Self::at(runs, of, LEVEL)
    }

    /// The same with an interval of another level.
    pub fn at(runs: u64, of: u64, level: f64) -> Self {
        let rest = (1.0 - level) / 2.0;
        // The lower end is where so many or more would be a surprise; the upper end, so many or fewer.
        let low = if runs == 0 { 0.0 } else { 1.0 - solve(of - runs, of, rest) };
        let high = if runs >= of { 1.0 } else { solve(runs, of, rest) };
        Self { runs, of, low, high }
    }

    /// The share itself; 0 of none.
    pub fn share(&self) -> f64 {
        if self.of == 0 { 0.0 } else { self.runs as f64 / self.of as f64 }
    }

    /// Whether two intervals have a point in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// The `p` at which at most `k` of `n` have the chance `rest`.
fn solve(k: u64, n: u64, rest: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if at_most(k, n, middle) > rest {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// The chance of at most `k` hits of `n`, `0 < p < 1`: a sum of terms that follow from each other, in logarithms.
fn at_most(k: u64, n: u64, p: f64) -> f64 {
    let odds = p.ln() - (-p).ln_1p();
    let mut term = n as f64 * (-p).ln_1p();
    let mut sum = term.exp();
    for i in 0..k {
        term += ((n - i) as f64 / (i + 1) as f64).ln() + odds;
        sum += term.exp();
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reference: scipy.stats.binomtest(k, n).proportion_ci(0.95, "exact").
    #[test]
    fn intervals_are_those_of_clopper_and_pearson() {
        for (k, n, low, high) in [
            (0, 1000, 0.0, 0.003_682_084),
            (5, 1000, 0.001_625_374, 0.011_628_936),
            (10, 10, 0.691_502_899, 1.0),
            (300, 10_000, 0.026_743_891, 0.033_534_436),
        ] {
            let share = Share::new(k, n);
            let near = |a: f64, b: f64| (a - b).abs() < 2e-5;
            assert!(near(share.low, low) && near(share.high, high), "{k}/{n}: {share:?}");
        }
    }

    #[test]
    fn nothing_of_nothing_says_nothing() {
        let none = Share::new(0, 0);
        assert_eq!((none.low, none.high, none.share()), (0.0, 1.0, 0.0));
    }
}
