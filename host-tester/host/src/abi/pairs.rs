//! Maps as they cross the boundary: a count, then the sizes of every key and value, then their bytes,
//! each with a zero after it. All numbers are 32-bit little-endian.

use bytes::Bytes;

/// A key and its value.
pub type Pair = (Bytes, Bytes);

/// Envoy hands over, and takes, no more entries than this.
pub const MAX_ENTRIES: usize = 1024;
/// Envoy takes no larger map than this.
pub const MAX_BYTES: usize = 1 << 20;

/// The bytes of a map. Nothing at all for an empty one, as Envoy does it.
pub fn encode<'a>(pairs: impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone) -> Vec<u8> {
    let count = pairs.clone().count();
    if count == 0 {
        return Vec::new();
    }
    let text: usize = pairs.clone().map(|(key, value)| key.len() + value.len() + 2).sum();
    let mut out = Vec::with_capacity(4 + 8 * count + text);
    let number = |out: &mut Vec<u8>, n: usize| out.extend_from_slice(&(n as u32).to_le_bytes());
    number(&mut out, count);
    for (key, value) in pairs.clone() {
        number(&mut out, key.len());
        number(&mut out, value.len());
    }
    for part in pairs.flat_map(|(key, value)| [key, value]) {
        out.extend_from_slice(part);
        out.push(0);
    }
    out
}

/// The map in some bytes. Malformed ones are an empty map, as in Envoy: a filter that writes them
/// loses its headers there too.
pub fn decode(bytes: &[u8]) -> Vec<Pair> {
    try_decode(bytes).unwrap_or_default()
}

fn try_decode(bytes: &[u8]) -> Option<Vec<Pair>> {
    if bytes.len() > MAX_BYTES {
        return None;
    }
    let mut rest = bytes;
    let count = number(&mut rest)?;
    if count > MAX_ENTRIES {
        return None;
    }
    let sizes: Vec<usize> =
        (0..2 * count).map(|_| number(&mut rest)).collect::<Option<Vec<_>>>()?;
    let mut parts = sizes.iter().map(|size| part(&mut rest, *size));
    (0..count).map(|_| Some((parts.next()??, parts.next()??))).collect()
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    let (number, after) = rest.split_first_chunk()?;
    *rest = after;
    usize::try_from(u32::from_le_bytes(*number)).ok()
}

fn part(rest: &mut &[u8], size: usize) -> Option<Bytes> {
    let part = rest.get(..size)?;
    // The zero after the last one may be missing: some SDKs do not write it.
    *rest = rest.get(size + 1..).unwrap_or_default();
    Some(Bytes::copy_from_slice(part))
}

#[cfg(test)]
mod tests;
