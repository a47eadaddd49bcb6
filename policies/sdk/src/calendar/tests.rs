use super::*;

fn at(text: &str) -> u64 {
    parse_rfc3339(text).unwrap() / 1000
}

#[test]
fn a_week_begins_on_monday_where_one_is() {
    let cet = Offset::parse("+01:00").unwrap();
    // 2026-10-12 is a Monday.
    assert_eq!(minute_of_week(at("2026-10-11T23:00:00Z"), cet), 0);
    assert_eq!(minute_of_week(at("2026-10-11T22:59:59Z"), cet), WEEK - 1);
    assert_eq!(minute_of_week(at("2026-10-11T23:00:00Z"), Offset::default()), WEEK - 60);
    assert_eq!(minute_of_week(0, Offset::default()), 3 * 1440);
}

#[test]
fn times_are_read_or_refused() {
    assert_eq!(parse_minute_of_week("mon 00:00"), Some(0));
    assert_eq!(parse_minute_of_week(" sun  23:59 "), Some(WEEK - 1));
    assert_eq!(parse_date("1970-01-02", Offset::parse("-05:30").unwrap()), Some(86_400 + 19_800));
    let wrong = ["", "mon", "mon 24:00", "mon 8:00", "mo 08:00", "mon 08:60", "mon 08"];
    assert!(wrong.iter().all(|text| parse_minute_of_week(text).is_none()));
    assert!(["", "CET", "01:00", "+1"].iter().all(|text| Offset::parse(text).is_none()));
    assert!(
        ["", "2026-02-29", "24.12.2026"].iter().all(|d| parse_date(d, Offset::default()).is_none())
    );
    assert_eq!(Offset::parse("Z"), Some(Offset::default()));
}
