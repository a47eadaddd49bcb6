use super::super::fake::Request;
use super::*;
use proptest::prelude::*;

fn read(host: &Request, source: &Source) -> Option<String> {
    let reads = Reads::new(host);
    let text = source.read(&reads)?.into_text()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn reads_every_place() {
    let host = Request::new()
        .header("x-user-id", "u1")
        .header("cookie", "a=1; sid=s1")
        .header(":path", "/shop/cart?debug=on#x")
        .header(":method", "POST")
        .claim("sub", "j1")
        .address("10.0.0.1:5555");
    for (source, expected) in [
        (Source::Header("x-user-id".into()), "u1"),
        (Source::Cookie("sid".into()), "s1"),
        (Source::Query("debug".into()), "on"),
        (Source::Path, "/shop/cart"),
        (Source::Method, "POST"),
        (Source::Jwt("sub".into()), "j1"),
        (Source::SourceAddress, "10.0.0.1"),
    ] {
        assert_eq!(read(&host, &source).as_deref(), Some(expected), "{source:?}");
        assert_eq!(read(&Request::new(), &source), None, "{source:?}");
    }
}

#[test]
fn the_port_goes() {
    for (address, expected) in [
        ("1.2.3.4:567", "1.2.3.4"),
        ("1.2.3.4", "1.2.3.4"),
        ("[::1]:567", "::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::1", "::1"),
        ("", ""),
        ("[", ""),
        ("/run/socket", "/run/socket"),
    ] {
        assert_eq!(without_port(address.as_bytes()), expected.as_bytes(), "{address}");
    }
}

#[test]
fn only_what_the_proxy_vouches_for_is_unforgeable() {
    assert!(Source::Header("x".into()).forgeable());
    assert!(Source::Cookie("x".into()).forgeable());
    assert!(!Source::Jwt("sub".into()).forgeable());
    assert!(!Source::SourceAddress.forgeable());
}

proptest! {
    #[test]
    fn takes_any_address(address: Vec<u8>) {
        without_port(&address);
    }
}
