use super::{find, path};
use proptest::prelude::*;

#[test]
fn the_path_ends_at_query_or_fragment() {
    for (target, expected) in
        [("/a/b?c=d", "/a/b"), ("/a#b?c", "/a"), ("/a", "/a"), ("", ""), ("?x", ""), ("*", "*")]
    {
        assert_eq!(path(target.as_bytes()), expected.as_bytes(), "{target}");
    }
}

#[test]
fn finds_the_first_of_the_name_decoded() {
    for (target, value) in [
        ("/?a=1", Some("1")),
        ("/?b=2&a=1&a=3", Some("1")),
        ("/?a", Some("")),
        ("/?a=", Some("")),
        ("/?a=x=y", Some("x=y")),
        ("/?%61=%31+2", Some("1 2")),
        ("/?a=%zz%4", Some("%zz%4")),
        ("/?a=%25", Some("%")),
        ("/?a=%", Some("%")),
        ("/?b=1#&a=1", None),
        ("/a=1", None),
        ("/?A=1&aa=2", None),
        ("", None),
    ] {
        assert_eq!(find(target.as_bytes(), "a").as_deref(), value.map(str::as_bytes), "{target}");
    }
}

#[test]
fn decodes_to_bytes_that_are_no_text() {
    assert_eq!(find(b"/?a=%ff%FE\xff", "a").as_deref(), Some(&b"\xff\xfe\xff"[..]));
}

proptest! {
    #[test]
    fn takes_any_bytes(target: Vec<u8>, name: String) {
        path(&target);
        find(&target, &name);
    }

    #[test]
    fn decodes_what_was_encoded(value: Vec<u8>) {
        let encoded: String = value.iter().map(|byte| format!("%{byte:02x}")).collect();
        let target = format!("/p?x=1&v={encoded}");
        let found = find(target.as_bytes(), "v");
        prop_assert_eq!(found.as_deref(), Some(&value[..]));
    }
}
