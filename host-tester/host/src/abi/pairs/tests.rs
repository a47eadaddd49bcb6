use super::*;

fn encoded(pairs: &[(&str, &str)]) -> Vec<u8> {
    encode(pairs.iter().map(|(key, value)| (key.as_bytes(), value.as_bytes())))
}

fn decoded(bytes: &[u8]) -> Vec<(String, String)> {
    let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
    decode(bytes).iter().map(|(key, value)| (text(key), text(value))).collect()
}

#[test]
fn what_is_written_is_read_again() {
    let bytes = encoded(&[(":path", "/"), ("empty", ""), ("", "nameless")]);
    let expected =
        [(":path", "/"), ("empty", ""), ("", "nameless")].map(|(k, v)| (k.into(), v.into()));
    assert_eq!(decoded(&bytes), expected);
}

#[test]
fn an_empty_map_has_no_bytes() {
    assert!(encoded(&[]).is_empty());
    assert!(decoded(&[]).is_empty());
    assert!(decoded(&[0, 0, 0, 0]).is_empty());
}

#[test]
fn what_is_cut_short_or_claims_too_much_is_empty() {
    let whole = encoded(&[("key", "value"), ("other", "more")]);
    for end in 0..whole.len() - 1 {
        assert!(decode(&whole[..end]).is_empty(), "cut at {end}");
    }
    let mut endless = whole.clone();
    endless[..4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(decode(&endless).is_empty());
    let mut long = whole;
    long[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(decode(&long).is_empty());
}
