use super::super::fake::Request;
use super::*;
use proptest::prelude::*;

const NAME: &str = "__Host-serinus";

fn key(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32]).unwrap()
}

fn cookie(key: SigningKey) -> SignedCookie {
    SignedCookie::try_new(NAME, key, Some(3600)).unwrap()
}

fn read(cookie: &SignedCookie, header: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    let host = Request::new().header("cookie", header);
    cookie.read(&Reads::new(&host)).map(Cow::into_owned)
}

#[test]
fn what_is_issued_is_read_back() {
    let host = Request::new().random([0xa5; 16]);
    let cookie = cookie(key(1));
    let issued = cookie.issue(&Reads::new(&host)).unwrap();
    let (pair, attributes) = issued.set_cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600");
    assert_eq!(pair.len(), NAME.len() + 1 + 3 + 22 + 1 + 22);
    assert_eq!(read(&cookie, format!("a=b; {pair}")), Some(issued.id.into_bytes()));
}

/// Pinned, so that a later version still knows the users of this one.
/// `printf 'serinus-cookie\0__Host-serinus\0paWlpaWlpaWlpaWlpaWlpQ' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101..01 -binary | head -c16`
#[test]
fn the_format_does_not_drift() {
    let (id, value) = cookie(key(1)).mint([0xa5; 16]);
    assert_eq!(id, "paWlpaWlpaWlpaWlpaWlpQ");
    assert_eq!(value, "v1.paWlpaWlpaWlpaWlpaWlpQ.WYLz9UbHl0Qtq9LGe8DrJA");
}

#[test]
fn a_bad_signature_counts_as_absent() {
    let cookie = cookie(key(1));
    let (_, good) = cookie.mint([7; 16]);
    let header = |value: &str| format!("{NAME}={value}");
    assert!(read(&cookie, header(&good)).is_some());
    let (_, other_key) = self::cookie(key(2)).mint([7; 16]);
    let (_, other_name) =
        SignedCookie::try_new("__Host-other", key(1), None).unwrap().mint([7; 16]);
    let (_, other_id) = cookie.mint([8; 16]);
    let mixed = [&other_id[..25], &good[25..]].concat();
    for bad in [
        &other_key,
        &other_name,
        &mixed,
        &good[..47],
        &good[3..],
        "",
        "v1..",
        "v1.a.b",
        &good.replace("v1", "v2"),
        &format!("{good}A"),
    ] {
        assert_eq!(read(&cookie, header(bad)), None, "{bad}");
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let cookie = cookie(key(1));
    let (_, good) = cookie.mint([7; 16]);
    for (at, bit) in (0..good.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut value = good.clone().into_bytes();
        value[at] ^= 1 << bit;
        let header = [NAME.as_bytes(), b"=", &value].concat();
        assert_eq!(read(&cookie, header), None, "byte {at} bit {bit}");
    }
}

#[test]
fn it_is_issued_only_if_it_may_and_can() {
    let host = Request::new();
    assert_eq!(cookie(key(1)).issue(&Reads::new(&host)), None, "no random bytes");
    let host = host.random([0; 16]);
    let reader = SignedCookie::try_new(NAME, key(1), None).unwrap();
    assert_eq!(reader.issue(&Reads::new(&host)), None);
    assert!(!reader.issues());
}

#[test]
fn a_name_is_a_token() {
    for name in ["", "a b", "a=b", "a;b", "a\r\nset-cookie: x", "é", "a,b", "\"a\""] {
        assert_eq!(
            SignedCookie::try_new(name, key(1), None).err(),
            Some(CookieNameError),
            "{name}"
        );
    }
}

proptest! {
    #[test]
    fn takes_any_bytes(header: Vec<u8>, value: Vec<u8>) {
        let cookie = cookie(key(1));
        prop_assert_eq!(read(&cookie, header), None);
        prop_assert_eq!(read(&cookie, [b"__Host-serinus=v1.", &value[..]].concat()), None);
    }
}
