//! Days and times of day, from the seconds of a snapshot.
//!
//! A policy has no time zone database: the rollout gives the offset from UTC, which in
//! most places changes twice a year.

use serinus_core::cohort::time::parse_rfc3339;

/// Minutes in a week.
pub const WEEK: u64 = 7 * DAY;

const DAY: u64 = 1440;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// An offset from UTC, as in `+01:00`, `-05:30` or `Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offset {
    minutes: i64,
}

impl Offset {
    /// Reads one; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        // The noon that this offset puts elsewhere.
        let there = parse_rfc3339(&["2000-01-01T12:00:00", text].concat()).ok()?;
        let utc = parse_rfc3339("2000-01-01T12:00:00Z").ok()?;
        let minutes = i64::try_from(utc).ok()?.checked_sub_unsigned(there)? / 60_000;
        Some(Self { minutes })
    }
}

/// Minutes since Monday, 00:00, from 0 to [`WEEK`].
pub fn minute_of_week(unix_seconds: u64, offset: Offset) -> u64 {
    // 1970-01-01 was a Thursday.
    ((unix_seconds / 60).saturating_add_signed(offset.minutes) + 3 * DAY) % WEEK
}

/// A time in the week such as `fri 16:00`, as minutes since Monday, 00:00; `None` where it is none.
pub fn parse_minute_of_week(text: &str) -> Option<u64> {
    let (day, time) = text.trim().split_once(' ')?;
    let (hour, minute) = time.trim().split_once(':')?;
    let two =
        |part: &str, below: u64| part.parse::<u64>().ok().filter(|n| part.len() == 2 && *n < below);
    let day = DAYS.iter().position(|known| *known == day)? as u64;
    Some(day * DAY + two(hour, 24)? * 60 + two(minute, 60)?)
}

/// A date such as `2026-12-24` (its first second), as seconds since 1970; `None` where it is none.
pub fn parse_date(text: &str, offset: Offset) -> Option<u64> {
    let midnight = parse_rfc3339(&[text.trim(), "T00:00:00Z"].concat()).ok()?;
    (midnight / 1000).checked_add_signed(-60 * offset.minutes)
}

#[cfg(test)]
mod tests;
