//! Who is being assigned: the first of the configured sources that is present.
//!
//! Present means not empty. With none present the request has no unit and stays with the baseline; it
//! is never placed in bucket 0, which would make everybody without an id the first to get the canary.

use super::{attribute::Reads, signed_cookie::SignedCookie, source::Source};
use std::borrow::Cow;

#[cfg(test)]
mod tests;

/// A place where a unit may be. A rollout offers JWT claims, signed cookies, headers, plain cookies and
/// the source address.
#[derive(Clone, Debug)]
pub enum UnitSource {
    /// The text found there. A list is no unit.
    Attribute(Source),
    /// The id in a signed cookie.
    SignedCookie(SignedCookie),
}

/// A unit, and what has to be stored at the client so that it stays one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit<'r> {
    /// The bytes that are bucketed; never empty.
    pub id: Cow<'r, [u8]>,
    /// The value of a `set-cookie` response header, if the id is new.
    pub set_cookie: Option<String>,
}

/// The unit of the request. If no source has one, the first cookie that is issued gives a new one, which
/// already counts for this request.
pub fn find<'r, 'a: 'r>(sources: &'a [UnitSource], reads: &'r Reads<'a>) -> Option<Unit<'r>> {
    match sources.iter().find_map(|source| source.read(reads)) {
        Some(id) => Some(Unit { id, set_cookie: None }),
        None => sources.iter().find_map(|source| source.issue(reads)),
    }
}

impl UnitSource {
    fn read<'r, 'a: 'r>(&'a self, reads: &'r Reads<'a>) -> Option<Cow<'r, [u8]>> {
        let id = match self {
            Self::Attribute(source) => source.read(reads)?.into_text()?,
            Self::SignedCookie(cookie) => cookie.read(reads)?,
        };
        (!id.is_empty()).then_some(id)
    }

    fn issue<'r>(&self, reads: &Reads<'_>) -> Option<Unit<'r>> {
        let Self::SignedCookie(cookie) = self else {
            return None;
        };
        let issued = cookie.issue(reads)?;
        Some(Unit { id: Cow::Owned(issued.id.into_bytes()), set_cookie: Some(issued.set_cookie) })
    }
}
