//! How long answers take.

use std::time::Duration;

/// The 99th percentile of the standard normal distribution.
const Z99: f64 = 2.326_347_874_040_841;

/// A log-normal distribution of which a part may be slower by a factor: the tail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency {
    /// `ln` of the median in microseconds.
    mu: f64,
    /// Of the logarithm; 0 if all take the same time.
    sigma: f64,
    /// The share of requests in the tail.
    tail: f64,
    /// How much slower the tail is.
    factor: f64,
}

impl Latency {
    /// Half are faster than `p50`, one in a hundred is slower than `p99`. `None` unless `0 < p50 <= p99`.
    pub fn new(p50: Duration, p99: Duration) -> Option<Self> {
        let (p50, p99) = (p50.as_secs_f64() * 1e6, p99.as_secs_f64() * 1e6);
        let sound = 0.0 < p50 && p50 <= p99;
        sound.then(|| Self { mu: p50.ln(), sigma: (p99 / p50).ln() / Z99, tail: 0.0, factor: 1.0 })
    }

    /// All of it slower by a factor.
    #[must_use]
    pub fn slower(self, factor: f64) -> Self {
        Self { mu: self.mu + factor.ln(), ..self }
    }

    /// A share of it slower by a factor.
    #[must_use]
    pub fn tail(self, share: f64, factor: f64) -> Self {
        Self { tail: share, factor, ..self }
    }

    /// The share of requests that take at most so many microseconds.
    pub fn cdf(&self, micros: f64) -> f64 {
        (1.0 - self.tail) * self.body(micros) + self.tail * self.body(micros / self.factor)
    }

    /// The latency, in microseconds, of a request that has a standard normal number and a number from 0 to 1.
    pub fn draw(&self, normal: f64, unit: f64) -> f64 {
        let factor = if unit < self.tail { self.factor } else { 1.0 };
        (self.mu + self.sigma * normal).exp() * factor
    }

    fn body(&self, micros: f64) -> f64 {
        let above = micros.ln() - self.mu;
        if self.sigma < 1e-9 {
            return f64::from(u8::from(above >= 0.0));
        }
        libm::erfc(-above / self.sigma / std::f64::consts::SQRT_2) / 2.0
    }
}

impl Default for Latency {
    /// Always a millisecond.
    fn default() -> Self {
        Self { mu: 1_000_f64.ln(), sigma: 0.0, tail: 0.0, factor: 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn quantiles_are_those_it_was_given() {
        let latency = Latency::new(ms(40), ms(250)).unwrap();
        assert!((latency.cdf(40_000.0) - 0.5).abs() < 1e-12);
        assert!((latency.cdf(250_000.0) - 0.99).abs() < 1e-9);
        let slower = latency.slower(2.0);
        assert!((slower.cdf(80_000.0) - 0.5).abs() < 1e-12);
        // One in twenty is ten times slower: of them 99 % are above what one in a hundred was above before.
        let tail = latency.tail(0.05, 10.0);
        let above = 1.0 - tail.cdf(250_000.0);
        assert!((above - (0.95 * 0.01 + 0.05 * (1.0 - latency.cdf(25_000.0)))).abs() < 1e-12);
    }

    #[test]
    fn a_latency_may_be_one_time_and_must_be_a_time() {
        let fixed = Latency::new(ms(40), ms(40)).unwrap();
        assert_eq!((fixed.cdf(39_999.0), fixed.cdf(40_000.1)), (0.0, 1.0));
        assert_eq!((Latency::new(ms(0), ms(9)), Latency::new(ms(9), ms(8))), (None, None));
    }
}
