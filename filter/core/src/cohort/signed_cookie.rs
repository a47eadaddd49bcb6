//! The anonymous unit: a random id in a signed first-party cookie.
//!
//! `v1.<id>.<tag>`: 128 random bits and the first 128 bits of HMAC-SHA256 over the cookie's name and the id
//! (RFC 2104 allows half; guessing it takes 2^128 requests), both in unpadded base64url. The name is
//! bound so that a value cannot be moved between cookies that share a key. The cookie stores the id,
//! not the verdict: weights and rollbacks still apply to who holds it. The id as text is the unit.

use super::{
    attribute::Reads,
    cookie,
    decimal::Decimal,
    key::{SigningKey, decode, encode},
};
use std::{borrow::Cow, fmt};

#[cfg(test)]
mod tests;

const VERSION: &str = "v1.";
const PURPOSE: &[u8] = b"serinus-cookie\0";

/// How to read and issue the cookie.
#[derive(Clone, Debug)]
pub struct SignedCookie {
    name: String,
    key: SigningKey,
    /// Seconds that an issued cookie lives; `None`: none is issued.
    max_age: Option<u64>,
}

/// A new id and the header that stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The unit, already for this request.
    pub id: String,
    /// The value of a `set-cookie` response header.
    pub set_cookie: String,
}

impl SignedCookie {
    /// A cookie of that name; with a `max_age` in seconds, issued to who has no unit.
    ///
    /// # Errors
    /// A name that RFC 6265 does not allow.
    pub fn try_new(
        name: &str,
        key: SigningKey,
        max_age: Option<u64>,
    ) -> Result<Self, CookieNameError> {
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(CookieNameError);
        }
        Ok(Self { name: name.into(), key, max_age })
    }

    /// Whether it is issued.
    pub const fn issues(&self) -> bool {
        self.max_age.is_some()
    }

    /// The id of a cookie that this key signed. Any other cookie counts as absent.
    pub fn read<'r, 'a: 'r>(&'a self, reads: &'r Reads<'a>) -> Option<Cow<'r, [u8]>> {
        match reads.header("cookie")? {
            Cow::Borrowed(header) => self.verify(header).map(Cow::Borrowed),
            Cow::Owned(header) => self.verify(&header).map(|id| Cow::Owned(id.to_vec())),
        }
    }

    /// A cookie with a new id, if it is to be issued and the host has random bytes.
    pub fn issue(&self, reads: &Reads<'_>) -> Option<Issued> {
        let max_age = Decimal::of(self.max_age?);
        let (id, value) = self.mint(reads.random()?);
        let attributes = "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=";
        Some(Issued {
            id,
            set_cookie: [&self.name, "=", &value, attributes, max_age.as_str()].concat(),
        })
    }

    /// The id and the cookie's value for these random bytes.
    pub fn mint(&self, random: [u8; 16]) -> (String, String) {
        let mut id = String::new();
        encode(&random, &mut id);
        let mut value = [VERSION, &id, "."].concat();
        let tag = self.key.sign(&self.signed(id.as_bytes()));
        encode(tag.first_chunk::<16>().unwrap_or(&[0; 16]), &mut value);
        (id, value)
    }

    fn verify<'h>(&self, header: &'h [u8]) -> Option<&'h [u8]> {
        let value = cookie::find(header, &self.name)?.strip_prefix(VERSION.as_bytes())?;
        let (id, tag) = value.split_at_checked(22)?;
        decode::<16>(id)?;
        let tag = decode::<16>(tag.strip_prefix(b".")?)?;
        self.key.verifies(&self.signed(id), &tag).then_some(id)
    }

    fn signed<'p>(&'p self, id: &'p [u8]) -> [&'p [u8]; 4] {
        [PURPOSE, self.name.as_bytes(), b"\0", id]
    }
}

/// RFC 9110, section 5.6.2.
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// A name that no cookie can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookieNameError;

impl fmt::Display for CookieNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cookie's name must be a token (RFC 6265), such as __Host-serinus")
    }
}

impl std::error::Error for CookieNameError {}
