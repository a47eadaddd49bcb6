//! The HMAC-SHA256 key behind signed cookies and override tokens.
//!
//! The key schedule is done once, when the key is read, so a verification costs two SHA-256 blocks for
//! a short text. Comparisons take constant time. One key may serve several uses: the first bytes of
//! what is signed say which (`v1.` for a token, `serinus-cookie` for a cookie).

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;

#[cfg(test)]
mod tests;

/// Bytes from base64, of either alphabet, padded or not.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    // One decoder for both alphabets: in the filter, each costs kilobytes.
    let one = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    Base64UrlUnpadded::decode_vec(&one).ok()
}

/// A key that signs and verifies. It is never printed.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// The least length of a key in bytes. A good one is 32 random bytes.
    pub const MIN_BYTES: usize = 16;

    /// A key from its bytes.
    ///
    /// # Errors
    /// Fewer than [`SigningKey::MIN_BYTES`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() < Self::MIN_BYTES {
            return Err(KeyError::TooShort);
        }
        Hmac::new_from_slice(bytes).map(Self).map_err(|_| KeyError::TooShort)
    }

    /// A key from base64, of either alphabet, padded or not.
    ///
    /// # Errors
    /// No base64, or a key that is too short.
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        let bytes = from_base64(text).ok_or(KeyError::NotBase64)?;
        Self::from_bytes(&bytes)
    }

    /// The signature over the parts joined.
    pub(super) fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.over(parts).finalize().into_bytes().into()
    }

    /// Whether `tag` is the signature over the parts joined, or its first half.
    pub(super) fn verifies<const N: usize>(&self, parts: &[&[u8]], tag: &[u8; N]) -> bool {
        const { assert!(N == 16 || N == 32) };
        self.over(parts).verify_truncated_left(tag).is_ok()
    }

    fn over(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        parts.iter().fold(self.0.clone(), |mac, part| mac.chain_update(part))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

/// Exactly `N` bytes of unpadded base64url; one text for each value, no other.
pub(super) fn decode<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    if text.len() != (N * 4).div_ceil(3) {
        return None;
    }
    let mut bytes = [0; N];
    (Base64UrlUnpadded::decode(text, &mut bytes).ok()?.len() == N).then_some(bytes)
}

/// Appends unpadded base64url.
pub(super) fn encode(bytes: &[u8], text: &mut String) {
    text.push_str(&Base64UrlUnpadded::encode_string(bytes));
}

/// A key that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// It is not base64.
    NotBase64,
    /// It has fewer than [`SigningKey::MIN_BYTES`] bytes.
    TooShort,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotBase64 => "a key must be base64",
            Self::TooShort => "a key must have at least 16 bytes (32 random ones are good: `openssl rand -base64 32`)",
        })
    }
}

impl std::error::Error for KeyError {}
