//! `compress` and `uncompress`: zlib, whole.

use crate::abi::Status;
use flate2::Compression;
use flate2::read::{ZlibDecoder, ZlibEncoder};
use std::io::Read;

pub(super) fn compress(plain: &[u8]) -> Result<Vec<u8>, Status> {
    let mut out = Vec::new();
    let done = ZlibEncoder::new(plain, Compression::default()).read_to_end(&mut out);
    done.map(|_| out).map_err(|_| Status::SerializationFailure)
}

/// Small input may stand for much output; more than a VM could hold is refused.
pub(super) fn uncompress(packed: &[u8], room: usize) -> Result<Vec<u8>, Status> {
    let mut out = Vec::new();
    let most = u64::try_from(room).unwrap_or(u64::MAX);
    let done = ZlibDecoder::new(packed).take(most.saturating_add(1)).read_to_end(&mut out);
    match done {
        Ok(size) if size <= room && !packed.is_empty() => Ok(out),
        _ => Err(Status::SerializationFailure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_compressed_comes_back() {
        let plain = b"a".repeat(10_000);
        let packed = compress(&plain).unwrap();
        assert!(packed.len() < 100);
        assert_eq!(uncompress(&packed, 10_000).unwrap(), plain);
        // What Envoy's zlib makes of 36 letters.
        let envoys = b"x\x9cKL$\x0c\x00\xfc~\r\xa5";
        assert_eq!(uncompress(envoys, 100).unwrap(), b"a".repeat(36));
    }

    #[test]
    fn rubbish_and_more_than_there_is_room_for_are_refused() {
        let packed = compress(&[0; 1000]).unwrap();
        for (packed, room) in [(packed.as_slice(), 999), (b"xx", 100), (b"", 100), (b"x\x9cKL", 9)]
        {
            assert_eq!(uncompress(packed, room), Err(Status::SerializationFailure));
        }
    }
}
