//! Whether failures are about single users, or about a version.

use crate::arm::Arm;
use crate::arm::PerArm;
use crate::codec::{Reader, Stored, Writer};

/// Over how many requests of an arm is looked back.
const WINDOW: u64 = 100;

/// If more of them failed, it is about the version: unless more than two thirds of these were one user's.
const BROAD: usize = 20;

/// The failures among each arm's last hundred requests, in all workers.
///
/// By the counters of the process, which do not know when a request that fails had begun: one that took
/// long counts among those that begin now. So there can be more failures than requests, and no more than
/// a hundred are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailureSpread(PerArm<Vec<Failure>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Failure {
    /// As many requests had begun in the arm.
    at: u64,
    /// A hash of who sent it.
    user: u32,
}

impl FailureSpread {
    /// A failure, when so many requests have been `assigned`: whether the failures before it, of either arm, were
    /// about a version. Not with this one, or which failures count would depend on whose they are.
    pub fn failed(&mut self, arm: Arm, user: u32, assigned: &PerArm<u64>) -> bool {
        for arm in [Arm::Baseline, Arm::Canary] {
            let now = *assigned.get(arm);
            self.0.get_mut(arm).retain(|f| f.at <= now && now - f.at < WINDOW);
        }
        let broad = is_broad(&self.0.baseline) || is_broad(&self.0.canary);
        let failures = self.0.get_mut(arm);
        if failures.len() as u64 == WINDOW {
            failures.remove(0);
        }
        failures.push(Failure { at: *assigned.get(arm), user });
        broad
    }
}

impl Stored for FailureSpread {
    const FORMAT: u8 = 1;
    type Context = ();

    fn encode(&self, (): &()) -> Vec<u8> {
        let mut w = Writer::new(Self::FORMAT);
        for failures in [&self.0.baseline, &self.0.canary] {
            w.number(failures.len() as u64);
            for failure in failures {
                w.number(failure.at);
                w.number(u64::from(failure.user));
            }
        }
        w.finish()
    }

    fn decode(bytes: &[u8], (): &()) -> Option<Self> {
        let mut r = Reader::new(bytes, Self::FORMAT)?;
        let mut failing = PerArm::<Vec<Failure>>::default();
        for arm in [Arm::Baseline, Arm::Canary] {
            for _ in 0..r.number().filter(|n| *n <= WINDOW)? {
                let failure = Failure { at: r.number()?, user: u32::try_from(r.number()?).ok()? };
                failing.get_mut(arm).push(failure);
            }
        }
        r.is_at_end().then_some(Self(failing))
    }
}

/// More than a fifth, of which no user has more than two thirds.
fn is_broad(failures: &[Failure]) -> bool {
    let of_one = |user| failures.iter().filter(|failure| failure.user == user).count();
    failures.len() > BROAD && of_one(candidate(failures)) * 3 <= failures.len() * 2
}

/// The only user who can have more than half of the failures (Boyer & Moore 1981).
fn candidate(failures: &[Failure]) -> u32 {
    let vote = |(candidate, lead), failure: &Failure| match lead {
        0 => (failure.user, 1),
        lead if failure.user == candidate => (candidate, lead + 1),
        lead => (candidate, lead - 1),
    };
    failures.iter().fold((0, 0_u32), vote).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DEAD: Arm = Arm::Canary;
    const WELL: Arm = Arm::Baseline;

    /// An arm of whose requests every `nth` fails, of its users in turn: after how many failures they are about the
    /// version.
    fn broad_after(users: u32, nth: u64) -> Option<u64> {
        let mut breadth = FailureSpread::default();
        (0..1000).find(|n| {
            let assigned = PerArm { baseline: 0, canary: (n + 1) * nth };
            breadth.failed(DEAD, *n as u32 % users, &assigned)
        })
    }

    #[test]
    fn more_than_a_fifth_is_broad_and_what_one_user_fails_is_not() {
        assert_eq!([2, 1000].map(|users| broad_after(users, 1)), [Some(21); 2], "dead");
        assert_eq!(broad_after(1000, 4), Some(21), "a quarter");
        assert_eq!(broad_after(1000, 5), None, "a fifth is not more than a fifth");
        assert_eq!(broad_after(1, 1), None, "one account, however much it sends");
    }

    #[test]
    fn it_is_broad_for_the_other_arm_too_until_the_arm_is_well_again() {
        let mut breadth = FailureSpread::default();
        let mut assigned = PerArm::default();
        for n in 0..30 {
            assigned.canary += 1;
            breadth.failed(DEAD, n, &assigned);
        }
        assert!(breadth.failed(WELL, 1, &assigned), "or it would look the better for it");
        assigned.canary += WINDOW - 10;
        assert!(!breadth.failed(WELL, 1, &assigned));
    }

    #[test]
    fn counters_that_begin_again_are_survived() {
        let mut breadth = FailureSpread::default();
        for n in 0..500 {
            breadth.failed(DEAD, n, &PerArm { baseline: 0, canary: 1_000_000 });
        }
        assert_eq!(breadth.0.canary.len() as u64, WINDOW);
        assert!(!breadth.failed(DEAD, 1, &PerArm { baseline: 0, canary: 1 }));
    }

    proptest! {
        #[test]
        fn what_is_remembered_survives_storage(
            fails in prop::collection::vec((any::<bool>(), any::<u32>(), 0..9_u64), 0..300)
        ) {
            let (mut breadth, mut assigned) = (FailureSpread::default(), PerArm::default());
            for (canary, user, requests) in fails {
                let arm = if canary { DEAD } else { WELL };
                *assigned.get_mut(arm) += requests;
                breadth.failed(arm, user, &assigned);
            }
            prop_assert_eq!(FailureSpread::decode(&breadth.encode(&()), &()), Some(breadth));
        }

        #[test]
        fn foreign_bytes_are_survived(
            bytes in prop::collection::vec(any::<u8>(), 0..80), baseline in 0..9_u64, canary in any::<u64>()
        ) {
            let _ = FailureSpread::decode(&bytes, &());
            if let Some(mut breadth) = FailureSpread::decode(&[&[FailureSpread::FORMAT], &bytes[..]].concat(), &()) {
                breadth.failed(DEAD, 1, &PerArm { baseline, canary });
                prop_assert!(breadth.0.canary.len() as u64 <= WINDOW);
            }
        }
    }
}
