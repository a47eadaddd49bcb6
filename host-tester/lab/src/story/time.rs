//! Moments and spans as a person reads them.

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Unix milliseconds as `2026-01-05 09:00:00`, in UTC.
pub fn utc(unix_ms: u64) -> String {
    let (year, month, day) = civil(unix_ms / DAY);
    let (hour, minute, second) =
        (unix_ms % DAY / HOUR, unix_ms % HOUR / MINUTE, unix_ms % MINUTE / SECOND);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// Year, month and day of a day since 1970-01-01, by the Gregorian calendar. Years begin in March here, so
/// that the leap day is the last of its year, and months follow one formula.
fn civil(days: u64) -> (u64, u64, u64) {
    const ERA: u64 = 146_097;
    // Days since 0000-03-01.
    let days = days + 719_468;
    let of_era = days % ERA;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (days / ERA * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// A span, cut to what matters at its length: `457ms`, `5.1s`, `1m30s`, `1h5m3s`, `3d2h`.
pub fn lasted(ms: u64) -> String {
    match ms {
        0 => "0s".to_owned(),
        1..SECOND => format!("{ms}ms"),
        SECOND..MINUTE if ms % SECOND < 100 => format!("{}s", ms / SECOND),
        SECOND..MINUTE => format!("{}.{}s", ms / SECOND, ms % SECOND / 100),
        MINUTE..HOUR => parts(ms, &[(MINUTE, 'm'), (SECOND, 's')]),
        HOUR..DAY => parts(ms, &[(HOUR, 'h'), (MINUTE, 'm'), (SECOND, 's')]),
        _ => parts(ms, &[(DAY, 'd'), (HOUR, 'h'), (MINUTE, 'm')]),
    }
}

/// So many of each unit; those of which there are none are left out.
fn parts(ms: u64, units: &[(u64, char)]) -> String {
    let mut rest = ms;
    let mut text = String::new();
    for (length, name) in units {
        if rest >= *length {
            text.push_str(&format!("{}{name}", rest / length));
        }
        rest %= length;
    }
    text
}

#[cfg(test)]
mod tests;
