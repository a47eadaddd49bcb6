//! Where an axis has its ticks.

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Spans that a clock face has, and some that a calendar has.
const SPANS: [u64; 25] = [
    1,
    10,
    100,
    200,
    500,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
];

/// At most so many moments from 0 to `end_ms`, evenly spaced.
pub(in super::super) fn moments(end_ms: u64, most: u64) -> Vec<u64> {
    let most = most.max(1);
    let fits = |span: &u64| end_ms / span <= most;
    let span = SPANS
        .into_iter()
        .find(fits)
        .unwrap_or_else(|| (end_ms / most).div_ceil(DAY).saturating_mul(DAY));
    (0..=end_ms / span).map(|i| i * span).collect()
}

/// About so many round numbers from 0 up to `high`.
pub(in super::super) fn even(high: f64, about: f64) -> Vec<f64> {
    if !(high.is_finite() && high > 0.0) {
        return vec![0.0];
    }
    let rough = high / about;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * power).find(|step| *step >= rough);
    let step = step.unwrap_or(high);
    let last = (high / step * 1.000_001).min(100.0) as u32;
    (0..=last).map(|i| f64::from(i) * step).collect()
}

/// At most so many whole exponents from `low` to `high`, 0 among them if it lies between.
pub(in super::super) fn decades(low: f64, high: f64, most: i64) -> Vec<i64> {
    let (low, high) = (low.clamp(-1e9, 1e9).ceil() as i64, high.clamp(-1e9, 1e9).floor() as i64);
    let step = ((high - low) / most.max(1)).max(0) + 1;
    (low.div_euclid(step)..=high.div_euclid(step))
        .map(|i| i * step)
        .filter(|exponent| (low..=high).contains(exponent))
        .collect()
}

/// 1, 2 and 5 times powers of ten between two numbers above 0; only the powers where there are many.
pub(in super::super) fn one_two_five(low: f64, high: f64, most: usize) -> Vec<f64> {
    let range = |factors: &[f64]| -> Vec<f64> {
        (-12..=15)
            .flat_map(|exponent| factors.iter().map(move |n| n * 10_f64.powi(exponent)))
            .filter(|tick| (low..=high).contains(tick))
            .collect()
    };
    let fine = range(&[1.0, 2.0, 5.0]);
    if fine.len() <= most { fine } else { range(&[1.0]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_a_clock() {
        assert_eq!(moments(42 * SECOND, 6), [0, 10, 20, 30, 40].map(|s| s * SECOND));
        assert_eq!(moments(DAY, 8), [0, 3, 6, 9, 12, 15, 18, 21, 24].map(|h| h * HOUR));
        assert_eq!(moments(0, 6), [0]);
        for end in [1, 7, 999, MINUTE + 1, 400 * DAY, u64::MAX] {
            let ticks = moments(end, 7);
            assert!((1..=8).contains(&ticks.len()), "{end}: {ticks:?}");
        }
    }

    #[test]
    fn numbers_are_round_and_few() {
        assert_eq!(even(7.3, 4.0), [0.0, 2.0, 4.0, 6.0]);
        assert_eq!(even(0.0, 4.0), [0.0]);
        assert_eq!(even(f64::NAN, 4.0), [0.0]);
        for high in [1e-300, 0.03, 1.0, 19.9, 1e18, f64::MAX] {
            assert!((2..=8).contains(&even(high, 4.0).len()), "{high}");
        }
        assert_eq!(decades(-2.3, 4.9, 9), [-2, -1, 0, 1, 2, 3, 4]);
        assert_eq!(decades(-7.0, 2.0, 3), [-4, 0]);
        assert!(decades(f64::NEG_INFINITY, f64::INFINITY, 5).len() <= 7);
        assert_eq!(one_two_five(4.0, 60.0, 8), [5.0, 10.0, 20.0, 50.0]);
        assert_eq!(one_two_five(1.0, 1e6, 8).len(), 7);
    }
}
