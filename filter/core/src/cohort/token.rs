//! An override token: a signed, expiring permission to be in one cohort of one rollout.
//!
//! `v1.<rollout>.<cohort>.<expiry>.<tag>`: the expiry in Unix seconds, the tag HMAC-SHA256 over everything
//! before its dot, in unpadded base64url. A rollout's name may have dots, so it is read from the right.
//! A tester carries it in a header, a cookie or a query parameter; nobody else can make one.

use super::{
    attribute::Reads,
    decimal::{self, Decimal},
    key::{SigningKey, decode, encode},
    source::Source,
};
use crate::arm::Arm;

#[cfg(test)]
mod tests;

const VERSION: &str = "v1.";

/// The tokens that one rule accepts.
#[derive(Clone, Debug)]
pub struct OverrideToken {
    /// Where the token is carried.
    pub source: Source,
    /// The key that signed it.
    pub key: SigningKey,
    /// The rollout that it is for.
    pub rollout: String,
    /// The cohort that it permits.
    pub cohort: Arm,
}

impl OverrideToken {
    /// Whether the request carries a token for this rollout and cohort that is signed and not expired. The
    /// clock is read only for a token that would do otherwise.
    pub fn is_carried<'a>(&'a self, reads: &Reads<'a>) -> bool {
        let Some(text) = self.source.read(reads).and_then(|value| value.into_text()) else {
            return false;
        };
        self.verify(&text).is_some_and(|expiry| reads.now() / 1000 < expiry)
    }

    /// The expiry of a token for this rollout and cohort, in Unix seconds. The signature comes last, so a
    /// text of any length that is no such token costs no hash.
    fn verify(&self, token: &[u8]) -> Option<u64> {
        let mut fields = token.rsplitn(4, |byte| *byte == b'.');
        let (tag, expiry, cohort, rollout) =
            (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        if rollout.strip_prefix(VERSION.as_bytes())? != self.rollout.as_bytes()
            || cohort != self.cohort.as_str().as_bytes()
        {
            return None;
        }
        let tag = decode::<32>(tag)?;
        let expiry = read_expiry(expiry)?;
        let signed = token.get(..token.len().checked_sub(tag_length())?)?;
        self.key.verifies(&[signed], &tag).then_some(expiry)
    }
}

/// A token for that rollout and cohort, good until `expiry` (Unix seconds, itself excluded).
pub fn mint(rollout: &str, cohort: Arm, expiry: u64, key: &SigningKey) -> String {
    let mut token =
        [VERSION, rollout, ".", cohort.as_str(), ".", Decimal::of(expiry).as_str()].concat();
    let tag = key.sign(&[token.as_bytes()]);
    token.push('.');
    encode(&tag, &mut token);
    token
}

/// The dot and 32 bytes of base64url.
const fn tag_length() -> usize {
    1 + 43
}

/// Decimal digits as [`Decimal`] writes them, no others.
fn read_expiry(text: &[u8]) -> Option<u64> {
    let expiry = decimal::read(text)?;
    (Decimal::of(expiry).as_bytes() == text).then_some(expiry)
}
