use super::*;

#[test]
fn counts_have_commas_and_the_right_number() {
    assert_eq!([count(0), count(999), count(1000)], ["0", "999", "1,000"]);
    assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
    assert_eq!([plural(1, "request"), plural(0, "request")], ["1 request", "0 requests"]);
}

#[test]
fn shares_have_three_digits_and_never_pretend_to_be_none_or_all() {
    for (share, text) in [
        (0.0, "0%"),
        (1.0, "100%"),
        (0.5, "50%"),
        (0.001, "0.1%"),
        (1.0 / 3.0, "33.3%"),
        (0.000_012_34, "0.00123%"),
        (0.999_999, "99.9%"),
        (f64::NAN, "unknown"),
        (f64::INFINITY, "unknown"),
    ] {
        assert_eq!(percent(share), text, "{share}");
    }
    assert_eq!([weight(5_000), weight(1), weight(100_000)], ["5%", "0.001%", "100%"]);
}

#[test]
fn a_bound_stays_one_when_it_is_rounded() {
    assert_eq!(bounds(0.012_399, 0.012_301), "[1.23%, 1.24%]");
    assert_eq!(bounds(0.0, 1.0), "[0%, 100%]");
    assert_eq!(bounds(0.01, 0.07), "[1%, 7%]");
    assert_eq!(bounds(0.999_999, 1.0), "[99.9%, 100%]");
}

#[test]
fn evidence_is_rounded_down_and_ends_somewhere() {
    let shown = |e: f64| evidence(e.ln());
    assert_eq!([shown(2076.89), shown(100.0), shown(1.0)], ["2,076", "100", "1"]);
    assert_eq!(
        [shown(0.239), shown(0.001), shown(0.0)],
        ["0.23", "less than 0.01", "less than 0.01"]
    );
    assert_eq!([evidence(f64::INFINITY), evidence(f64::NAN)], ["over 1,000,000,000", "unknown"]);
}

#[test]
fn names_cannot_command_the_terminal() {
    assert_eq!(plain("a\u{1b}[31m\u{202e}b\tc\n"), "a\u{fffd}[31m\u{fffd}b c\u{fffd}");
}
