//! When the gates are looked at.
//!
//! The filter looks every second. Over seven hours that is 25,000 looks, of which all but some hundred find what the one before
//! found: evidence grows with the logarithm of time. So looks follow each other ever more slowly, and every
//! moment at which something new is allowed gets one of its own.

/// The filter's tick, milliseconds.
pub const TICK_MS: u64 = 1_000;

/// How much later than the filter a look may come, as a share of the time since things last changed.
pub const GROWTH: f64 = 0.02;

/// The next look after `now`: on a tick, at most [`GROWTH`] of the time since `changed` later, and not beyond the first of the
/// `appointments` that is still to come.
pub fn next(now: u64, changed: u64, appointments: &[u64]) -> u64 {
    let since = now.saturating_sub(changed) as f64;
    let ticks = ((since * GROWTH) as u64 / TICK_MS).max(1);
    let regular = now / TICK_MS * TICK_MS + ticks * TICK_MS;
    let due = appointments.iter().map(|at| at.div_ceil(TICK_MS) * TICK_MS).filter(|at| *at > now);
    due.fold(regular, u64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_dense_at_first_and_never_miss_an_appointment() {
        let hour = 3_600_000;
        let mut looks = vec![0];
        while let Some(now) = looks.last().copied().filter(|now| *now < hour) {
            looks.push(next(now, 0, &[900_500, hour]));
        }
        assert_eq!(looks[..4], [0, 1_000, 2_000, 3_000]);
        assert!(looks.contains(&901_000) && looks.ends_with(&[hour]));
        assert!(looks.len() < 320, "{}", looks.len());
        for pair in looks.windows(2) {
            let late = pair[1] - pair[0];
            assert!(late <= TICK_MS.max((pair[0] as f64 * GROWTH) as u64), "{pair:?}");
        }
        assert_eq!(next(hour, hour, &[]), hour + 1_000, "dense again after a change");
    }
}
