//! Which users a bad canary fails, and how often it has served them well since it last did.

use super::crowd::Placed;
use super::draw::Draw;
use serinus_core::arm::Arm;
use serinus_core::guard::RECOVERED;
use serinus_core::stats::units::Mark;

/// From so many good answers on the average, fewer than [`RECOVERED`] are as good as impossible (2e-9).
const SURELY: f64 = 60.0;

/// A canary request that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What its user is counted by.
    pub unit: Mark,
    /// Good answers that the user has had since the last failure; [`RECOVERED`] stands for as many and more.
    pub good_answers: u8,
}

/// The canary's users in a stage, and when they last failed.
pub struct Failing {
    /// The canary's users, each with the share of all requests that it and those before it send.
    users: Vec<(usize, f64)>,
    /// When each user last failed, milliseconds since the run began.
    last: Vec<Option<f64>>,
}

impl Failing {
    /// Nobody has failed yet.
    pub fn new() -> Self {
        Self { users: Vec::new(), last: Vec::new() }
    }

    /// A stage of this weight (1/100000) begins.
    pub fn enter(&mut self, placed: &Placed<'_>, weight: u32) {
        let mut total = 0.0;
        let up_to = |(user, share)| {
            total += share;
            (user, total)
        };
        self.users = placed.users(weight).map(up_to).collect();
        let most = self.users.last().map_or(0, |(user, _)| user + 1);
        self.last.resize(most.max(self.last.len()), None);
    }

    /// One of its requests fails at `at_ms`; those who send more fail more often. `good` is the rate of good answers, of
    /// all users and per millisecond. `None` if the canary has no user.
    pub fn fails(&mut self, draw: &mut Draw, at_ms: f64, good: f64) -> Option<Failure> {
        let (user, share) = self.at(draw.unit())?;
        let unit = Mark::new(&(user as u64).to_le_bytes(), Arm::Canary);
        let last = self.last.get_mut(user).and_then(|last| last.replace(at_ms));
        let served = last.map_or(0.0, |last| share * good * (at_ms - last));
        let good_answers = if served > SURELY {
            RECOVERED
        } else {
            draw.count(served).min(u64::from(RECOVERED)) as u8
        };
        Some(Failure { unit, good_answers })
    }

    /// The user at a place from 0 to 1, and the share of all requests that it sends.
    fn at(&self, place: f64) -> Option<(usize, f64)> {
        let (_, all) = self.users.last()?;
        let up_to = |n: usize| self.users.get(n).map_or(0.0, |(_, up_to)| *up_to);
        let from = |n: usize| n.checked_sub(1).map_or(0.0, up_to);
        // Where all send the same it is found at once.
        let guess = (place * self.users.len() as f64) as usize;
        let place = place * all;
        let hit = (from(guess)..up_to(guess)).contains(&place);
        let n = if hit { guess } else { self.users.partition_point(|(_, up)| *up <= place) };
        self.users.get(n).map(|(user, up_to)| (*user, up_to - from(n)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::crowd::Crowd;
    use crate::calibrate::simulated_rollout::{Quiet, SimulatedRollout};
    use serde_json::json;
    use serinus_core::config;

    /// How many of a thousand failures begin an episode, a second apart, among `good` good answers a second to all
    /// users, of which `passing` go to the canary.
    fn episodes(users: u32, good: f64, passing: u64) -> u64 {
        let document = json!({ "rollout": "r", "unit": [{ "header": "h" }], "stages": [{ "weight": "100%" }] });
        let rollout = config::from_value(&document).unwrap().remove(0);
        let (crowd, mut draw) = (Crowd::equal(users), Draw::new(1, 0));
        let placed = crowd.place(&mut draw);
        let (mut failing, mut simulated) =
            (Failing::new(), SimulatedRollout::open(&rollout, None, 0));
        failing.enter(&placed, 100_000);
        for second in 1..=1000 {
            simulated.pass(&Quiet { canary: passing, ..Quiet::default() });
            let failure = failing.fails(&mut draw, f64::from(second) * 1e3, good / 1e3).unwrap();
            simulated.canary_failed(&failure, u64::from(second as u32) * 1000);
        }
        simulated.episodes()
    }

    #[test]
    fn each_user_counts_once() {
        assert!(episodes(1_000_000, 0.0, 100) > 990);
        assert_eq!(episodes(100, 0.0, 100), 100);
    }

    #[test]
    fn who_is_served_well_in_between_is_counted_again() {
        assert!(episodes(1, 40.0, 100) > 990);
        assert!(episodes(1, 100.0, 100) > 990);
        assert_eq!(episodes(1, 2.0, 100), 1);
    }

    #[test]
    fn where_most_of_it_fails_each_failure_counts() {
        assert_eq!(episodes(2, 0.0, 0), 2 + (1000 - 21));
        assert_eq!(episodes(1, 0.0, 0), 1, "unless it is one user's");
    }
}
