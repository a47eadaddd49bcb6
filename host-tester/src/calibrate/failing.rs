//! Which users a bad canary fails, and whether that counts: of one user's failures in a row, one does.

use super::crowd::Placed;
use super::draw::Draw;
use hashbrown::HashMap;
use serinus_core::cohort::decide::Cohort;
use serinus_core::guard::{Answers, RECOVERED, Repeats};
use serinus_core::stats::units::Mark;

/// The canary's users in a stage, and what is remembered of those who failed.
pub struct Failing {
    /// The canary's users, each with the share of all requests that it and those before it send.
    users: Vec<(usize, f64)>,
    /// When each last failed, milliseconds since the run began.
    last: HashMap<usize, f64>,
    answers: Answers,
    repeats: Vec<Repeats>,
}

impl Failing {
    /// Nobody has failed yet.
    pub fn new() -> Self {
        let repeats = vec![Repeats::default(); Repeats::SHARDS];
        Self { users: Vec::new(), last: HashMap::new(), answers: Answers::default(), repeats }
    }

    /// A stage of this weight (1/100000) begins.
    pub fn enter(&mut self, placed: &Placed<'_>, weight: u32) {
        let mut total = 0.0;
        self.users = placed
            .users(weight)
            .map(|(user, share)| {
                total += share;
                (user, total)
            })
            .collect();
    }

    /// So many of its requests succeed.
    pub fn pass(&mut self, answers: u64) {
        self.answers.pass(Cohort::Canary, answers);
    }

    /// One of them fails at `at_ms`, those who send more more often: whether that counts. `good` is the rate of good
    /// answers, of all users and per millisecond.
    pub fn counts(&mut self, draw: &mut Draw, at_ms: f64, good: f64) -> bool {
        let all = self.users.last().map_or(0.0, |(_, total)| *total);
        let place = draw.unit() * all;
        let place = self.users.partition_point(|(_, up_to)| *up_to <= place);
        let Some((user, up_to)) = self.users.get(place) else { return true };
        let before = place.checked_sub(1).and_then(|place| self.users.get(place));
        let share = up_to - before.map_or(0.0, |(_, total)| *total);
        let last = self.last.insert(*user, at_ms);
        let unit = Mark::new(&user.to_le_bytes(), Cohort::Canary);
        if let Some(last) = last {
            let served = draw.count(share * good * (at_ms - last)).min(RECOVERED.into());
            self.answers.recover(unit, served as u8);
        }
        let anew = self.answers.failed(Cohort::Canary, unit);
        let repeats = self.repeats.get_mut(Repeats::shard(unit));
        repeats.is_none_or(|repeats| repeats.begins(unit, anew))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::crowd::Crowd;

    /// How many of a thousand failures count, a second apart.
    fn counted(users: u32, good: f64) -> usize {
        let (crowd, mut draw) = (Crowd::equal(users), Draw::new(1, 0));
        let placed = crowd.place(&mut draw);
        let mut failing = Failing::new();
        failing.enter(&placed, 100_000);
        let mut counts = |second: u32| {
            failing.pass(100);
            failing.counts(&mut draw, f64::from(second) * 1e3, good)
        };
        (1..=1000).filter(|second| counts(*second)).count()
    }

    #[test]
    fn each_user_counts_once() {
        assert!(counted(1_000_000, 0.0) > 990);
        assert_eq!(counted(100, 0.0), 100);
    }

    #[test]
    fn who_is_served_well_in_between_is_counted_again() {
        assert!(counted(1, 0.04) > 990);
    }
}
