//! One user's failures in a row are one episode.
//!
//! The guard's test takes each failure for a chance of its own. A client that tries again, a page
//! whose ten requests fail together, an account that is broken for good: each is one chance, which
//! fell on one arm when its user did. So what is counted is episodes. A failure begins one unless its
//! user has failed before, and has not had [`RECOVERED`] good answers since.
//!
//! Both arms are counted alike, and a user who changes the arm at a new stage is still the same user.
//! So under equal versions an episode falls on the canary with the chance that its user did.
//!
//! With a handful of users, all of whom fail, that would be too fine: they are one chance each, and
//! the canary is dead all the same. Where more than a fifth of an arm's requests fail, and not those of
//! one user ([`FailureSpread`](super::FailureSpread)), each failure counts, of either arm: an outage that both share is
//! now above that in the one and now in the other, and to count all of the one and the users of the other
//! would be to compare unlike things.
//!
//! A failure is written to shared data at once. Good answers are far more, so each worker counts those of
//! users who have failed, and adds its count on the next tick.

use crate::codec::{Reader, Stored, Writer};
use crate::stats::units::Mark;

/// As many good answers in a row as end an episode. A user of whose requests half fail has them once in
/// a million; one who fails as rarely as everybody else, nearly always.
pub const RECOVERED: u8 = 20;

/// A user who has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    user: u32,
    /// How often, around the clock. Good answers that a worker has counted before the last time are out of date.
    failures: u8,
    /// Good answers since the last time, up to [`RECOVERED`].
    good: u8,
}

/// Who has failed: one of [`SHARDS`](Self::SHARDS) parts, so that workers seldom meet, and a failure
/// moves two hundred bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailingUnits(Vec<Known>);

impl FailingUnits {
    /// In how many parts users are kept.
    pub const SHARDS: usize = 16;

    /// Users in a part. Whose episode began longest ago makes room.
    const CAPACITY: usize = 32;

    /// In which part a user is.
    pub fn shard(unit: Mark) -> usize {
        unit.hash() as usize % Self::SHARDS
    }

    fn find(&mut self, user: u32) -> Option<&mut Known> {
        self.0.iter_mut().find(|known| known.user == user)
    }
}

impl Stored for FailingUnits {
    const FORMAT: u8 = 2;
    type Context = ();

    fn encode(&self, (): &()) -> Vec<u8> {
        let mut w = Writer::new(Self::FORMAT);
        for known in &self.0 {
            w.number(u64::from(known.user));
            w.bytes(&[known.failures, known.good]);
        }
        w.finish()
    }

    fn decode(bytes: &[u8], (): &()) -> Option<Self> {
        let mut r = Reader::new(bytes, Self::FORMAT)?;
        let mut users = Vec::new();
        while !r.is_at_end() && users.len() < Self::CAPACITY {
            let user = u32::try_from(r.number()?).ok()?;
            users.push(Known { user, failures: r.byte()?, good: r.byte()? });
        }
        r.is_at_end().then_some(Self(users))
    }
}

/// What a worker has seen of users who have failed.
#[derive(Clone, Debug, Default)]
pub struct Recoveries {
    /// The shared parts as they were last seen, each `good` being this worker's own since.
    parts: [FailingUnits; FailingUnits::SHARDS],
}

impl Recoveries {
    /// So many good answers to a user.
    pub fn succeeded(&mut self, unit: Mark, answers: u8) {
        let part = self.parts.get_mut(FailingUnits::shard(unit));
        if let Some(known) = part.and_then(|part| part.find(unit.hash())) {
            known.good = known.good.saturating_add(answers);
        }
    }

    /// A user fails, who is or will be in the shared part: the part as it is then, and whether an episode begins. One
    /// does at any rate where failures are `broad`.
    pub fn failed(
        &self,
        unit: Mark,
        broad: bool,
        mut shared: FailingUnits,
    ) -> (FailingUnits, bool) {
        let user = unit.hash();
        let Some(known) = shared.find(user) else {
            if shared.0.len() == FailingUnits::CAPACITY {
                shared.0.remove(0);
            }
            shared.0.push(Known { user, failures: 0, good: 0 });
            return (shared, true);
        };
        let good = known.good.saturating_add(self.unshared(unit, known.failures));
        let begins = broad || good >= RECOVERED;
        let failed = Known { user, failures: known.failures.wrapping_add(1), good: 0 };
        if begins {
            shared.0.retain(|known| known.user != user);
            shared.0.push(failed);
        } else {
            *known = failed;
        }
        (shared, begins)
    }

    /// The good answers since a user's last failure that are not shared yet.
    fn unshared(&self, unit: Mark, failures: u8) -> u8 {
        let mut part =
            self.parts.get(FailingUnits::shard(unit)).into_iter().flat_map(|part| &part.0);
        let mine = part.find(|mine| (mine.user, mine.failures) == (unit.hash(), failures));
        mine.map_or(0, |mine| mine.good)
    }

    /// A shared part with this worker's good answers added; `None` if it has none that belong there.
    pub fn added(&self, part: usize, mut shared: FailingUnits) -> Option<FailingUnits> {
        let mut news = false;
        for mine in self.parts.get(part)?.0.iter().filter(|mine| mine.good > 0) {
            let same =
                |known: &&mut Known| known.failures == mine.failures && known.good < RECOVERED;
            if let Some(known) = shared.find(mine.user).filter(same) {
                known.good = known.good.saturating_add(mine.good).min(RECOVERED);
                news = true;
            }
        }
        news.then_some(shared)
    }

    /// A shared part as it is now. What was counted since a user's last failure stays.
    pub fn learn(&mut self, part: usize, mut shared: FailingUnits) {
        let Some(mine) = self.parts.get_mut(part) else { return };
        for known in &mut shared.0 {
            let before = mine.find(known.user).filter(|m| m.failures == known.failures);
            known.good = before.map_or(0, |mine| mine.good);
        }
        *mine = shared;
    }

    /// A part has been shared with this worker's good answers [`added`](Self::added): they count no more.
    pub fn shared(&mut self, part: usize, shared: FailingUnits) {
        self.parts.get_mut(part).into_iter().for_each(|mine| mine.0.clear());
        self.learn(part, shared);
    }
}

#[cfg(test)]
mod tests;
