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
//! the canary is dead all the same. Where more than a [fifth](Breadth) of an arm's answers fail, each
//! failure counts, of either arm: an outage that both share is now above that in the one and now in the
//! other, and to count all of the one and the users of the other would be to compare unlike things.

use super::breadth::Breadth;
use crate::codec::{Reader, Writer};
use crate::cohort::decide::Cohort;
use crate::outcome::Outcome;
use crate::stats::units::Mark;

/// As many good answers in a row as end an episode. A user of whose requests half fail has them once in
/// a million; one who fails as rarely as everybody else, nearly always.
pub const RECOVERED: u8 = 20;

/// Who is in an episode: one of [`SHARDS`](Self::SHARDS) parts, so that workers seldom meet, and a
/// failure moves a hundred bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repeats(Vec<u32>);

const FORMAT: u8 = 1;

impl Repeats {
    /// In how many parts users are kept.
    pub const SHARDS: usize = 16;

    /// Users in a part. Whose episode began longest ago makes room.
    const CAPACITY: usize = 32;

    /// In which part a user is.
    pub fn shard(unit: Mark) -> usize {
        unit.hash() as usize % Self::SHARDS
    }

    /// A user fails: whether an episode begins. One begins at any rate if it was said to be
    /// [`anew`](Answers::note).
    pub fn begins(&mut self, unit: Mark, anew: bool) -> bool {
        let user = unit.hash();
        let known = self.0.iter().position(|known| *known == user);
        if known.is_some() && !anew {
            return false;
        }
        if known.is_some() || self.0.len() == Self::CAPACITY {
            self.0.remove(known.unwrap_or(0));
        }
        self.0.push(user);
        true
    }

    /// As bytes, for shared data.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new(FORMAT);
        self.0.iter().for_each(|user| w.number(u64::from(*user)));
        w.finish()
    }

    /// From bytes; `None` for anything that this version did not write.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader::new(bytes, FORMAT)?;
        let mut users = Vec::new();
        while !r.is_at_end() && users.len() < Self::CAPACITY {
            users.push(u32::try_from(r.number()?).ok()?);
        }
        r.is_at_end().then_some(Self(users))
    }
}

/// What a worker remembers of the answers that it has seen.
#[derive(Clone, Debug)]
pub struct Answers {
    /// Of users whom it saw fail, the good answers since. Users share places; whoever fails takes one
    /// over, and then the other is only not known to have recovered.
    good: Vec<(u32, u8)>,
    breadth: Breadth,
}

impl Default for Answers {
    fn default() -> Self {
        Self { good: vec![(0, 0); Self::PLACES], breadth: Breadth::default() }
    }
}

impl Answers {
    const PLACES: usize = 1024;

    /// Takes an answer down. `None` unless it is a failure; for one, whether it is one anew though its user
    /// should have failed before, because the time in between was good, or because it is not about single
    /// users.
    pub fn note(&mut self, arm: Cohort, outcome: Outcome, unit: Mark) -> Option<bool> {
        match outcome {
            Outcome::Success => {
                self.breadth.succeeded(arm);
                self.recover(unit, 1);
                None
            }
            Outcome::Failure => Some(self.failed(arm, unit)),
            Outcome::ClientGone => None,
        }
    }

    fn failed(&mut self, arm: Cohort, unit: Mark) -> bool {
        let broad = self.breadth.failed(arm);
        let user = unit.hash();
        let Some(place) = self.place(user) else { return broad };
        let (of, good) = std::mem::replace(place, (user, 0));
        broad || (of == user && good >= RECOVERED)
    }

    /// So many good answers of an arm, whoever had them: for who simulates them by their number.
    pub fn pass(&mut self, arm: Cohort, answers: u64) {
        self.breadth.pass(arm, answers);
    }

    /// So many good answers to a user, not counted for its arm.
    pub fn recover(&mut self, unit: Mark, answers: u8) {
        let user = unit.hash();
        if let Some((_, good)) = self.place(user).filter(|(of, _)| *of == user) {
            *good = good.saturating_add(answers);
        }
    }

    fn place(&mut self, user: u32) -> Option<&mut (u32, u8)> {
        // The low bits choose the shard already.
        self.good.get_mut((user >> 4) as usize % Self::PLACES)
    }
}

#[cfg(test)]
mod tests;
