use super::find;
use proptest::prelude::*;

#[test]
fn finds_the_first_of_the_name() {
    for (header, value) in [
        ("a=1", Some("1")),
        ("a=1; b=2", Some("1")),
        ("b=2;a=1", Some("1")),
        ("b=2;   a=1 ; a=3", Some("1")),
        ("a=", Some("")),
        ("a=x=y", Some("x=y")),
        ("a=\"q\"", Some("\"q\"")),
        ("aa=1; A=2; a; =a", None),
        ("", None),
        (";;;", None),
    ] {
        assert_eq!(find(header.as_bytes(), "a"), value.map(str::as_bytes), "{header}");
    }
}

proptest! {
    #[test]
    fn takes_any_bytes(header: Vec<u8>) {
        find(&header, "a");
    }
}
