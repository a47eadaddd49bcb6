//! Records as bytes, for shared data.
//!
//! Numbers are LEB128, because most buckets of a histogram are empty and then take one byte. Not
//! JSON: reading a record back through serde would cost the filter 15 KB, and nobody can look into
//! Envoy's shared data anyway.

/// A value that workers keep for each other, as bytes that begin with its format.
pub trait Stored: Clone + 'static {
    /// The first byte. It changes with every change of what follows.
    const FORMAT: u8;
    /// What the bytes cannot be read without; `()` where they say everything themselves.
    type Context;

    /// The bytes.
    fn encode(&self, context: &Self::Context) -> Vec<u8>;

    /// The value; `None` for anything that this version did not write, because others may write under the same key.
    fn decode(bytes: &[u8], context: &Self::Context) -> Option<Self>;
}

/// No list is longer than this: a bound on what hostile bytes can allocate.
const LONGEST: u64 = 1024;

/// Writes a record that begins with a format byte.
pub struct Writer(Vec<u8>);

impl Writer {
    /// A record of the given format.
    pub fn new(format: u8) -> Self {
        Self(vec![format])
    }

    /// One number.
    pub fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    /// A number of eight bytes, for floats.
    pub fn float(&mut self, x: f64) {
        self.0.extend_from_slice(&x.to_bits().to_le_bytes());
    }

    /// Bytes, to the end.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// A length and that many numbers.
    pub fn list(&mut self, numbers: &[u64]) {
        self.number(numbers.len() as u64);
        numbers.iter().for_each(|n| self.number(*n));
    }

    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads what [`Writer`] wrote; everything else gives `None`.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A record of the given format.
    pub fn new(bytes: &'a [u8], format: u8) -> Option<Self> {
        let (first, rest) = bytes.split_first()?;
        (*first == format).then_some(Self(rest))
    }

    /// One number.
    pub fn number(&mut self) -> Option<u64> {
        let mut n = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            n |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(n);
            }
        }
        None
    }

    /// A float.
    pub fn float(&mut self) -> Option<f64> {
        let (bytes, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(f64::from_bits(u64::from_le_bytes(*bytes)))
    }

    /// One byte.
    pub fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    /// A list of numbers.
    pub fn list(&mut self) -> Option<Vec<u64>> {
        let length = self.number().filter(|n| *n <= LONGEST)?;
        (0..length).map(|_| self.number()).collect()
    }

    /// Everything that has not been read.
    pub fn rest(self) -> &'a [u8] {
        self.0
    }

    /// Whether everything has been read.
    pub fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests;
