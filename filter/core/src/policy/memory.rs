//! What a policy keeps, in shared data: it belongs to a stage and to a module. A policy of a new stage begins without,
//! and so does another policy.

use super::decision::MAX_MEMORY;
use crate::codec::{Reader, Writer};

/// Whose memory it is.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The [entry](crate::promotion::State::entry) of the stage.
    pub entry: u64,
    /// The module's [fingerprint](crate::config::PolicySource::fingerprint).
    pub sha256: &'a str,
}

const FORMAT: u8 = 2;

impl Owner<'_> {
    /// As bytes.
    pub fn encode(&self, memory: &[u8]) -> Vec<u8> {
        let mut w = Writer::new(FORMAT);
        w.number(self.entry);
        w.number(self.sha256.len() as u64);
        w.bytes(self.sha256.as_bytes());
        w.bytes(memory);
        w.finish()
    }

    /// From bytes; `None` for what is another owner's, or what this version did not write.
    pub fn decode(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut r = Reader::new(bytes, FORMAT)?;
        let same = r.number()? == self.entry && r.number()? == self.sha256.len() as u64;
        let memory = r.rest().strip_prefix(self.sha256.as_bytes())?;
        (same && memory.len() <= MAX_MEMORY).then(|| memory.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_is_found_in_its_stage_and_by_its_module_only() {
        let owner = Owner { entry: 300, sha256: "abcd" };
        let bytes = owner.encode(b"\x00seven");
        assert_eq!(owner.decode(&bytes), Some(b"\x00seven".to_vec()));
        assert_eq!(Owner { entry: 301, ..owner }.decode(&bytes), None);
        for another in ["abce", "abc", "abcde", "abcd\0", ""] {
            assert_eq!(Owner { sha256: another, ..owner }.decode(&bytes), None, "{another}");
        }
        assert_eq!(owner.decode(&owner.encode(b"")), Some(vec![]));
        assert_eq!(owner.decode(&owner.encode(&[0; MAX_MEMORY + 1])), None);
        for strange in [&b""[..], b"\x02", b"\x01\x01", b"\x02\xff", b"\x02\x01\x04abc"] {
            assert_eq!(Owner { entry: 1, ..owner }.decode(strange), None);
        }
    }
}
