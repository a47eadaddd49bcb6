use super::super::{
    fake::{Request, envoy_list},
    key::SigningKey,
};
use super::*;

fn cookie() -> SignedCookie {
    SignedCookie::try_new("__Host-serinus", SigningKey::from_bytes(&[1; 32]).unwrap(), Some(60))
        .unwrap()
}

fn sources() -> Vec<UnitSource> {
    vec![
        UnitSource::Attribute(Source::Jwt("sub".into())),
        UnitSource::SignedCookie(cookie()),
        UnitSource::Attribute(Source::Header("x-user-id".into())),
        UnitSource::Attribute(Source::Cookie("sid".into())),
        UnitSource::Attribute(Source::SourceAddress),
    ]
}

fn id(host: &Request) -> Option<String> {
    let sources = sources();
    find(&sources, &Reads::new(host)).map(|unit| String::from_utf8(unit.id.into_owned()).unwrap())
}

#[test]
fn the_first_that_is_present_counts() {
    let mut host = Request::new().address("10.0.0.1:4711");
    assert_eq!(id(&host).as_deref(), Some("10.0.0.1"));
    host = host.header("cookie", "sid=s1");
    assert_eq!(id(&host).as_deref(), Some("s1"));
    host = host.header("x-user-id", "u1");
    assert_eq!(id(&host).as_deref(), Some("u1"));
    let (signed, value) = cookie().mint([3; 16]);
    host = host.header("cookie", format!("sid=s1; __Host-serinus={value}"));
    assert_eq!(id(&host), Some(signed));
    host = host.claim("sub", 42.0_f64.to_le_bytes());
    assert_eq!(id(&host).as_deref(), Some("42"));
}

#[test]
fn what_is_empty_or_a_list_is_not_present() {
    let host = Request::new()
        .claim("sub", envoy_list(&[b"a"]))
        .header("x-user-id", "")
        .header("cookie", "sid=");
    assert_eq!(id(&host), None);
}

#[test]
fn the_rest_is_not_read() {
    let host = Request::new().claim("sub", "j1").header("x-user-id", "u1");
    id(&host);
    assert_eq!(host.log(), ["claim sub"]);
}

#[test]
fn a_new_id_is_made_only_if_there_is_no_unit() {
    let host = Request::new().header("cookie", "__Host-serinus=v1.forged").random([9; 16]);
    let sources = sources();
    let reads = Reads::new(&host);
    let unit = find(&sources, &reads).unwrap();
    assert_eq!(*unit.id, *cookie().mint([9; 16]).0.as_bytes());
    assert!(unit.set_cookie.unwrap().starts_with("__Host-serinus=v1."));
    assert_eq!(host.log(), ["claim sub", "header cookie", "header x-user-id", "address", "random"]);

    let host = host.header("x-user-id", "u1");
    assert_eq!(find(&sources, &Reads::new(&host)).unwrap().set_cookie, None);
}
