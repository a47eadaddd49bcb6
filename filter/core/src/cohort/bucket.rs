//! A unit's place on a fixed line, and the weight up to which the canary reaches.
//!
//! The canary interval starts at 0 and the line's length never changes, so whoever has the canary
//! at one weight has it at every greater weight. Everything is integers: a float hash differs
//! between languages in the last digit, which moves users.
//!
//! Besides Serinus' own bucketing there are those of three flag tools, so that a user is in the same
//! cohort as in the tool that a team already runs. What stands for the *salt* there:
//!
//! | bucketing | salt | bucket | canary iff | step |
//! |---|---|---|---|---|
//! | `serinus-v1` | the rollout's salt | `murmur3(salt ":" id) * 100000 >> 32` | `bucket < weight` | 0.001 % |
//! | `unleash` | the `groupId` | `murmur3(groupId ":" id) % 100 + 1` | `bucket <= percent` | 1 % |
//! | `growthbook-v2` | the seed | `fnv1a(decimal(fnv1a(seed id))) % 10000` | `bucket < weight` | 0.01 % |
//! | `launchdarkly` | `key.salt`, or the seed | first 60 bits of `sha1(salt "." id)` over 2^60 - 1 | `bucket < weight` | 0.001 % |
//!
//! `serinus-v1` equals flagd's second `fractional` with `cat` of the salt and `:`. GrowthBook's
//! JavaScript hashes UTF-16 units, so an id outside ASCII is elsewhere there than in its other SDKs
//! and here. Its *percentage rollout* (`coverage` without ranges) asks `<=` where its experiments ask
//! `<`: one user in 10,000 differs.

use super::decimal::Decimal;
use crate::hash::{fnv1a::Fnv1a, murmur3::Murmur3};
use sha1::{Digest, Sha1};
use std::fmt;

#[cfg(test)]
mod tests;

/// Whose bucketing it is. The names are those of the rollout schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bucketing {
    /// `serinus-v1`, the default.
    #[default]
    SerinusV1,
    /// `unleash`.
    Unleash,
    /// `growthbook-v2`.
    GrowthbookV2,
    /// `launchdarkly`.
    LaunchDarkly,
}

impl Bucketing {
    /// Every bucketing, in the order of the documentation.
    pub const ALL: [Self; 4] =
        [Self::SerinusV1, Self::Unleash, Self::GrowthbookV2, Self::LaunchDarkly];

    /// The name in a rollout.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SerinusV1 => "serinus-v1",
            Self::Unleash => "unleash",
            Self::GrowthbookV2 => "growthbook-v2",
            Self::LaunchDarkly => "launchdarkly",
        }
    }

    /// The bucketing of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bucketing| bucketing.as_str() == name)
    }

    /// The smallest step between two weights, in 1/100000.
    pub const fn resolution(self) -> u32 {
        match self {
            Self::SerinusV1 | Self::LaunchDarkly => 1,
            Self::GrowthbookV2 => 10,
            Self::Unleash => 1000,
        }
    }

    /// Whether this bucketing can tell `weight` from its neighbours. One that it cannot is rounded
    /// down: 1.5 % under `unleash` reaches whom 1 % reaches.
    pub const fn representable(self, weight: Weight) -> bool {
        weight.0.is_multiple_of(self.resolution())
    }

    /// Whether the unit in `bucket` gets the canary at `weight`.
    pub const fn includes(self, bucket: Bucket, weight: Weight) -> bool {
        let reach = weight.0 / self.resolution();
        match self {
            Self::Unleash => bucket.0 <= reach,
            _ => bucket.0 < reach,
        }
    }
}

/// How much of the traffic the canary gets, in 1/100000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight(u32);

impl Weight {
    /// Nobody.
    pub const ZERO: Self = Self(0);
    /// Everybody who has a unit.
    pub const MAX: Self = Self(100_000);

    /// A weight in 1/100000.
    ///
    /// # Errors
    /// More than [`Weight::MAX`].
    pub const fn try_new(hundred_thousandths: u32) -> Result<Self, WeightError> {
        if hundred_thousandths > Self::MAX.0 {
            return Err(WeightError);
        }
        Ok(Self(hundred_thousandths))
    }

    /// The weight in 1/100000.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// A weight of more than 100 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightError;

impl fmt::Display for WeightError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a weight is at most 100 %")
    }
}

