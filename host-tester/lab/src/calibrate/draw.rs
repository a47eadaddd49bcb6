//! Chance, seeded.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rand_distr::{Binomial, Distribution, Exp1, Poisson, StandardNormal};

/// Draws for one run. Which core it runs on makes no difference: the seed and the number of the run decide.
pub struct Draw(SmallRng);

impl Draw {
    /// Of the `run`-th run under `seed`.
    pub fn new(seed: u64, run: u64) -> Self {
        // Runs are far apart though their numbers are not (the finaliser of splitmix64).
        let mut x = seed ^ run.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self(SmallRng::seed_from_u64(x ^ (x >> 31)))
    }

    /// How long until something happens that happens `rate` times per unit of time; infinite if it never does.
    pub fn wait(&mut self, rate: f64) -> f64 {
        let unit: f64 = Exp1.sample(&mut self.0);
        if rate > 0.0 { unit / rate } else { f64::INFINITY }
    }

    /// How often something happens that happens `mean` times on average.
    pub fn count(&mut self, mean: f64) -> u64 {
        match Poisson::new(mean) {
            Ok(poisson) => poisson.sample(&mut self.0) as u64,
            // Never, or not a number.
            Err(_) => 0,
        }
    }

    /// How many of `n` have something that each has with the chance `p`.
    pub fn of(&mut self, n: u64, p: f64) -> u64 {
        match Binomial::new(n, p.clamp(0.0, 1.0)) {
            Ok(binomial) if n > 0 => binomial.sample(&mut self.0),
            _ => 0,
        }
    }

    /// How many of `n` fall into each of several places.
    pub fn spread(&mut self, n: u64, shares: &[f64]) -> Vec<u64> {
        let (mut left, mut rest) = (n, 1.0);
        let place = |share: &f64| {
            let here = if left == 0 { 0 } else { self.of(left, share / f64::max(rest, 1e-300)) };
            left -= here.min(left);
            rest -= share;
            here
        };
        let mut places: Vec<u64> = shares.iter().map(place).collect();
        // What rounding left over belongs to the last that can have any.
        if let Some(last) = places.iter_mut().zip(shares).rev().find(|(_, share)| **share > 0.0) {
            *last.0 += left;
        }
        places
    }

    /// A number from 0 to 1.
    pub fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// Whether something happens that has this chance.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// A standard normal number.
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    /// A place on the line of 100,000 on which a user stands.
    pub fn bucket(&mut self) -> u32 {
        self.0.random_range(0..100_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spread_is_all_there() {
        let mut draw = Draw::new(1, 0);
        let mut sums = [0_u64; 3];
        for n in 0..2_000 {
            let places = draw.spread(n, &[0.2, 0.0, 0.8]);
            assert_eq!(places.iter().sum::<u64>(), n);
            sums.iter_mut().zip(&places).for_each(|(sum, n)| *sum += n);
        }
        assert_eq!(sums[1], 0);
        let share = sums[0] as f64 / sums.iter().sum::<u64>() as f64;
        assert!((share - 0.2).abs() < 0.002, "{share}");
        assert_eq!(draw.spread(7, &[1.0]), [7]);
    }

    #[test]
    fn counts_have_their_mean_and_strange_rates_are_never() {
        let mut draw = Draw::new(1, 1);
        for mean in [0.01, 3.0, 500.0] {
            let sum: u64 = (0..20_000).map(|_| draw.count(mean)).sum();
            let off = (sum as f64 / 20_000.0 - mean).abs();
            assert!(off < 5.0 * (mean / 20_000.0).sqrt(), "{mean}: {off}");
        }
        assert_eq!((draw.count(0.0), draw.count(f64::NAN), draw.of(5, f64::NAN)), (0, 0, 0));
        assert_eq!(draw.wait(0.0), f64::INFINITY);
    }
}
