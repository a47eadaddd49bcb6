//! The path and the query parameters of a `:path`.
//!
//! Names and values are percent-decoded and `+` is a space, as in a form (WHATWG URL, section 5.1). An
//! escape that is none stays as it is. Of parameters with one name the first counts. The path is
//! taken as sent: Envoy normalises it if it is told to (`normalize_path`).

use std::borrow::Cow;

#[cfg(test)]
mod tests;

/// The path without query and fragment.
pub fn path(target: &[u8]) -> &[u8] {
    target.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default()
}

/// The value of the first parameter called `name`; empty if it has none.
pub fn find<'t>(target: &'t [u8], name: &str) -> Option<Cow<'t, [u8]>> {
    let target = target.split(|byte| *byte == b'#').next()?;
    let start = target.iter().position(|byte| *byte == b'?')?;
    target.get(start + 1..)?.split(|byte| *byte == b'&').find_map(|pair| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let matches = *decode(halves.next()?) == *name.as_bytes();
        matches.then(|| decode(halves.next().unwrap_or_default()))
    })
}

fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        (rest, _) = match (byte, escape(tail)) {
            (b'%', Some((byte, tail))) => (tail, decoded.push(byte)),
            (b'+', _) => (tail, decoded.push(b' ')),
            _ => (tail, decoded.push(byte)),
        };
    }
    Cow::Owned(decoded)
}

/// The byte that two hexadecimal digits mean, and what follows them.
fn escape(text: &[u8]) -> Option<(u8, &[u8])> {
    let ([high, low], rest) = text.split_first_chunk()?;
    Some((hex(*high)? << 4 | hex(*low)?, rest))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}
