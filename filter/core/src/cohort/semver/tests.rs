use super::*;
use proptest::prelude::*;

fn version(text: &str) -> Version {
    Version::parse(text.as_bytes()).unwrap()
}

/// The order that section 11 of the specification gives, and a few more.
#[test]
fn precedence_is_that_of_the_specification() {
    let ascending = [
        "0.9.9",
        "1.0.0-0",
        "1.0.0-2",
        "1.0.0-10",
        "1.0.0-99999999999999999999",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.0.1-0",
        "1.0.1",
        "1.2.0",
        "1.10.0",
        "2.0.0",
    ];
    for (i, left) in ascending.iter().enumerate() {
        for (j, right) in ascending.iter().enumerate() {
            assert_eq!(version(left).cmp(&version(right)), i.cmp(&j), "{left} {right}");
        }
    }
}

#[test]
fn build_metadata_has_no_precedence() {
    assert_eq!(version("1.0.0+a").cmp(&version("1.0.0+b-c.001")), Ordering::Equal);
    assert_eq!(version("1.0.0-rc.1+a").cmp(&version("1.0.0-rc.1")), Ordering::Equal);
}

#[test]
fn what_the_grammar_does_not_allow_is_no_version() {
    for text in [
        "",
        "1",
        "1.2",
        "1.2.3.4",
        "v1.2.3",
        " 1.2.3",
        "01.2.3",
        "1.2.03",
        "1.2.x",
        "1..3",
        "1.2.3-",
        "1.2.3+",
        "1.2.3-a..b",
        "1.2.3-01",
        "1.2.3-é",
        "1.2.3+a+b",
        "18446744073709551616.0.0",
        "-1.0.0",
        "not a semver",
    ] {
        assert_eq!(Version::parse(text.as_bytes()), Err(VersionError), "{text}");
    }
    assert_eq!(Version::parse(b"1.2.3-\xff"), Err(VersionError));
}

proptest! {
    #[test]
    fn takes_any_bytes(left: Vec<u8>, right in "[0-2]\\.[0-2]\\.[0-2](-[a.0-2-]{0,6})?") {
        let _ = Version::parse(&left);
        let _ = Version::parse(right.as_bytes());
    }

    #[test]
    fn order_is_antisymmetric(left in "[0-2]\\.[0-2]\\.[0-2]-[a1-2]{1,3}(\\.[a1-2]{1,3})?", right in "[0-2]\\.[0-2]\\.[0-2]-[a1-2]{1,3}(\\.[a1-2]{1,3})?") {
        prop_assert_eq!(version(&left).cmp(&version(&right)), version(&right).cmp(&version(&left)).reverse());
    }
}