impl std::error::Error for WeightError {}

/// A unit's place, in the numbers of its bucketing (`unleash` counts from 1, the others from 0).
/// It says nothing without the bucketing it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket(u32);

impl Bucket {
    /// The number, as the tool behind the bucketing shows it.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// Places units for one rollout: a bucketing and a salt, hashed as far as they go.
#[derive(Clone)]
pub struct Bucketer {
    bucketing: Bucketing,
    salted: Salted,
}

/// The hash of everything that comes before the id.
#[derive(Clone)]
enum Salted {
    Murmur3(Murmur3),
    Fnv1a(Fnv1a),
    Sha1(Sha1),
}

impl Bucketer {
    /// A bucketer for a salt; the table of this module says what a salt is in each bucketing.
    ///
    /// # Errors
    /// An empty salt (every rollout would share it), or one with `:` in it (salt `a:b` and id `c` would
    /// be salt `a` and id `b:c`).
    pub fn try_new(bucketing: Bucketing, salt: &str) -> Result<Self, SaltError> {
        if salt.is_empty() {
            return Err(SaltError::Empty);
        }
        if salt.as_bytes().contains(&b':') {
            return Err(SaltError::Colon);
        }
        let salt = salt.as_bytes();
        let salted = match bucketing {
            Bucketing::SerinusV1 | Bucketing::Unleash => {
                Salted::Murmur3(Murmur3::new(0).update(salt).update(b":"))
            }
            Bucketing::GrowthbookV2 => Salted::Fnv1a(Fnv1a::new().update(salt)),
            Bucketing::LaunchDarkly => {
                Salted::Sha1(Sha1::new().chain_update(salt).chain_update(b"."))
            }
        };
        Ok(Self { bucketing, salted })
    }

    /// Whose bucketing it is.
    pub const fn bucketing(&self) -> Bucketing {
        self.bucketing
    }

    /// The place of a unit. Any bytes have one.
    pub fn bucket(&self, unit: &[u8]) -> Bucket {
        Bucket(match &self.salted {
            Salted::Murmur3(prefix) => {
                let hash = prefix.update(unit).finish();
                if self.bucketing == Bucketing::Unleash { hash % 100 + 1 } else { scale(hash) }
            }
            Salted::Fnv1a(prefix) => {
                let inner = Decimal::of(prefix.update(unit).finish().into());
                Fnv1a::new().update(inner.as_bytes()).finish() % 10_000
            }
            Salted::Sha1(prefix) => scale_60(first_60_bits(prefix.clone().chain_update(unit))),
        })
    }

    /// Whether the unit in `bucket` gets the canary at `weight`.
    pub const fn includes(&self, bucket: Bucket, weight: Weight) -> bool {
        self.bucketing.includes(bucket, weight)
    }
}

impl fmt::Debug for Bucketer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bucketer(")?;
        f.write_str(self.bucketing.as_str())?;
        f.write_str(")")
    }
}

/// `hash / 2^32` in 1/100000, rounded down.
fn scale(hash: u32) -> u32 {
    ((u64::from(hash) * u64::from(Weight::MAX.0)) >> 32) as u32
}

/// The first 15 hexadecimal digits of a SHA-1.
fn first_60_bits(hash: Sha1) -> u64 {
    let [a, b, c, d, e, f, g, h, ..]: [u8; 20] = hash.finalize().into();
    u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 4
}

/// `hash / (2^60 - 1)` in 1/100000, rounded down: a share `s` is below a whole number of 1/100000
/// exactly if `s` rounded down is. The one hash that is the whole line goes to its last place, as it
/// does in LaunchDarkly.
///
/// With `n = hash * 100000 = high * 2^60 + low`, `n = high * (2^60 - 1) + (high + low)`.
fn scale_60(hash: u64) -> u32 {
    const LINE: u128 = (1 << 60) - 1;
    let scaled = u128::from(hash) * u128::from(Weight::MAX.0);
    let (high, low) = (scaled >> 60, scaled & LINE);
    let place = high + u128::from(high + low >= LINE);
    (place as u32).min(Weight::MAX.0 - 1)
}

/// A salt that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaltError {
    /// It is empty.
    Empty,
    /// It contains `:`.
    Colon,
}

impl fmt::Display for SaltError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "a salt must not be empty",
            Self::Colon => "a salt must not contain `:`",
        })
    }
}

impl std::error::Error for SaltError {}
