//! Times as a rollout writes them.

/// A time in the form of a rollout, rounded up to what a person would write: `90s`, `70m`, `4h10m`, `3d2h`.
pub fn write(ms: u64) -> String {
    const SECOND: u64 = 1_000;
    const MINUTE: u64 = 60 * SECOND;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    match ms {
        0..SECOND => format!("{ms}ms"),
        SECOND..MINUTE => pair(ms, SECOND, "s", SECOND, ""),
        MINUTE..HOUR if ms.is_multiple_of(MINUTE) || ms > 10 * MINUTE => {
            pair(ms, MINUTE, "m", MINUTE, "")
        }
        MINUTE..HOUR => pair(ms, MINUTE, "m", SECOND, "s"),
        HOUR..DAY => pair(ms, HOUR, "h", MINUTE, "m"),
        _ => pair(ms, DAY, "d", HOUR, "h"),
    }
}

/// So many of the large unit and the rest in the small one, rounded up to it.
fn pair(ms: u64, large: u64, large_name: &str, small: u64, small_name: &str) -> String {
    let ms = ms.div_ceil(small).saturating_mul(small);
    let (whole, rest) = (ms / large, ms % large / small);
    if rest == 0 {
        format!("{whole}{large_name}")
    } else {
        format!("{whole}{large_name}{rest}{small_name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serinus_core::config::Duration;

    #[test]
    fn times_are_written_as_they_are_read() {
        for (ms, text) in [
            (0, "0ms"),
            (250, "250ms"),
            (1_001, "2s"),
            (90_000, "1m30s"),
            (900_000, "15m"),
            (2_461_000, "42m"),
            (3_600_000, "1h"),
            (4_105_000, "1h9m"),
            (86_399_999, "24h"),
            (604_800_000, "7d"),
            (90_000_000, "1d1h"),
        ] {
            assert_eq!(write(ms), text, "{ms}");
            assert!(Duration::parse(text).unwrap().ms >= ms, "{text}");
        }
        write(u64::MAX);
    }
}
