//! What a policy keeps, in shared data: it belongs to a stage, and a policy of a new stage begins without.

use super::decision::MAX_MEMORY;
use crate::codec::{Reader, Writer};

const FORMAT: u8 = 1;

/// As bytes. `entry` is the [entry](crate::promotion::State::entry) of the stage.
pub fn encode(entry: u64, memory: &[u8]) -> Vec<u8> {
    let mut w = Writer::new(FORMAT);
    w.number(entry);
    w.bytes(memory);
    w.finish()
}

/// From bytes; `None` for what is of another stage, or what this version did not write.
pub fn decode(entry: u64, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut r = Reader::new(bytes, FORMAT)?;
    let same = r.number()? == entry;
    let memory = r.rest();
    (same && memory.len() <= MAX_MEMORY).then(|| memory.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_is_found_in_its_stage_only() {
        let bytes = encode(300, b"\x00seven");
        assert_eq!(decode(300, &bytes), Some(b"\x00seven".to_vec()));
        assert_eq!(decode(301, &bytes), None);
        assert_eq!(decode(300, &encode(300, b"")), Some(vec![]));
        assert_eq!(decode(300, &encode(300, &[0; MAX_MEMORY + 1])), None);
        for strange in [&b""[..], b"\x01", b"\x02\x01", b"\x01\xff"] {
            assert_eq!(decode(1, strange), None);
        }
    }
}
