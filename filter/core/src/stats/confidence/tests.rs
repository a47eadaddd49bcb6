use super::*;

/// R package confseq: `bernoulli_confidence_interval(700, 1000, .05, 100)`.
#[test]
fn agrees_with_the_reference_implementation() {
    let i = interval(700, 1000, 0.05, Prior::Sized { t: 100.0 });
    assert!((i.low - 0.651629).abs() < 1e-6, "{i:?}");
    assert!((i.high - 0.745949).abs() < 1e-6, "{i:?}");
}

/// R package confseq: `normal_mixture_bound(100, .05, 100)`, by the tuning that is ours, too.
#[test]
fn a_prior_is_sized_as_in_the_reference_implementation() {
    let rho = Prior::Sized { t: 100.0 }.weight(0.5) + 1.0;
    let sum = 100.0 + rho;
    let bound = libm::sqrt(sum * libm::log(sum / (rho * 0.05 * 0.05)));
    assert!((bound - 30.35209).abs() < 5e-6, "{bound}");
}

/// How many clean requests pass a gate, at any moment one looks (a fixed sample: 2995 and 299).
#[test]
fn clean_requests_that_a_gate_needs() {
    let needed = |gate: f64| (1..10_000).find(|&n| interval(0, n, 0.05, Prior::Rare).high <= gate);
    assert_eq!(needed(0.001), Some(4105));
    assert_eq!(needed(0.01), Some(410));
}

#[test]
fn no_data_says_nothing() {
    let all = Interval { low: 0.0, high: 1.0 };
    assert_eq!(interval(0, 0, 0.05, Prior::Rare), all);
    assert_eq!(interval(5, 0, 0.05, Prior::Rare), all);
}

#[test]
fn the_seen_rate_is_inside_and_more_data_is_tighter() {
    let mut width = 1.0;
    for n in [10_u64, 100, 1_000, 10_000, 1_000_000, 1_000_000_000] {
        let i = interval(n / 10, n, 0.05, Prior::Rare);
        assert!(i.low <= 0.1 && 0.1 <= i.high, "{i:?}");
        assert!(i.high - i.low < width, "{n}: {i:?}");
        width = i.high - i.low;
    }
}

#[test]
fn extremes_stay_inside_the_unit_interval() {
    for (hits, total) in [(0, 1), (1, 1), (u64::MAX, u64::MAX), (0, u64::MAX), (7, 3)] {
        let i = interval(hits, total, 0.01, Prior::Rare);
        assert!((0.0..=1.0).contains(&i.low) && (0.0..=1.0).contains(&i.high), "{i:?}");
        assert!(i.low <= i.high, "{i:?}");
    }
}
