//! What a rule asks of an attribute.

use super::{
    bucket::{Bucketer, Bucketing, SaltError, Weight},
    cidr::{Network, NetworkError, parse_address},
    semver::{Version, VersionError},
    truth::Truth,
    value::{Value, elements},
};
use regex_lite::{Regex, RegexBuilder};
use std::{cmp::Ordering, fmt};

#[cfg(test)]
mod tests;

/// A question that an attribute answers. Texts are compared byte by byte, in their case.
#[derive(Clone, Debug)]
pub enum Operator {
    /// Is it this?
    Exact(Vec<u8>),
    /// Does it begin with this?
    Prefix(Vec<u8>),
    /// Does it end with this?
    Suffix(Vec<u8>),
    /// Is it one of these?
    In(Values),
    /// Is this an element of it (a list in a JWT), or a part of it (any text)?
    Contains(Vec<u8>),
    /// Is there a match anywhere in it?
    Regex(Pattern),
    /// How does it compare as a number?
    Number(Comparison, Finite),
    /// How does it compare as a version?
    Semver(Comparison, Version),
    /// Is it an address in one of these networks?
    Cidr(Vec<Network>),
    /// Is it there at all (or not)? An empty value is.
    Present(bool),
    /// Is it among this share of all values?
    Percentage(Bucketer, Weight),
}

impl Operator {
    /// `In` of these values.
    pub fn one_of<T: Into<Vec<u8>>>(values: impl IntoIterator<Item = T>) -> Self {
        // One by one, because a sort or a set of its own is 5 KB in the filter.
        let mut sorted: Vec<Vec<u8>> = Vec::new();
        for value in values.into_iter().map(Into::into) {
            if let Err(place) = sorted.binary_search(&value) {
                sorted.insert(place, value);
            }
        }
        Self::In(Values(sorted))
    }

    /// `Regex` of a pattern in the syntax of `regex-lite`, not anchored.
    ///
    /// # Errors
    /// [`OperatorError::Regex`]: a pattern that does not compile, or only to more than 16 KiB.
    pub fn regex(pattern: &str) -> Result<Self, OperatorError> {
        let regex = RegexBuilder::new(pattern).size_limit(Pattern::MAX_PROGRAM).build();
        regex
            .map(|regex| Self::Regex(Pattern(regex)))
            .map_err(|error| OperatorError::Regex(error.to_string()))
    }

    /// `Number`, compared with a finite number.
    ///
    /// # Errors
    /// [`OperatorError::NotFinite`].
    pub fn number(comparison: Comparison, than: f64) -> Result<Self, OperatorError> {
        if !than.is_finite() {
            return Err(OperatorError::NotFinite);
        }
        Ok(Self::Number(comparison, Finite(than)))
    }

    /// `Semver`, compared with a version.
    ///
    /// # Errors
    /// [`OperatorError::Version`].
    pub fn semver(comparison: Comparison, than: &str) -> Result<Self, OperatorError> {
        Version::parse(than.as_bytes())
            .map(|than| Self::Semver(comparison, than))
            .map_err(OperatorError::Version)
    }

    /// `Cidr` of these networks.
    ///
    /// # Errors
    /// [`OperatorError::Network`] with the first that is none.
    pub fn cidr(networks: &[&str]) -> Result<Self, OperatorError> {
        let parse = |text: &&str| {
            Network::parse(text).map_err(|error| OperatorError::Network((*text).into(), error))
        };
        networks.iter().map(parse).collect::<Result<_, _>>().map(Self::Cidr)
    }

    /// `Percentage` of the values, chosen by a salt of its own (`serinus-v1`).
    ///
    /// # Errors
    /// [`OperatorError::Salt`].
    pub fn percentage(weight: Weight, salt: &str) -> Result<Self, OperatorError> {
        let bucketer =
            Bucketer::try_new(Bucketing::SerinusV1, salt).map_err(OperatorError::Salt)?;
        Ok(Self::Percentage(bucketer, weight))
    }

