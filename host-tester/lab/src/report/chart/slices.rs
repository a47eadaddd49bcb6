//! Counts that only grow, as what came between two moments.

use crate::report::model::{Sample, Totals};
use serinus_core::arm::PerArm;

/// What came in a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slice {
    pub(super) from_ms: u64,
    pub(super) to_ms: u64,
    pub(super) came: PerArm<Totals>,
}

/// At most so many slices, each of as many samples as the others: where samples are even, so are slices.
pub(super) fn slices(samples: &[Sample], most: usize) -> Vec<Slice> {
    let counted: Vec<(u64, PerArm<Totals>)> =
        samples.iter().filter_map(|sample| Some((sample.at_ms, sample.totals?))).collect();
    let every = counted.len().saturating_sub(1).div_ceil(most).max(1);
    let last = counted.last().filter(|_| counted.len() % every != 1).copied();
    let edges: Vec<_> = counted.iter().step_by(every).copied().chain(last).collect();
    edges.windows(2).filter_map(between).collect()
}

fn between(edges: &[(u64, PerArm<Totals>)]) -> Option<Slice> {
    let [(from_ms, before), (to_ms, after)] = edges else { return None };
    // Less than before: it was reset in between, and this is what came since.
    let minus = |a: u64, b: u64| a.checked_sub(b).unwrap_or(a);
    let came = after.zip(before, |a, b| Totals {
        requests: minus(a.requests, b.requests),
        failures: minus(a.failures, b.failures),
    });
    (from_ms < to_ms).then_some(Slice { from_ms: *from_ms, to_ms: *to_ms, came })
}

impl Slice {
    /// How long it is, in seconds.
    pub(super) fn seconds(&self) -> f64 {
        (self.to_ms - self.from_ms) as f64 / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at_ms: u64, requests: u64) -> Sample {
        let totals = Totals { requests, failures: 0 };
        let totals = Some(PerArm { baseline: totals, canary: totals });
        Sample { at_ms, totals, ..Sample::default() }
    }

    #[test]
    fn nothing_is_lost_and_slices_are_few_and_even() {
        let samples: Vec<Sample> = (0..=1000).map(|i| sample(i * 100, i * 3)).collect();
        let slices = slices(&samples, 90);
        assert!(slices.len() <= 90);
        assert_eq!(slices.iter().map(|s| s.came.canary.requests).sum::<u64>(), 3000);
        assert!(slices[..slices.len() - 1].iter().all(|s| s.seconds() == slices[0].seconds()));
    }

    #[test]
    fn a_reset_and_a_clock_that_stands_still_do_no_harm() {
        let slices = slices(&[sample(0, 50), sample(0, 60), sample(1000, 7)], 90);
        assert_eq!(slices.len(), 1);
        assert_eq!(slices[0].came.baseline.requests, 7);
        assert_eq!(super::slices(&[sample(5, 5)], 90), []);
        assert_eq!(super::slices(&[], 90), []);
    }
}
