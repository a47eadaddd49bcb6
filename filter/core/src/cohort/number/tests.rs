use super::parse;
use proptest::prelude::*;

#[test]
fn reads_what_people_write() {
    for (text, number) in [
        ("12", 12.0),
        ("12.0", 12.0),
        ("-3.5", -3.5),
        ("+1", 1.0),
        (" 7 ", 7.0),
        ("1.5e1", 15.0),
        ("2E-2", 0.02),
        (".5", 0.5),
        ("5.", 5.0),
        ("0.1", 0.1),
        ("-0", 0.0),
    ] {
        assert_eq!(parse(text.as_bytes()), Some(number), "{text}");
    }
}

#[test]
fn everything_else_is_no_number() {
    for text in [
        "",
        " ",
        "-",
        ".",
        "e",
        "e5",
        "1e",
        "1e+",
        "--1",
        "1.2.3",
        "0x10",
        "inf",
        "NaN",
        "1_000",
        "1,5",
        "1 2",
        "1e23",
        "1e-23",
        "99999999999999999999",
        "1e99999999999",
    ] {
        assert_eq!(parse(text.as_bytes()), None, "{text}");
    }
    assert_eq!(parse(b"\xff\xfe"), None);
    assert_eq!(parse(&vec![b'9'; 65_536]), None);
}

proptest! {
    #[test]
    fn reads_like_the_standard_library(digits in 0_u64..1_000_000_000_000_000, places in 0_u32..15, negative: bool) {
        let text = format!("{}{digits}e-{places}", if negative { "-" } else { "" });
        prop_assert_eq!(parse(text.as_bytes()), text.parse().ok());
    }

    #[test]
    fn is_never_other_than_finite(text in "[-+0-9.eE]{0,30}") {
        if let Some(number) = parse(text.as_bytes()) {
            prop_assert!(number.is_finite());
            let exact: f64 = text.parse().unwrap();
            prop_assert!((number - exact).abs() <= exact.abs() * f64::EPSILON, "{} {}", number, exact);
        }
    }

    #[test]
    fn takes_any_bytes(text: Vec<u8>) {
        parse(&text);
    }
}
