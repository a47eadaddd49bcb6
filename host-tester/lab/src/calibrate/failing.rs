//! Which users a bad canary fails, and whether that counts: of one user's failures in a row, one does.
//!
//! As the filter does it (`FailureSpread`, `Recoveries`, `FailingUnits`), but that every user is remembered: a run has ten thousand users, and may
//! have a hundred thousand failures.

use super::crowd::Placed;
use super::draw::Draw;
use serinus_core::arm::Arm;
use serinus_core::arm::PerArm;
use serinus_core::guard::{FailureSpread, RECOVERED};

/// From so many good answers on the average, fewer than [`RECOVERED`] are as good as impossible (2e-9).
const SURELY: f64 = 60.0;

/// The canary's users in a stage, and when they last failed.
pub struct Failing {
    /// The canary's users, each with the share of all requests that it and those before it send.
    users: Vec<(usize, f64)>,
    /// When each user last failed, milliseconds since the run began.
    last: Vec<Option<f64>>,
    breadth: FailureSpread,
}

impl Failing {
    /// Nobody has failed yet.
    pub fn new() -> Self {
        Self { users: Vec::new(), last: Vec::new(), breadth: FailureSpread::default() }
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

    /// One of its requests fails at `at_ms`, when so many have been `assigned`; those who send more fail more often. Whether
    /// that counts. `good` is the rate of good answers, of all users and per millisecond.
    pub fn counts(
        &mut self,
        draw: &mut Draw,
        at_ms: f64,
        good: f64,
        assigned: &PerArm<u64>,
    ) -> bool {
        let Some((user, share)) = self.at(draw.unit()) else { return true };
        let broad = self.breadth.failed(Arm::Canary, user as u32, assigned);
        let last = self.last.get_mut(user).and_then(|last| last.replace(at_ms));
        let recovered = |last| {
            let served = share * good * (at_ms - last);
            served > SURELY || draw.count(served) >= u64::from(RECOVERED)
        };
        broad || last.is_none_or(recovered)
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

    /// How many of a thousand failures count, a second apart, among `good` good answers a second to all users, of which
    /// `passing` go to the canary.
    fn counted(users: u32, good: f64, passing: u64) -> usize {
        let (crowd, mut draw) = (Crowd::equal(users), Draw::new(1, 0));
        let placed = crowd.place(&mut draw);
        let (mut failing, mut assigned) = (Failing::new(), PerArm::default());
        failing.enter(&placed, 100_000);
        let mut counts = |second: u32| {
            assigned.canary += passing + 1;
            failing.counts(&mut draw, f64::from(second) * 1e3, good / 1e3, &assigned)
        };
        (1..=1000).filter(|second| counts(*second)).count()
    }

    #[test]
    fn each_user_counts_once() {
        assert!(counted(1_000_000, 0.0, 100) > 990);
        assert_eq!(counted(100, 0.0, 100), 100);
    }

    #[test]
    fn who_is_served_well_in_between_is_counted_again() {
        assert!(counted(1, 40.0, 100) > 990);
        assert!(counted(1, 100.0, 100) > 990);
        assert_eq!(counted(1, 2.0, 100), 1);
    }

    #[test]
    fn where_most_of_it_fails_each_failure_counts() {
        assert_eq!(counted(2, 0.0, 0), 2 + (1000 - 21));
        assert_eq!(counted(1, 0.0, 0), 1, "unless it is one user's");
    }
}
