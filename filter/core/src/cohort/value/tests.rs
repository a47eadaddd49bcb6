use super::super::fake::envoy_list;
use super::*;
use proptest::prelude::*;

fn text(bytes: &[u8]) -> Option<Vec<u8>> {
    Value::from_claim(bytes.into()).into_text().map(Cow::into_owned)
}

fn list(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    elements(bytes).map(Iterator::collect)
}

#[test]
fn a_printable_claim_is_text_whatever_its_length() {
    for claim in ["", "a", "12345678", "user-42", "日本x", "éééaC", "\u{1f600}test"] {
        assert_eq!(text(claim.as_bytes()).as_deref(), Some(claim.as_bytes()), "{claim}");
    }
}

#[test]
fn numbers_and_booleans_read_like_their_text() {
    for (number, expected) in [
        (42.0, Some("42")),
        (-7.0, Some("-7")),
        (0.0, Some("0")),
        (33_333.0, Some("33333")),
        (9_007_199_254_740_992.0, Some("9007199254740992")),
        (0.5, None),
        (1e300, None),
    ] {
        assert_eq!(
            text(&f64::to_le_bytes(number)).as_deref(),
            expected.map(str::as_bytes),
            "{number}"
        );
        assert_eq!(Value::from_claim(number.to_le_bytes()[..].into()).number(), Some(number));
    }
    assert_eq!(text(&[1]).as_deref(), Some(&b"true"[..]));
    assert_eq!(text(&[0]).as_deref(), Some(&b"false"[..]));
}

#[test]
fn a_list_has_its_elements_and_is_no_text() {
    let bytes = envoy_list(&[b"staff", b"", b"a\0b"]);
    assert_eq!(list(&bytes), Some(vec![&b"staff"[..], b"", b"a\0b"]));
    assert_eq!(text(&bytes), None);
    assert_eq!(list(&envoy_list(&[])), Some(vec![]));
}

#[test]
fn an_object_lists_no_key_that_has_a_value() {
    let object =
        [&1_u32.to_le_bytes()[..], &5_u32.to_le_bytes(), &1_u32.to_le_bytes(), b"staff\0x\0"]
            .concat();
    assert_eq!(list(&object), Some(vec![]));
}

#[test]
fn a_list_that_is_not_one_to_the_last_byte_is_none() {
    let good = envoy_list(&[b"staff", b"qa"]);
    for cut in 0..good.len() {
        assert_eq!(list(&good[..cut]), None, "cut at {cut}");
    }
    assert_eq!(list(&[&good[..], b"x"].concat()), None);
    let mut no_nul = good.clone();
    *no_nul.last_mut().unwrap() = b'x';
    assert_eq!(list(&no_nul), None);
    assert_eq!(list(b"\xff\xff\xff\xff\0\0\0\0"), None, "a count that nothing backs");
    assert_eq!(
        list(b"\x01\0\0\0\xff\xff\xff\xff\0\0\0\0ab\0\0"),
        None,
        "a length that nothing backs"
    );
}

proptest! {
    #[test]
    fn takes_any_bytes(bytes: Vec<u8>) {
        let value = Value::from_claim(bytes.as_slice().into());
        value.number();
        value.into_text();
    }

    #[test]
    fn takes_any_bytes_that_begin_like_a_list(count in 0_u32..4, bytes in prop::collection::vec(0_u8..4, 0..60)) {
        let bytes = [&count.to_le_bytes()[..], &bytes].concat();
        if let Some(elements) = list(&bytes) {
            prop_assert!(elements.len() <= count as usize);
        }
    }

    #[test]
    fn lists_round_trip(elements: Vec<Vec<u8>>) {
        let elements: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
        let bytes = envoy_list(&elements);
        prop_assert_eq!(list(&bytes), Some(elements));
    }
}
