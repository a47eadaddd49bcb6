//! Who asks.

use fastrand::Rng;

/// How the requests of a load are spread over users, who are called `u0`, `u1`, ...
#[derive(Clone, Debug)]
pub enum Users {
    /// Each of so many users is as likely as the others.
    Uniform(usize),
    /// The k-th of so many users is k^-exponent times as likely as the first.
    Zipf(usize, f64),
    /// `u0` sends this share of the requests; the rest is spread evenly.
    Heavy(usize, f64),
    /// Everyone once, in order, and again from the first.
    InTurn(usize),
}

impl From<usize> for Users {
    fn from(count: usize) -> Self {
        Self::Uniform(count)
    }
}

/// Draws users, the same ones for the same seed.
pub struct Picker {
    users: Users,
    rng: Rng,
    next: usize,
    cumulative: Vec<f64>,
}

impl Picker {
    /// Begins a series of draws.
    pub fn new(users: Users, seed: u64) -> Self {
        let cumulative = match users {
            Users::Zipf(count, exponent) => zipf(count, exponent),
            _ => Vec::new(),
        };
        Self { users, rng: Rng::with_seed(seed), next: 0, cumulative }
    }

    /// The next user.
    pub fn pick(&mut self) -> String {
        let point = self.rng.f64();
        let even = |rng: &mut Rng, count: usize| rng.usize(..count.max(1));
        let user = match self.users {
            Users::Uniform(count) => even(&mut self.rng, count),
            Users::Heavy(_, share) if point < share => 0,
            Users::Heavy(count, _) => 1 + even(&mut self.rng, count.saturating_sub(1)),
            Users::Zipf(..) => self.cumulative.partition_point(|sum| *sum < point),
            Users::InTurn(count) => {
                self.next += 1;
                (self.next - 1) % count.max(1)
            }
        };
        format!("u{user}")
    }
}

fn zipf(count: usize, exponent: f64) -> Vec<f64> {
    let mut sum = 0.0;
    let sums: Vec<f64> = (1..=count)
        .map(|rank| {
            sum += (rank as f64).powf(-exponent);
            sum
        })
        .collect();
    // All but the last: the rest of the unit interval is the last user's.
    sums.iter().take(count.saturating_sub(1)).map(|s| s / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn counts(users: Users) -> HashMap<String, u32> {
        let mut picker = Picker::new(users, 7);
        let mut counts = HashMap::new();
        for _ in 0..20_000 {
            *counts.entry(picker.pick()).or_default() += 1;
        }
        counts
    }

    #[test]
    fn a_heavy_user_sends_its_share() {
        let counts = counts(Users::Heavy(100, 0.2));
        assert!((3_800..4_200).contains(&counts["u0"]));
        assert_eq!(counts.len(), 100);
    }

    #[test]
    fn zipf_halves_from_the_first_to_the_second() {
        let counts = counts(Users::Zipf(1_000, 1.0));
        let ratio = f64::from(counts["u0"]) / f64::from(counts["u1"]);
        assert!((1.8..2.2).contains(&ratio), "{ratio}");
        assert!(counts.keys().all(|user| user[1..].parse::<usize>().unwrap() < 1_000));
    }

    #[test]
    fn in_turn_visits_everyone() {
        let counts = counts(Users::InTurn(10_000));
        assert!(counts.len() == 10_000 && counts.values().all(|count| *count == 2));
    }
}
