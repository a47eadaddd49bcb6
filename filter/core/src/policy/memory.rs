//! What a policy keeps, in shared data: it belongs to a stage and to a module. A policy of a new stage begins without,
//! and so does another policy.

use super::decision::MAX_MEMORY;
use crate::codec::{Reader, Stored, Writer};

/// The memory of a policy, with its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The [entry](crate::promotion::State::entry) of the stage that it belongs to.
    pub entry: u64,
    /// The [fingerprint](crate::config::PolicySource::fingerprint) of the module that it belongs to.
    pub sha256: String,
    /// What the policy keeps; at most [`MAX_MEMORY`] bytes.
    pub bytes: Vec<u8>,
}

impl Memory {
    /// Whether it belongs to this stage entry and this module.
    pub fn is_of(&self, entry: u64, sha256: &str) -> bool {
        self.entry == entry && self.sha256 == sha256
    }
}

impl Stored for Memory {
    const FORMAT: u8 = 2;
    type Context = ();

    fn encode(&self, (): &()) -> Vec<u8> {
        let mut w = Writer::new(Self::FORMAT);
        w.number(self.entry);
        w.number(self.sha256.len() as u64);
        w.bytes(self.sha256.as_bytes());
        w.bytes(&self.bytes);
        w.finish()
    }

    fn decode(bytes: &[u8], (): &()) -> Option<Self> {
        let mut r = Reader::new(bytes, Self::FORMAT)?;
        let (entry, length) = (r.number()?, usize::try_from(r.number()?).ok()?);
        let (sha256, memory) = r.rest().split_at_checked(length)?;
        let sha256 = std::str::from_utf8(sha256).ok()?.to_owned();
        (memory.len() <= MAX_MEMORY).then(|| Self { entry, sha256, bytes: memory.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(bytes: &[u8]) -> Memory {
        Memory { entry: 300, sha256: "abcd".to_owned(), bytes: bytes.to_vec() }
    }

    #[test]
    fn a_memory_belongs_to_its_stage_and_its_module_only() {
        let kept = memory(b"\x00seven");
        assert!(kept.is_of(300, "abcd") && !kept.is_of(301, "abcd"));
        for another in ["abce", "abc", "abcde", "abcd\0", ""] {
            assert!(!kept.is_of(300, another), "{another}");
        }
    }

    #[test]
    fn a_memory_is_read_back_and_one_that_is_too_large_is_not() {
        for kept in [memory(b"\x00seven"), memory(b"")] {
            assert_eq!(Memory::decode(&kept.encode(&()), &()), Some(kept));
        }
        assert_eq!(Memory::decode(&memory(&[0; MAX_MEMORY + 1]).encode(&()), &()), None);
        for strange in
            [&b""[..], b"\x02", b"\x01\x01", b"\x02\xff", b"\x02\x01\x04abc", b"\x02\x01\x01\xff"]
        {
            assert_eq!(Memory::decode(strange, &()), None);
        }
    }
}
