use super::*;

/// RFC 4231, test case 6: a key longer than a block.
#[test]
fn signs_like_rfc_4231() {
    let key = SigningKey::from_bytes(&[0xaa; 131]).unwrap();
    let tag = key.sign(&[b"Test Using Larger Than ", b"Block-Size Key - Hash Key First"]);
    assert_eq!(tag[..8], [0x60, 0xe4, 0x31, 0x59, 0x1e, 0xe0, 0xb6, 0x7f]);
    assert!(key.verifies(&[b"Test Using Larger Than Block-Size Key - Hash Key First"], &tag));
    assert!(!key.verifies(&[b"Test Using Larger Than Block-Size Key - Hash Key Firs"], &tag));
}

#[test]
fn reads_either_base64() {
    let bytes = [0xfb_u8; 17];
    let signature = SigningKey::from_bytes(&bytes).unwrap().sign(&[b"x"]);
    for text in [
        "+/v7+/v7+/v7+/v7+/v7+/s=",
        "+/v7+/v7+/v7+/v7+/v7+/s",
        "-_v7-_v7-_v7-_v7-_v7-_s=",
        "-_v7-_v7-_v7-_v7-_v7-_s",
    ] {
        assert_eq!(
            SigningKey::from_base64(text).map(|key| key.sign(&[b"x"])),
            Ok(signature),
            "{text}"
        );
    }
}

impl PartialEq for SigningKey {
    fn eq(&self, other: &Self) -> bool {
        self.sign(&[]) == other.sign(&[])
    }
}

#[test]
fn refuses_what_is_no_key() {
    assert_eq!(SigningKey::from_base64("not base64!"), Err(KeyError::NotBase64));
    assert_eq!(SigningKey::from_base64("c2hvcnQ="), Err(KeyError::TooShort));
    assert_eq!(SigningKey::from_base64(""), Err(KeyError::TooShort));
}

#[test]
fn is_never_printed() {
    let key = SigningKey::from_bytes(b"secret secret secret").unwrap();
    assert_eq!(format!("{key:?}"), "SigningKey");
}

#[test]
fn decodes_one_text_per_value() {
    let mut text = String::new();
    encode(&[7; 16], &mut text);
    assert_eq!(decode::<16>(text.as_bytes()), Some([7; 16]));
    let loose = format!("{}x", &text[..21]);
    assert_eq!(decode::<16>(loose.as_bytes()), None, "bits beyond the last byte");
    assert_eq!(decode::<16>(&text.as_bytes()[..21]), None);
    assert_eq!(decode::<16>(&[0xff; 22]), None);
}
