//! Quantiles from buckets.

use super::Bucket;

/// The latency below which the share `q` lies, in milliseconds. Within its bucket it is interpolated on the
/// logarithm, so it is off by less than the bucket's width: at most a quarter.
pub(super) fn quantile(buckets: &[Bucket], q: f64) -> Option<f64> {
    let rank = super::total(buckets) * q;
    let mut below = 0.0;
    for bucket in buckets {
        let count = bucket.count as f64;
        if below + count >= rank {
            let share = (rank - below) / count;
            return Some(bucket.low * (bucket.high / bucket.low).powf(share));
        }
        below += count;
    }
    buckets.last().map(|last| last.high)
}

#[cfg(test)]
mod tests {
    use super::super::buckets;
    use super::*;

    #[test]
    fn quantiles_lie_in_their_buckets() {
        let buckets = buckets(&[1_000, 2_000, 4_000], &[0, 90, 9, 1]);
        let q = |q| quantile(&buckets, q).unwrap();
        assert!((q(0.5) - 2_f64.powf(5.0 / 9.0)).abs() < 1e-9);
        assert!((q(0.9) - 2.0).abs() < 1e-9);
        assert!((q(0.99) - 4.0).abs() < 1e-9);
        assert_eq!(q(1.0), 5.0);
    }

    #[test]
    fn buckets_that_make_no_sense_are_left_out() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(buckets(&[], &[5, 5]), []);
        assert_eq!(buckets(&[5, 5, 3, 0], &[0, 1, 1, 1, 1, 9]).len(), 1);
    }
}
