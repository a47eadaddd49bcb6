//! How bytes are written down and read: quoted in the log, with `%XX` escapes in the script.

use crate::host::decode;

/// Bytes in quotes, at most 200 of them.
pub fn quoted(bytes: &[u8]) -> String {
    const MOST: usize = 200;
    let shown = &bytes[..bytes.len().min(MOST)];
    let rest = if bytes.len() > MOST { format!("+{}", bytes.len() - MOST) } else { String::new() };
    format!("\"{}\"{rest}", shown.escape_ascii())
}

/// A property's value: text, or the number that its length and bytes suggest.
pub fn guessed(bytes: &[u8]) -> String {
    let printable = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
    if let Some(mut pairs) = decode(bytes).filter(|_| !printable) {
        // Envoy hands these out in the order of a hash.
        pairs.sort();
        return format!(
            "[{}]",
            pairs
                .iter()
                .map(|(key, value)| format!("{}: {}", key.escape_ascii(), value.escape_ascii()))
                .collect::<Vec<_>>()
                .join(" | ")
        );
    }
    match (bytes.len(), printable) {
        (_, true) => quoted(bytes),
        (8, _) => bytes
            .try_into()
            .map_or_else(|_| quoted(bytes), |b| i64::from_le_bytes(b).to_string() + "i64"),
        (1, _) if bytes[0] < 2 => format!("{}bool", bytes[0] == 1),
        _ => quoted(bytes),
    }
}

/// The name of a status.
pub fn status(code: u32) -> String {
    let names = [
        "OK",
        "NOT_FOUND",
        "BAD_ARGUMENT",
        "SERIALIZATION",
        "PARSE",
        "BAD_EXPRESSION",
        "INVALID_MEMORY",
        "EMPTY",
        "CAS_MISMATCH",
        "RESULT_MISMATCH",
        "INTERNAL",
        "BROKEN_CONNECTION",
        "UNIMPLEMENTED",
    ];
    names.get(code as usize).map_or_else(|| format!("status {code}"), ToString::to_string)
}

/// A word of the script: `%XX` is a byte, `''` nothing.
pub fn unescaped(word: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = if word == "''" { &b""[..] } else { word.as_bytes() };
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (first, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                rest = &after[2..];
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}
