//! Who sends the requests.
//!
//! Cohorts are drawn for users, not for requests: with few or very unequal users the canary's share of traffic is not its
//! weight, and how many users a bad canary hits depends on who they are.

use super::draw::Draw;

/// The users of a service, by their share of its requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Crowd {
    shares: Vec<f64>,
}

impl Crowd {
    /// So many users, all sending the same.
    pub fn equal(users: u32) -> Self {
        let users = users.max(1);
        Self { shares: vec![1.0 / f64::from(users); users as usize] }
    }

    /// So many users of whom the `n`-th sends `1/n` of what the first does (Zipf's law): of 10,000 the first sends
    /// a tenth of all requests.
    pub fn heavy_tailed(users: u32) -> Self {
        let total: f64 = (1..=users.max(1)).map(|n| 1.0 / f64::from(n)).sum();
        Self { shares: (1..=users.max(1)).map(|n| 1.0 / f64::from(n) / total).collect() }
    }

    /// The user who sends the request at this place, from 0 to 1, in the order of users.
    pub fn at(&self, place: f64) -> usize {
        let mut left = place;
        let beyond = |share: &f64| {
            left -= share;
            left < 0.0
        };
        self.shares.iter().position(beyond).unwrap_or(self.shares.len() - 1)
    }

    /// Places everyone on the line.
    pub fn place(&self, draw: &mut Draw) -> Placed<'_> {
        Placed { crowd: self, buckets: self.shares.iter().map(|_| draw.bucket()).collect() }
    }
}

/// Users with their places on the line of 100,000.
pub struct Placed<'a> {
    crowd: &'a Crowd,
    buckets: Vec<u32>,
}

impl Placed<'_> {
    /// Who has the canary at this weight (1/100000), by their number, and the share of requests that each sends.
    pub fn users(&self, weight: u32) -> impl Iterator<Item = (usize, f64)> {
        let users = self.crowd.shares.iter().zip(&self.buckets).enumerate();
        users
            .filter(move |(_, (_, bucket))| **bucket < weight)
            .map(|(user, (share, _))| (user, *share))
    }

    /// The share of requests that goes to the canary at this weight (1/100000).
    pub fn share(&self, weight: u32) -> f64 {
        self.users(weight).map(|(_, share)| share).sum::<f64>().min(1.0)
    }

    /// How many users can be expected among those to whom something happened so often at each of these weights. Each time it
    /// happens to a user of the canary, in proportion to what they send.
    pub fn hit(&self, happened: &[(u32, f64)]) -> f64 {
        let per_request: Vec<(u32, f64)> = happened
            .iter()
            .filter(|(_, times)| *times > 0.0)
            .map(|(weight, times)| (*weight, times / self.share(*weight).max(1e-300)))
            .collect();
        let spared = |(share, bucket): (&f64, &u32)| {
            let hits = per_request.iter().filter(|(weight, _)| bucket < weight);
            let hits: f64 = hits.map(|(_, times)| times * share).sum();
            1.0 - (-hits).exp()
        };
        if per_request.is_empty() {
            return 0.0;
        }
        self.crowd.shares.iter().zip(&self.buckets).map(spared).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_the_canary_keeps_it_and_everyone_has_it_in_the_end() {
        let crowd = Crowd::heavy_tailed(1_000);
        let placed = crowd.place(&mut Draw::new(1, 0));
        let shares = [0, 1_000, 10_000, 50_000, 100_000].map(|weight| placed.share(weight));
        assert!(shares.is_sorted() && shares[0] == 0.0, "{shares:?}");
        assert!((shares[4] - 1.0).abs() < 1e-9);
    }

    #[test]
    fn few_hits_are_as_many_users_and_many_are_all() {
        let crowd = Crowd::equal(10_000);
        let placed = crowd.place(&mut Draw::new(1, 0));
        let few = placed.hit(&[(10_000, 5.0)]);
        assert!((4.9..5.0).contains(&few), "{few}");
        let all = placed.hit(&[(10_000, 1e9)]);
        let canary = placed.share(10_000) * 10_000.0;
        assert!((all - canary).abs() < 1e-6, "{all} of {canary}");
        assert_eq!(placed.hit(&[(10_000, 0.0)]), 0.0);
    }
}
