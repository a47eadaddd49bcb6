use super::super::fake::envoy_list;
use super::*;
use Comparison::*;
use Truth::{False, True, Unknown};
use proptest::prelude::*;
use std::borrow::Cow;

fn test(operator: &Operator, text: impl AsRef<[u8]>) -> Truth {
    operator.test(Some(Value::Text(text.as_ref().into())))
}

fn claim(operator: &Operator, bytes: &[u8]) -> Truth {
    operator.test(Some(Value::from_claim(Cow::Borrowed(bytes))))
}

fn all_operators() -> Vec<Operator> {
    vec![
        Operator::Exact(b"a".to_vec()),
        Operator::Prefix(b"a".to_vec()),
        Operator::Suffix(b"a".to_vec()),
        Operator::one_of(["a", "b"]),
        Operator::Contains(b"a".to_vec()),
        Operator::regex("^a+$").unwrap(),
        Operator::number(Less, 1.0).unwrap(),
        Operator::semver(Less, "1.0.0").unwrap(),
        Operator::cidr(&["10.0.0.0/8", "::1"]).unwrap(),
        Operator::percentage(Weight::MAX, "s").unwrap(),
    ]
}

#[test]
fn only_present_answers_on_what_is_missing() {
    for operator in all_operators() {
        assert_eq!(operator.test(None), Unknown, "{operator:?}");
    }
    assert_eq!(Operator::Present(true).test(None), False);
    assert_eq!(Operator::Present(false).test(None), True);
    assert_eq!(test(&Operator::Present(true), ""), True);
}

#[test]
fn texts_compare_byte_by_byte() {
    for (operator, yes, no) in [
        (Operator::Exact(b"eu".to_vec()), "eu", "EU"),
        (Operator::Prefix(b"eu-".to_vec()), "eu-west", "xeu-"),
        (Operator::Suffix(b".com".to_vec()), "a.com", "a.com "),
        (Operator::one_of(["qa", "dev", "ops"]), "ops", "op"),
        (Operator::Contains(b"mail".to_vec()), "email.com", "mai l"),
        (Operator::Contains(Vec::new()), "", "-"),
        (Operator::regex(r"^v\d+$").unwrap(), "v12", "v12x"),
        (Operator::regex("(?i)abc").unwrap(), "xABCx", "ab"),
    ] {
        assert_eq!(test(&operator, yes), True, "{operator:?} {yes}");
        if no != "-" {
            assert_eq!(test(&operator, no), False, "{operator:?} {no}");
        }
    }
    assert_eq!(test(&Operator::Exact(b"\xff".to_vec()), b"\xff"), True);
}

#[test]
fn comparisons_compare() {
    for (comparison, below, same, above) in [
        (Less, True, False, False),
        (LessOrEqual, True, True, False),
        (Equal, False, True, False),
        (GreaterOrEqual, False, True, True),
        (Greater, False, False, True),
    ] {
        let number = Operator::number(comparison, 12.0).unwrap();
        let version = Operator::semver(comparison, "2.0.0").unwrap();
        for (a_number, a_version, truth) in
            [("11.9", "2.0.0-rc.1", below), ("12.0", "2.0.0+b", same), ("1.3e1", "2.0.1", above)]
        {
            assert_eq!(test(&number, a_number), truth, "{comparison:?} {a_number}");
            assert_eq!(test(&version, a_version), truth, "{comparison:?} {a_version}");
        }
    }
}

#[test]
fn what_cannot_be_read_as_the_type_is_unknown() {
    for (operator, text) in [
        (Operator::number(Less, 1.0).unwrap(), &b"one"[..]),
        (Operator::semver(Less, "1.0.0").unwrap(), b"v0.1.0"),
        (Operator::cidr(&["::/0"]).unwrap(), b"localhost"),
        (Operator::regex("a").unwrap(), b"a\xff"),
        (Operator::regex("a").unwrap(), &[b'a'; 1025]),
        (Operator::percentage(Weight::MAX, "s").unwrap(), b""),
    ] {
        assert_eq!(test(&operator, text), Unknown, "{operator:?}");
    }
}

#[test]
fn claims_of_every_type() {
    let list = envoy_list(&[b"staff", b"qa", &42.0_f64.to_le_bytes()]);
    for (part, truth) in [("staff", True), ("qa", True), ("42", True), ("sta", False), ("", False)]
    {
        assert_eq!(claim(&Operator::Contains(part.into()), &list), truth, "{part}");
    }
    assert_eq!(claim(&Operator::Exact(b"staff".to_vec()), &list), Unknown, "a list is no text");
    assert_eq!(claim(&Operator::Present(true), &list), True);
    assert_eq!(claim(&Operator::Contains(b"sta".to_vec()), b"staff"), True, "part of a text");
    assert_eq!(claim(&Operator::Exact(b"true".to_vec()), &[1]), True);
    assert_eq!(claim(&Operator::number(Greater, 0.4).unwrap(), &0.5_f64.to_le_bytes()), True);
    assert_eq!(claim(&Operator::one_of(["42"]), &42.0_f64.to_le_bytes()), True);
}

#[test]
fn percentage_is_a_share_of_the_values() {
    let none = Operator::percentage(Weight::ZERO, "s").unwrap();
    let all = Operator::percentage(Weight::MAX, "s").unwrap();
    let tenth = Operator::percentage(Weight::try_new(10_000).unwrap(), "s").unwrap();
    let mut inside = 0;
    for i in 0..10_000 {
        let text = i.to_string();
        assert_eq!((test(&none, &text), test(&all, &text)), (False, True));
        inside += u32::from(test(&tenth, &text) == True);
    }
    assert!((900..1100).contains(&inside), "{inside}");
}

#[test]
fn questions_that_cannot_be_asked_are_errors() {
    assert!(matches!(Operator::regex("(a"), Err(OperatorError::Regex(_))));
    assert!(matches!(Operator::regex("(?=a)b"), Err(OperatorError::Regex(_))));
    assert!(matches!(Operator::regex("(((a{100}){100}){100})"), Err(OperatorError::Regex(_))));
    assert_eq!(Operator::number(Less, f64::NAN).err(), Some(OperatorError::NotFinite));
    assert_eq!(Operator::semver(Less, "1.0").err(), Some(OperatorError::Version(VersionError)));
    let error = Operator::cidr(&["10.0.0.0/8", "10.0.0.0/40"]).unwrap_err();
    assert!(error.to_string().starts_with("`10.0.0.0/40`: "), "{error}");
    assert_eq!(
        Operator::percentage(Weight::MAX, "a:b").err(),
        Some(OperatorError::Salt(SaltError::Colon))
    );
}

proptest! {
    #[test]
    fn take_any_bytes(bytes: Vec<u8>) {
        for operator in all_operators() {
            test(&operator, &bytes);
            claim(&operator, &bytes);
        }
    }

    #[test]
    fn in_finds_what_any_search_finds(values: Vec<Vec<u8>>, other: Vec<u8>) {
        let operator = Operator::one_of(values.clone());
        for value in values.iter().chain([&other]) {
            prop_assert_eq!(test(&operator, value), Truth::from(values.contains(value)));
        }
    }
}
