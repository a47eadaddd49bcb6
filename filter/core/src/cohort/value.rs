//! What an attribute's bytes are.
//!
//! Headers are text of any bytes. A JWT claim arrives as Envoy serialises a property, without its type: a
//! string as it is, a number as 8 bytes (a little-endian double), a boolean as one byte, a list or an
//! object as *pairs* (count, lengths, then NUL-terminated keys and values; a list's elements are keys
//! with empty values). What it is, is told from the bytes: only a claim that is no printable text is
//! read as anything but text. So `exact: "true"` and `exact: "42"` hold for a claim `true` and `42`, and a
//! numeric id is bucketed like the same id in a header, as in the flag tools.

use super::{decimal::Decimal, number};
use std::borrow::Cow;

#[cfg(test)]
mod tests;

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'r> {
    /// Any bytes.
    Text(Cow<'r, [u8]>),
    /// A number from a JWT.
    Number(f64),
    /// A list (or an object) from a JWT: bytes that [`elements`] can take apart.
    List(Cow<'r, [u8]>),
}

impl<'r> Value<'r> {
    /// What the bytes of a JWT claim are.
    pub fn from_claim(bytes: Cow<'r, [u8]>) -> Self {
        match &*bytes {
            [0] => return Self::Text(Cow::Borrowed(b"false")),
            [1] => return Self::Text(Cow::Borrowed(b"true")),
            raw if is_printable(raw) => {}
            raw if pairs(raw).is_some() => return Self::List(bytes),
            raw => {
                if let Some(number) = double(raw) {
                    return Self::Number(number);
                }
            }
        }
        Self::Text(bytes)
    }

    /// The text; a whole number in decimal; nothing for a fraction or a list.
    pub fn into_text(self) -> Option<Cow<'r, [u8]>> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(number) => integer_text(number).map(Cow::Owned),
            Self::List(_) => None,
        }
    }

    /// The number that it is, or that its text says.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Text(text) => number::parse(text),
            Self::Number(number) => Some(*number),
            Self::List(_) => None,
        }
    }
}

/// The elements of a list as Envoy serialises it; `None` if the bytes are no list, to the last byte.
pub fn elements(bytes: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    Some(pairs(bytes)?.filter(|(_, value)| value.is_empty()).map(|(key, _)| key))
}

/// The whole thing is walked once, so what it says of its own size is never believed.
fn pairs(bytes: &[u8]) -> Option<impl Iterator<Item = (&[u8], &[u8])>> {
    let (count, rest) = bytes.split_first_chunk::<4>()?;
    let sizes = usize::try_from(u32::from_le_bytes(*count)).ok()?.checked_mul(8)?;
    let (sizes, texts) = rest.split_at_checked(sizes)?;
    let sizes = sizes.as_chunks::<4>().0.as_chunks::<2>().0;
    let walk = |mut texts| {
        sizes.iter().map(move |[key, value]| {
            let key = terminated(&mut texts, *key)?;
            Some((key, terminated(&mut texts, *value)?))
        })
    };
    let used = walk(texts)
        .try_fold(0, |used, pair| pair.map(|(key, value)| used + key.len() + value.len() + 2))?;
    (used == texts.len()).then(|| walk(texts).map_while(|pair| pair))
}

/// Takes a text of that size and its NUL off the front.
fn terminated<'b>(bytes: &mut &'b [u8], size: [u8; 4]) -> Option<&'b [u8]> {
    let (text, rest) = bytes.split_at_checked(usize::try_from(u32::from_le_bytes(size)).ok()?)?;
    *bytes = rest.strip_prefix(b"\0")?;
    Some(text)
}

fn is_printable(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok_and(|_| bytes.iter().all(|byte| !byte.is_ascii_control()))
}

fn double(bytes: &[u8]) -> Option<f64> {
    let number = f64::from_le_bytes(bytes.try_into().ok()?);
    number.is_finite().then_some(number)
}

/// A whole number up to 2^53, beyond which a double is no id any more.
fn integer_text(number: f64) -> Option<Vec<u8>> {
    let magnitude = number.abs() as u64;
    if magnitude > 1 << 53 || magnitude as f64 != number.abs() {
        return None;
    }
    let sign: &[u8] = if number < 0.0 { b"-" } else { b"" };
    Some([sign, Decimal::of(magnitude).as_bytes()].concat())
}
