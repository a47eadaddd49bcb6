//! A point in time as people write it (RFC 3339), as milliseconds since 1970-01-01T00:00:00Z.

use super::decimal;
use std::fmt;

#[cfg(test)]
mod tests;

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

/// The moment that the text names, for example `2026-03-01T08:00:00+01:00`, in Unix milliseconds. Digits
/// beyond the millisecond are dropped; a leap second is the first of the next minute.
///
/// # Errors
/// Anything that RFC 3339 does not allow, and moments before 1970.
pub fn parse_rfc3339(text: &str) -> Result<u64, TimeError> {
    read(text.as_bytes()).ok_or(TimeError)
}

fn read(text: &[u8]) -> Option<u64> {
    let mut text = Reader(text);
    let (year, month, day) =
        (text.number(4)?, text.after(b"-")?.number(2)?, text.after(b"-")?.number(2)?);
    let (hour, minute, second) = (
        text.after(b"Tt ")?.number(2)?,
        text.after(b":")?.number(2)?,
        text.after(b":")?.number(2)?,
    );
    let millis = if text.0.starts_with(b".") { text.after(b".")?.fraction()? } else { 0 };
    let (east, west) = text.offset()?;
    if !text.0.is_empty() || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let local = days_since_1970(year, month, day)? * DAY
        + (hour * 60 + minute) * MINUTE
        + second * 1000
        + millis;
    (local + west).checked_sub(east)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, counted in years that start in March, so
/// that the leap day comes last (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        2 => 28 + u64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) || year < 1 {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    // From 0000-03-01 to 1970-01-01.
    days.checked_sub(719_468)
}

struct Reader<'t>(&'t [u8]);

impl Reader<'_> {
    /// Moves past one of the bytes.
    fn after(&mut self, any: &[u8]) -> Option<&mut Self> {
        let (first, rest) = self.0.split_first()?;
        any.contains(first).then_some(())?;
        self.0 = rest;
        Some(self)
    }

    fn number(&mut self, digits: usize) -> Option<u64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        decimal::read(number)
    }

    /// Digits after a point, as milliseconds.
    fn fraction(&mut self) -> Option<u64> {
        let length = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        decimal::read(digits.iter().chain(b"000").take(3)).filter(|_| length > 0)
    }

    /// How far the local time is ahead of UTC and behind it, in milliseconds.
    fn offset(&mut self) -> Option<(u64, u64)> {
        if self.0.first().is_some_and(|byte| matches!(byte, b'Z' | b'z')) {
            return self.after(b"Zz").map(|_| (0, 0));
        }
        let west = self.0.starts_with(b"-");
        let (hours, minutes) = (self.after(b"+-")?.number(2)?, self.after(b":")?.number(2)?);
        if hours > 23 || minutes > 59 {
            return None;
        }
        let offset = (hours * 60 + minutes) * MINUTE;
        Some(if west { (0, offset) } else { (offset, 0) })
    }
}

/// A text that names no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeError;

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a time from 1970 on such as 2026-03-01T08:00:00Z or 2026-03-01T08:00:00+01:00",
        )
    }
}

impl std::error::Error for TimeError {}
