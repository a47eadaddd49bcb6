//! Versions and their precedence (Semantic Versioning 2.0.0, sections 2, 9, 10, 11).
//!
//! Strict: three numbers without leading zeros, no leading `v`. A range is two comparisons; a
//! pre-release is below its release and otherwise an ordinary version.

use super::decimal;
use std::{cmp::Ordering, fmt};

#[cfg(test)]
mod tests;

/// A version. Build metadata is read and dropped: it has no precedence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    core: [u64; 3],
    /// Dot-separated identifiers; empty for a release.
    pre: Vec<u8>,
}

impl Version {
    /// The version that the text is.
    ///
    /// # Errors
    /// Anything that the grammar of Semantic Versioning does not allow, and numbers beyond 2^64.
    pub fn parse(text: &[u8]) -> Result<Self, VersionError> {
        Self::read(text).ok_or(VersionError)
    }

    fn read(text: &[u8]) -> Option<Self> {
        let (text, build) = split(text, b'+');
        let (core, pre) = split(text, b'-');
        if !build.is_none_or(|build| identifiers(build).all(is_identifier)) {
            return None;
        }
        if !pre.is_none_or(|pre| {
            identifiers(pre)
                .all(|id| is_identifier(id) && !(is_numeric(id) && has_leading_zero(id)))
        }) {
            return None;
        }
        let mut numbers = identifiers(core);
        let core = [number(numbers.next()?)?, number(numbers.next()?)?, number(numbers.next()?)?];
        numbers.next().is_none().then(|| Self { core, pre: pre.unwrap_or_default().to_vec() })
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.core.cmp(&other.core).then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (false, false) => compare_pre(&self.pre, &other.pre),
            // The release is the greater one.
            (release, other_release) => release.cmp(&other_release),
        })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn split(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    let mut halves = text.splitn(2, |byte| *byte == separator);
    (halves.next().unwrap_or_default(), halves.next())
}

fn identifiers(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'.')
}

fn is_identifier(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

fn is_numeric(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

fn has_leading_zero(text: &[u8]) -> bool {
    text.len() > 1 && text.starts_with(b"0")
}

fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || has_leading_zero(text) {
        return None;
    }
    decimal::read(text)
}

/// Identifier by identifier; with all equal the longer list is the greater one.
fn compare_pre(left: &[u8], right: &[u8]) -> Ordering {
    identifiers(left).map(Rank::of).cmp(identifiers(right).map(Rank::of))
}

/// Where an identifier stands: numbers by size (without leading zeros: by length, then digits), and
/// all of them below words, which compare byte by byte.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank<'i> {
    Number(usize, &'i [u8]),
    Word(&'i [u8]),
}

impl<'i> Rank<'i> {
    fn of(identifier: &'i [u8]) -> Self {
        if is_numeric(identifier) {
            Self::Number(identifier.len(), identifier)
        } else {
            Self::Word(identifier)
        }
    }
}

/// A text that is no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionError;

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a semantic version such as 1.2.3 or 2.0.0-rc.1")
    }
}

impl std::error::Error for VersionError {}
