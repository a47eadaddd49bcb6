//! The shift between two samples, with its interval (Hodges & Lehmann 1963; the interval by Mann-Whitney's test,
//! normal approximation), at the confidence that Kayenta's judge uses.

/// The 99th percentile of the standard normal distribution: two-sided confidence .98.
const Z: f64 = 2.326_347_874_040_841;

/// Lower end, estimate and upper end of how much greater `a` is than `b`; zeros where one is empty.
pub fn shift(a: &[f64], b: &[f64]) -> (f64, f64, f64) {
    let mut differences: Vec<f64> = a.iter().flat_map(|x| b.iter().map(move |y| x - y)).collect();
    differences.sort_by(f64::total_cmp);
    let (n, m) = (a.len() as f64, b.len() as f64);
    let spread = Z * (n * m * (n + m + 1.0) / 12.0).sqrt();
    let all = differences.len();
    let low = (n * m / 2.0 - spread).round().max(1.0) as usize - 1;
    let at = |place: usize| differences.get(place).copied().unwrap_or(0.0);
    let middle = f64::midpoint(at(all.saturating_sub(1) / 2), at(all / 2));
    (at(low), middle, at(all.saturating_sub(1 + low)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A vector of Kayenta's own tests.
    #[test]
    fn the_shift_is_that_of_kayenta() {
        let (low, estimate, high) = shift(&[10.0, 20.0, 30.0, 40.0], &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!((low, estimate, high), (6.0, 22.5, 39.0));
    }

    /// Its judge misses this one, because three of ten values do not change the lower end.
    #[test]
    fn a_few_bad_minutes_are_missed_as_kayenta_misses_them() {
        let canary = [[100.0; 7].as_slice(), [1.0; 3].as_slice()].concat();
        let (low, estimate, _) = shift(&canary, &[1.0; 10]);
        assert!(low <= 0.25 * estimate, "{low} {estimate}");
    }
}
