//! The Envoy versions that are known, and ranges of them.

use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// A minor release of Envoy 1. Patch releases are not told apart: the host functions that they serve are the same.
///
/// ```
/// use serinus_host::lint::Version;
///
/// assert!(Version::minor(9) < Version::minor(40));
/// assert_eq!(Version::minor(40).to_string(), "1.40");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u8);

impl Version {
    /// Envoy 1.`minor`.
    pub const fn minor(minor: u8) -> Self {
        Self(minor)
    }

    const fn before(self) -> Self {
        Self(self.0 - 1)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// The first and the last of some versions in a row, both included.
///
/// ```
/// use serinus_host::lint::{Version, Versions};
///
/// let range: Versions = "1.36..1.40".parse()?;
/// assert_eq!((range.first, range.last), (Version::minor(36), Version::minor(40)));
/// assert_eq!(Versions::KNOWN.to_string(), "1.32..1.40");
/// # Ok::<(), serinus_host::lint::BadVersions>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Versions {
    /// The oldest version of the range.
    pub first: Version,
    /// The newest version of the range.
    pub last: Version,
}

impl Versions {
    /// Every version that the tables know of.
    pub const KNOWN: Self = Self { first: Version(32), last: Version(40) };

    /// Those that are also in `other`.
    pub(crate) fn and(self, other: Self) -> Option<Self> {
        let both = Self { first: self.first.max(other.first), last: self.last.min(other.last) };
        (both.first <= both.last).then_some(both)
    }

    /// Those from `version` on.
    pub(crate) fn from(self, version: Version) -> Option<Self> {
        self.and(Self { first: version, last: Self::KNOWN.last })
    }

    /// Those older than `version`.
    pub(crate) fn before(self, version: Version) -> Option<Self> {
        if version <= Self::KNOWN.first {
            return None;
        }
        self.and(Self { first: Self::KNOWN.first, last: version.before() })
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            return self.first.fmt(f);
        }
        write!(f, "{}..{}", self.first, self.last)
    }
}

impl Serialize for Versions {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What was typed is no range of versions.
///
/// ```
/// use serinus_host::lint::{BadVersions, Version, Versions};
///
/// assert_eq!("new".parse::<Versions>(), Err(BadVersions::Form));
/// assert_eq!("1.9".parse::<Versions>(), Err(BadVersions::Unknown(Version::minor(9))));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadVersions {
    /// Not of the form.
    #[error("expected a version or a range, such as 1.36 or {}", Versions::KNOWN)]
    Form,
    /// A version that the tables say nothing of.
    #[error("nothing is known of Envoy {0}, only of {known}", known = Versions::KNOWN)]
    Unknown(Version),
    /// The wrong way round.
    #[error("{0} is newer than {1}: the older version comes first")]
    Reversed(Version, Version),
}

impl FromStr for Versions {
    type Err = BadVersions;

    fn from_str(text: &str) -> Result<Self, BadVersions> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let (first, last) = (known(first)?, known(last)?);
        if first > last {
            return Err(BadVersions::Reversed(first, last));
        }
        Ok(Self { first, last })
    }
}

/// `1.36`, or `1.36.4`.
fn known(text: &str) -> Result<Version, BadVersions> {
    let mut parts = text.trim().split('.').map(str::parse::<u8>);
    let (Some(Ok(1)), Some(Ok(minor)), None | Some(Ok(_)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(BadVersions::Form);
    };
    let known = Versions::KNOWN;
    let version = Version(minor);
    if version < known.first || version > known.last {
        return Err(BadVersions::Unknown(version));
    }
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, BadVersions> {
        text.parse::<Versions>().map(|versions| versions.to_string())
    }

    #[test]
    fn a_version_or_a_range_is_read() {
        assert_eq!(read("1.36"), Ok("1.36".into()));
        assert_eq!(read("1.36.4"), Ok("1.36".into()));
        assert_eq!(read("1.33..1.38.1"), Ok("1.33..1.38".into()));
    }

    #[test]
    fn what_is_none_says_why() {
        for text in
            ["", "36", "2.36", "1.x", "1.36.1.1", "1.300", "..", "1.33..", "1.33..1.34..1.35"]
        {
            assert_eq!(read(text), Err(BadVersions::Form), "{text}");
        }
        assert_eq!(read("1.31"), Err(BadVersions::Unknown(Version(31))));
        assert_eq!(read("1.36..1.41"), Err(BadVersions::Unknown(Version(41))));
        assert_eq!(read("1.38..1.36"), Err(BadVersions::Reversed(Version(38), Version(36))));
    }

    #[test]
    fn ranges_are_cut() {
        let all = Versions::KNOWN;
        assert_eq!(all.before(Version(33)).unwrap().to_string(), "1.32");
        assert_eq!(all.from(Version(39)).unwrap().to_string(), "1.39..1.40");
        assert_eq!(all.before(Version(32)), None);
        assert_eq!(all.before(Version(33)).unwrap().from(Version(33)), None);
    }
}