    /// The answer. Unknown if there is no value, or none that the question can be asked of.
    pub fn test(&self, value: Option<Value<'_>>) -> Truth {
        match (self, value) {
            (Self::Present(present), value) => (value.is_some() == *present).into(),
            (_, None) => Truth::Unknown,
            (_, Some(value)) => self.answer(value).map_or(Truth::Unknown, Truth::from),
        }
    }

    fn answer(&self, value: Value<'_>) -> Option<bool> {
        match self {
            Self::Contains(part) => return contains(value, part),
            Self::Number(comparison, than) => {
                return Some(comparison.holds(value.number()?.partial_cmp(&than.0)?));
            }
            _ => {}
        }
        let text = value.into_text()?;
        Some(match self {
            Self::Exact(exact) => *text == **exact,
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Suffix(suffix) => text.ends_with(suffix),
            Self::In(values) => values.contain(&text),
            Self::Regex(pattern) => pattern.matches(&text)?,
            Self::Semver(comparison, than) => {
                comparison.holds(Version::parse(&text).ok()?.cmp(than))
            }
            Self::Cidr(networks) => {
                let address = parse_address(&text)?;
                networks.iter().any(|network| network.contains(address))
            }
            // Nobody is in bucket 0 for having nothing to show.
            Self::Percentage(_, _) if text.is_empty() => return None,
            Self::Percentage(bucketer, weight) => {
                bucketer.includes(bucketer.bucket(&text), *weight)
            }
            Self::Contains(_) | Self::Number(..) | Self::Present(_) => return None,
        })
    }
}

fn contains(value: Value<'_>, part: &[u8]) -> Option<bool> {
    if let Value::List(list) = &value {
        let is_part = |element: &[u8]| {
            Value::from_claim(element.into()).into_text().is_some_and(|text| *text == *part)
        };
        return elements(list).map(|mut elements| elements.any(is_part));
    }
    let text = value.into_text()?;
    Some(part.is_empty() || text.windows(part.len()).any(|window| window == part))
}

/// Values in order, for a search in logarithmic time.
#[derive(Clone, Debug)]
pub struct Values(Vec<Vec<u8>>);

impl Values {
    fn contain(&self, value: &[u8]) -> bool {
        self.0.binary_search_by(|candidate| candidate.as_slice().cmp(value)).is_ok()
    }
}

/// A compiled pattern. `regex-lite` matches in time pattern × text, so both are bounded: a client that
/// chooses the text must not be able to hold up a worker.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// The greatest compiled size in bytes.
    const MAX_PROGRAM: usize = 16 << 10;
    /// The longest text in bytes; a longer one is unknown.
    const MAX_TEXT: usize = 1 << 10;

    fn matches(&self, text: &[u8]) -> Option<bool> {
        if text.len() > Self::MAX_TEXT {
            return None;
        }
        str::from_utf8(text).ok().map(|text| self.0.is_match(text))
    }
}

/// A number that is neither infinite nor NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finite(f64);

/// What is asked of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `=`
    Equal,
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
}

impl Comparison {
    /// Whether a value that stands so to the rule's satisfies it.
    pub const fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Greater => order.is_gt(),
        }
    }
}

/// A question that cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperatorError {
    /// A pattern that does not compile, and why.
    Regex(String),
    /// A comparison with infinity or NaN.
    NotFinite,
    /// A comparison with what is no version.
    Version(VersionError),
    /// A network that is none.
    Network(String, NetworkError),
    /// A percentage with a salt that cannot be used.
    Salt(SaltError),
}

impl fmt::Display for OperatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Regex(why) => {
                write!(f, "not a pattern that regex-lite compiles to at most 16 KiB: {why}")
            }
            Self::NotFinite => f.write_str("not a finite number"),
            Self::Version(error) => error.fmt(f),
            Self::Network(text, error) => write!(f, "`{text}`: {error}"),
            Self::Salt(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OperatorError {}
