use super::Murmur3;
use proptest::prelude::*;

/// Known answers, each found in the tests of several independent implementations.
const KNOWN: [(&[u8], u32, u32); 17] = [
    (b"", 0, 0),
    (b"", 1, 0x514e_28b7),
    (b"", 0xffff_ffff, 0x81f1_6f39),
    (b"\xff\xff\xff\xff", 0, 0x7629_3b50),
    (b"\x21\x43\x65\x87", 0, 0xf55b_516b),
    (b"\x21\x43\x65\x87", 0x5082_edee, 0x2362_f9de),
    (b"\x21\x43\x65", 0, 0x7e4a_8634),
    (b"\x21\x43", 0, 0xa0f7_b07a),
    (b"\x21", 0, 0x7266_1cf4),
    (b"\0\0\0\0", 0, 0x2362_f9de),
    (b"\0\0\0", 0, 0x85f0_b427),
    (b"\0\0", 0, 0x30f4_c306),
    (b"\0", 0, 0x514e_28b7),
    (b"hello", 0, 0x248b_fa47),
    (b"hello, world", 0, 0x149b_bb7f),
    (b"Hello, world!", 0x9747_b28c, 0x2488_4cba),
    (b"The quick brown fox jumps over the lazy dog", 0x9747_b28c, 0x2fa8_26cd),
];

#[test]
fn matches_the_known_answers() {
    for (bytes, seed, hash) in KNOWN {
        assert_eq!(Murmur3::new(seed).update(bytes).finish(), hash, "{bytes:?} seed {seed:#x}");
    }
}

/// The reference algorithm as published: one block loop, one tail.
fn reference(bytes: &[u8], seed: u32) -> u32 {
    let (c1, c2) = (0xcc9e_2d51_u32, 0x1b87_3593_u32);
    let mut h = seed;
    let mut blocks = bytes.chunks_exact(4);
    for block in &mut blocks {
        let k = u32::from_le_bytes(block.try_into().unwrap());
        h ^= k.wrapping_mul(c1).rotate_left(15).wrapping_mul(c2);
        h = h.rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    let mut k = 0_u32;
    for (i, byte) in blocks.remainder().iter().enumerate() {
        k ^= u32::from(*byte) << (8 * i);
    }
    h ^= k.wrapping_mul(c1).rotate_left(15).wrapping_mul(c2);
    h ^= bytes.len() as u32;
    h ^= h >> 16;
    h = h.wrapping_mul(0x85eb_ca6b);
    h ^= h >> 13;
    h = h.wrapping_mul(0xc2b2_ae35);
    h ^ (h >> 16)
}

proptest! {
    #[test]
    fn pieces_hash_like_the_whole(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..6), seed: u32) {
        let whole = pieces.concat();
        let hash = pieces.iter().fold(Murmur3::new(seed), |hash, piece| hash.update(piece));
        prop_assert_eq!(hash.finish(), reference(&whole, seed));
    }
}
