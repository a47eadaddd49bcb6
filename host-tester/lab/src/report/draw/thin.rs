//! As many points as can be seen. A hundred thousand samples are a hundred on each pixel.

/// The last item of each of `columns` equal parts of `0..=end`, by its time; items must ascend.
pub(in super::super) fn last_per_column<'a, T>(
    items: impl IntoIterator<Item = &'a T>,
    at: impl Fn(&T) -> u64,
    end: u64,
    columns: usize,
) -> Vec<&'a T> {
    let mut kept: Vec<(u128, &T)> = Vec::new();
    for item in items {
        let column = u128::from(at(item)) * columns as u128 / u128::from(end.max(1));
        match kept.last_mut() {
            Some((last, slot)) if *last == column => *slot = item,
            _ => kept.push((column, item)),
        }
    }
    kept.into_iter().map(|(_, item)| item).collect()
}

/// A line's points with at most four per pixel of its width: the first, the least, the greatest, the last.
/// So no spike is lost. `None` stays where it interrupts the line.
pub(in super::super) fn extremes(points: Vec<Option<(f64, f64)>>) -> Vec<Option<(f64, f64)>> {
    let column = |point: &Option<(f64, f64)>| point.map(|(x, _)| x.floor() as i64);
    points.chunk_by(|a, b| column(a) == column(b)).flat_map(corners).collect()
}

fn corners(run: &[Option<(f64, f64)>]) -> Vec<Option<(f64, f64)>> {
    if run.len() <= 4 || run.iter().all(Option::is_none) {
        return run.iter().take(4).copied().collect();
    }
    let by_height = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
    let points = || run.iter().flatten();
    let four =
        [points().next(), points().min_by(by_height), points().max_by(by_height), points().last()];
    let mut four: Vec<Option<(f64, f64)>> = four.into_iter().map(|point| point.copied()).collect();
    four.dedup();
    four
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_column_keeps_its_last() {
        let items: Vec<u64> = (0..=1000).collect();
        assert_eq!(last_per_column(&items, |i| *i, 1000, 4), [&249, &499, &749, &999, &1000]);
        assert_eq!(last_per_column(&[7, 9], |i| *i, 0, 4).len(), 2);
        assert_eq!(last_per_column(&[u64::MAX], |i| *i, u64::MAX, 10).len(), 1);
    }

    #[test]
    fn a_spike_survives() {
        let spike = |i: usize| if i == 777 { 99.0 } else { 1.0 };
        let points: Vec<_> = (0..1000).map(|i| Some((i as f64 / 100.0, spike(i)))).collect();
        let thin = extremes(points);
        assert!(thin.len() <= 40 && thin.contains(&Some((7.77, 99.0))), "{}", thin.len());
        assert_eq!(extremes(vec![None; 9]).len(), 4);
    }
}
