use super::*;
use proptest::prelude::*;

/// Seconds by `date -u -d TEXT +%s`.
#[test]
fn reads_moments() {
    for (text, millis) in [
        ("1970-01-01T00:00:00Z", 0),
        ("2022-01-29T13:00:00.000Z", 1_643_461_200_000),
        ("2022-01-22T13:00:00.000+02:00", 1_642_849_200_000),
        ("2000-02-29T23:59:59.9999Z", 951_868_799_999),
        ("2024-02-29T00:00:00-08:30", 1_709_195_400_000),
        ("2026-12-31t23:59:60z", 1_798_761_600_000),
        ("2026-03-01 08:00:00.5+01:00", 1_772_348_400_500),
        ("1969-12-31T23:00:00-01:00", 0),
        ("9999-12-31T23:59:59Z", 253_402_300_799_000),
    ] {
        assert_eq!(
            parse_rfc3339(text).ok(),
            (text != "1969-12-31T23:00:00-01:00").then_some(millis),
            "{text}"
        );
    }
}

#[test]
fn what_names_no_moment_is_an_error() {
    for text in [
        "",
        "2022-01-29",
        "2022-01-29T13:00Z",
        "2022-01-29T13:00:00",
        "2022-13-01T00:00:00Z",
        "2022-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2022-00-10T00:00:00Z",
        "2022-01-00T00:00:00Z",
        "2022-01-01T24:00:00Z",
        "2022-01-01T00:60:00Z",
        "2022-01-01T00:00:61Z",
        "2022-01-01T00:00:00.Z",
        "2022-01-01T00:00:00+24:00",
        "2022-01-01T00:00:00+0100",
        "2022-01-01T00:00:00Zz",
        "0000-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "+022-01-01T00:00:00Z",
    ] {
        assert_eq!(parse_rfc3339(text), Err(TimeError), "{text}");
    }
}

proptest! {
    #[test]
    fn days_count_up_by_one(year in 1970_u64..2400, month in 1_u64..=12, day in 1_u64..=31) {
        if let Some(today) = days_since_1970(year, month, day) {
            let tomorrow = days_since_1970(year, month, day + 1)
                .or_else(|| days_since_1970(year, month + 1, 1))
                .or_else(|| days_since_1970(year + 1, 1, 1));
            prop_assert_eq!(tomorrow, Some(today + 1));
        }
    }

    #[test]
    fn takes_any_text(text: String, shaped in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]*)?(Z|[-+][0-9:]{0,6})") {
        let _ = parse_rfc3339(&text);
        let _ = parse_rfc3339(&shaped);
    }
}
