//! Networks and the addresses in them (RFC 4632, RFC 4291).
//!
//! An IPv4 address inside IPv6 (`::ffff:10.0.0.1`) is the IPv4 address, on both sides: a dual-stack
//! listener must not open a rule, nor close it.

use std::{fmt, net::IpAddr};

#[cfg(test)]
mod tests;

/// A range of addresses with a common prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// `10.0.0.0/8`, `2001:db8::/32`, or a bare address, which is a network of one. Bits beyond the prefix
    /// do not matter.
    ///
    /// # Errors
    /// No address, or a prefix longer than the address.
    pub fn parse(text: &str) -> Result<Self, NetworkError> {
        Self::read(text).ok_or(NetworkError)
    }

    fn read(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(read_prefix(prefix)?)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().ok()?;
        let width = width(written);
        let prefix = prefix.unwrap_or(width);
        if prefix > width {
            return None;
        }
        // An IPv4 network written inside IPv6 has its first 96 bits there.
        let canonical = written.to_canonical();
        match prefix.checked_sub(width - self::width(canonical)) {
            Some(prefix) => Some(Self { address: canonical, prefix }),
            None => Some(Self { address: written, prefix }),
        }
    }

    /// Whether the address is in the network. `address` is what [`parse_address`] gives.
    pub fn contains(&self, address: IpAddr) -> bool {
        let rest = width(self.address) - self.prefix;
        width(self.address) == width(address)
            && (bits(self.address) ^ bits(address)).checked_shr(rest).unwrap_or_default() == 0
    }
}

/// The address that a text is; an IPv4 address inside IPv6 comes out as IPv4.
pub fn parse_address(text: &[u8]) -> Option<IpAddr> {
    let address: IpAddr = str::from_utf8(text.trim_ascii()).ok()?.parse().ok()?;
    Some(address.to_canonical())
}

fn read_prefix(text: &str) -> Option<u32> {
    let digits = matches!(text.len(), 1..=3) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

const fn width(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// A text that is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkError;

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an address or a network such as 10.0.0.0/8 or 2001:db8::/32")
    }
}

impl std::error::Error for NetworkError {}
