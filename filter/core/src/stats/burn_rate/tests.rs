use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Binomial, Distribution};

use super::*;

const MINUTE: u64 = 60_000;

fn events(bad: u64, total: u64) -> Events {
    Events { bad, total }
}

#[test]
fn the_burn_rate_is_the_error_rate_in_units_of_the_budget() {
    let burn = events(144, 10_000).burn(0.999).unwrap();
    assert!((burn - 14.4).abs() < 1e-9, "{burn}");
    assert_eq!(events(5, 10).burn(0.0), Some(0.5));
    assert_eq!(events(0, 10).burn(0.99), Some(0.0));
}

#[test]
fn no_events_and_no_budget_have_no_burn_rate() {
    assert_eq!(events(0, 0).burn(0.999), None);
    for slo in [1.0, 1.5, -0.1, f64::NAN] {
        assert_eq!(events(1, 10).burn(slo), None, "{slo}");
    }
}

/// What each pair has used of a budget of 30 days when its long window is full: 2, 5, 10, 10 %.
#[test]
fn the_pairs_are_the_workbooks() {
    let month = (30 * 24 * 60 * MINUTE) as f64;
    let used = PAIRS.map(|pair| (pair.threshold * pair.long_ms as f64 / month * 1000.0).round());
    assert_eq!(used, [20.0, 50.0, 100.0, 100.0]);
    assert!(PAIRS.iter().all(|pair| pair.short_ms * 12 == pair.long_ms));
}

#[test]
fn both_windows_must_burn() {
    let [pair, ..] = PAIRS;
    let (high, low, none) = (events(20, 1000), events(1, 1000), events(0, 0));
    let burns = |long, short| pair.burns(0.999, long, short);
    assert!(burns(high, high));
    assert!(!burns(high, low), "it is over");
    assert!(!burns(low, high), "a blip");
    assert!(!burns(high, none) && !burns(none, high));
}

fn windows(stage_ms: u64, slice_ms: u64) -> Vec<(u64, u64)> {
    pairs_for(stage_ms, slice_ms).map(|pair| (pair.long_ms, pair.short_ms)).collect()
}

#[test]
fn a_short_stage_has_windows_that_fit() {
    assert_eq!(windows(15 * MINUTE, 10_000), [(150_000, 20_000), (900_000, 80_000)]);
    assert_eq!(windows(0, 10_000), [(10_000, 10_000); 2]);
    let six_hours = windows(360 * MINUTE, 10_000);
    assert_eq!(six_hours, [(60 * MINUTE, 5 * MINUTE), (360 * MINUTE, 30 * MINUTE)]);
}

#[test]
fn a_long_stage_has_the_workbooks() {
    assert_eq!(pairs_for(24 * 60 * MINUTE, 10_000).count(), 3);
    assert_eq!(pairs_for(u64::MAX, 10_000).collect::<Vec<_>>(), PAIRS);
}

#[test]
fn a_burn_that_the_baseline_shares_does_not_halt() {
    let outage = events(500, 1000);
    assert!(!outage.burns_faster_than(events(9_500, 19_000), 5));
    assert!(outage.burns_faster_than(events(19, 19_000), 5));
    assert!(!events(4, 1000).burns_faster_than(events(0, 19_000), 5), "under the floor");
    assert!(!outage.burns_faster_than(events(0, 0), 5), "nothing to compare with");
    assert!(!events(0, 1000).burns_faster_than(events(0, 19_000), 0), "nothing is bad");
}

/// Both arms alike, 400 and 7600 requests in a window: how often does the rule halt by chance?
#[test]
fn how_often_it_halts_by_chance() {
    const RUNS: u32 = 100_000;
    let mut random = StdRng::seed_from_u64(10);
    for (rate, floor, at_most) in
        [(0.001, 1, 0.4), (0.001, 5, 0.001), (0.01, 5, 0.06), (0.05, 5, 0.001)]
    {
        let mut draw = |n: u64| events(Binomial::new(n, rate).unwrap().sample(&mut random), n);
        let halts = (0..RUNS).filter(|_| draw(400).burns_faster_than(draw(7600), floor)).count();
        let share = halts as f64 / f64::from(RUNS);
        println!("burn rule, seed 10, {rate} errors in both arms, floor {floor}: halts {share}");
        assert!(share <= at_most, "{rate} {floor}: {share}");
    }
}

proptest! {
    #[test]
    fn windows_are_whole_slices_and_the_short_is_not_the_longer(stage in any::<u64>(), slice in 0..1_000_000_u64) {
        for pair in pairs_for(stage, slice) {
            prop_assert!(pair.short_ms <= pair.long_ms);
            prop_assert_eq!(pair.long_ms % slice.max(1), 0);
            prop_assert!(pair.long_ms >= slice);
        }
    }

    #[test]
    fn any_counts_give_a_rate(bad in any::<u64>(), total in any::<u64>(), slo in any::<f64>()) {
        if let Some(burn) = events(bad, total).burn(slo) {
            prop_assert!(burn >= 0.0 && burn.is_finite());
        }
    }
}
