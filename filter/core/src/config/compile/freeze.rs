//! Times without promotion.

use crate::config::raw;
use crate::config::rollout::Freeze;
use crate::decode::Path;
use crate::decode::error::Errors;

pub(super) fn freeze(raw: Vec<raw::Freeze>, at: &Path<'_>, errors: &mut Errors) -> Vec<Freeze> {
    let numbered = raw.into_iter().enumerate();
    numbered.filter_map(|(i, raw)| freeze_window(&raw, &at.index(i), errors)).collect()
}

fn freeze_window(raw: &raw::Freeze, at: &Path<'_>, errors: &mut Errors) -> Option<Freeze> {
    const DAY: u64 = 1440;
    let mut minute = |key, text: &str| {
        clock(text).or_else(|| at.key(key).fail(errors, "expected a time of day such as 16:00"))
    };
    let (from, to) = (minute("from", &raw.from), minute("to", &raw.to));
    let offset = match raw.offset.as_deref().map_or(Some(0), utc_offset) {
        Some(offset) => Some(offset),
        None => at.key("offset").fail(errors, "expected an offset such as +01:00"),
    };
    let (from, to) = (from?, to?);
    let mut days = [false; 7];
    for day in &raw.days {
        if let Some(slot) = days.get_mut(day.index() as usize) {
            *slot = true;
        }
    }
    let minutes = if to > from { to - from } else { to + DAY - from };
    Some(Freeze { days, from, minutes, offset: offset? })
}

/// `HH:MM` as minutes; `24:00` is the end of the day.
fn clock(text: &str) -> Option<u64> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |part: &str| part.parse::<u64>().ok().filter(|_| part.len() == 2);
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (minutes < 60 && hours * 60 + minutes <= 1440).then_some(hours * 60 + minutes)
}

fn utc_offset(text: &str) -> Option<i64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if text == "Z" {
        return Some(0);
    }
    let minutes = clock(rest).filter(|m| *m <= 14 * 60)?;
    Some(sign * i64::try_from(minutes).ok()?)
}
