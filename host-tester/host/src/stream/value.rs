//! A property's value, and its form for a module.

use crate::abi::pairs;
use crate::http::HeaderMap;

/// A value.
pub enum PropertyValue {
    /// Text or bytes, as they are.
    Bytes(Vec<u8>),
    /// A number, a time or a duration: 64-bit little-endian.
    Number(u64),
    /// A truth: one byte.
    Truth(bool),
    /// A map, encoded as headers are.
    Map(HeaderMap),
}

impl PropertyValue {
    /// As a module gets it.
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Number(number) => number.to_le_bytes().to_vec(),
            Self::Truth(truth) => vec![truth.into()],
            // Unlike a map of headers, an empty one has its count.
            Self::Map(map) if map.is_empty() => vec![0; 4],
            Self::Map(map) => pairs::encode(map.pairs()),
        }
    }
}

impl From<&str> for PropertyValue {
    fn from(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }
}
