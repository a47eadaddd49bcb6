use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Geometric};

use super::super::srm::ln_e;
use super::*;

fn arm(canary: bool) -> Arm {
    if canary { Arm::Canary } else { Arm::Baseline }
}

fn seen(units: impl Iterator<Item = u32>) -> Units {
    let mut sketch = Units::default();
    units.for_each(|unit| sketch.see(&unit.to_le_bytes(), arm(unit % 20 == 0)));
    sketch
}

/// New units without end, of which the given share is the canary's.
fn arrivals(share: f64, random: &mut StdRng) -> impl Iterator<Item = ([u8; 8], Arm)> {
    let gaps = Geometric::new(share).unwrap();
    let mut gap = gaps.sample(random);
    let first: u64 = random.random();
    (0_u64..).map(move |n| {
        let canary = gap == 0;
        gap = if canary { gaps.sample(random) } else { gap - 1 };
        (first.wrapping_add(n).to_le_bytes(), arm(canary))
    })
}

/// The number of units at which a mismatch with 5 % is found, looking after every 100.
fn mismatch(units: usize, share: f64, alpha: f64, random: &mut StdRng) -> Option<usize> {
    let (mut sketch, sure) = (Units::default(), (1.0 / alpha).ln());
    let mut arrivals = arrivals(share, random);
    (1..=units / 100).map(|look| look * 100).find(|_| {
        arrivals.by_ref().take(100).for_each(|(unit, arm)| sketch.see(&unit, arm));
        let PerArm { baseline, canary } = sketch.counted();
        ln_e(&[baseline, canary], &[0.95, 0.05]).unwrap() >= sure
    })
}

#[test]
fn few_units_are_counted_exactly_however_often_they_come() {
    let sketch = seen((0..4000).chain(0..4000).chain((0..4000).rev()));
    assert_eq!(sketch.counted(), PerArm { baseline: 3800, canary: 200 });
    assert_eq!((sketch.estimate(), sketch.is_sampled()), (4000, false));
}

#[test]
fn many_units_take_no_more_memory_and_none_is_counted_twice() {
    let mut sketch = seen(0..1_000_000);
    let counted = sketch.counted();
    let all = counted.baseline + counted.canary;
    println!("of 1,000,000 units {all} counted, {} kept, {counted:?}", sketch.marks.len());
    assert!((19_000..22_000).contains(&all) && sketch.marks.len() < CAPACITY);
    (0..1_000_000_u32).for_each(|unit| sketch.see(&unit.to_le_bytes(), arm(unit % 20 == 0)));
    assert_eq!(sketch.counted(), counted);
}

#[test]
fn a_unit_that_changes_its_arm_counts_for_its_first() {
    let mut sketch = Units::default();
    sketch.see(b"u", Arm::Canary);
    sketch.see(b"u", Arm::Baseline);
    assert_eq!(sketch.counted(), PerArm { baseline: 0, canary: 1 });
}

/// Root mean square error over 60 sets of 50,000 units.
#[test]
fn the_estimate_is_as_good_as_documented() {
    let off = |set: u32| {
        let sketch = seen((0..50_000).map(|unit| set * 50_000 + unit));
        (sketch.estimate() as f64 / 50_000.0 - 1.0).powi(2)
    };
    let error = ((0..60).map(off).sum::<f64>() / 60.0).sqrt();
    println!("standard error of the number of distinct units: {error:.4}");
    assert!((0.01..0.023).contains(&error), "{error}");
}

/// Three workers merge into the shared set at every tick; a heavy user is everywhere.
#[test]
fn workers_together_count_each_unit_once() {
    let mut shared = Units::default();
    for tick in 0..50_u32 {
        for worker in 0..3 {
            shared.merge(&seen((tick * 50..tick * 50 + 80).filter(|u| u % 3 != worker).chain([7])));
        }
    }
    assert_eq!(shared.counted(), seen(0..2530).counted());
}

/// The counts feed a test that must keep its level although hashes come and go.
#[test]
fn sampled_counts_keep_the_level_of_the_mismatch_test() {
    let mut random = StdRng::seed_from_u64(9);
    let alarms = (0..200).filter_map(|_| mismatch(150_000, 0.05, 0.2, &mut random)).count();
    println!("SRM on sampled units, seed 9, alpha .2, 200 runs of 150,000 units: {alarms} alarms");
    assert!((1..=40).contains(&alarms), "{alarms}");
}

#[test]
fn a_mismatch_is_found_in_the_sample() {
    let mut random = StdRng::seed_from_u64(11);
    let mut found: Vec<_> =
        (0..100).filter_map(|_| mismatch(1_000_000, 0.06, 0.01, &mut random)).collect();
    found.sort_unstable();
    println!(
        "SRM on sampled units, seed 11, alpha .01, 6 % for 5 %: {} of 100, median {}, p95 {}",
        found.len(),
        found[50],
        found[94]
    );
    assert!(found.len() >= 98 && found[50] < 60_000, "{found:?}");
}

#[test]
fn a_small_set_takes_over_the_threshold_of_a_sampled_one() {
    let mut small = seen(0..100);
    small.merge(&seen(100..200_000));
    let off = small.estimate() as f64 / 200_000.0 - 1.0;
    assert!(off.abs() < 0.07, "{off}");
    let (halvings, counted, marks) = small.to_parts();
    assert!(Units::from_parts(halvings, counted, marks.to_vec()).is_some());
}

#[test]
fn nonsense_from_storage_is_refused() {
    let none = PerArm::default();
    for (halvings, marks) in [(32, vec![]), (0, vec![4, 2]), (0, vec![2, 3]), (1, vec![1 << 31])] {
        assert_eq!(Units::from_parts(halvings, none, marks.clone()), None, "{halvings} {marks:?}");
    }
    let long = (0..CAPACITY as u32).map(|n| n * 2).collect();
    assert_eq!(Units::from_parts(0, none, long), None);
}

proptest! {
    #[test]
    fn merging_twice_changes_nothing(units in prop::collection::vec(any::<u32>(), 0..300)) {
        let mut shared = seen(units.iter().copied());
        let before = shared.clone();
        shared.merge(&before);
        prop_assert_eq!(shared, before);
    }

    #[test]
    fn small_sets_merge_in_any_order(units in prop::collection::vec((any::<u32>(), 0..3_usize), 0..300)) {
        let workers = [0, 1, 2].map(|w| seen(units.iter().filter(|u| u.1 == w).map(|u| u.0)));
        let book = |order: [usize; 3]| {
            let mut shared = Units::default();
            order.iter().for_each(|w| shared.merge(&workers[*w]));
            shared
        };
        prop_assert_eq!(book([0, 1, 2]), book([2, 0, 1]));
        prop_assert_eq!(book([0, 1, 2]), seen(units.iter().map(|u| u.0)));
    }

    #[test]
    fn a_set_survives_storage(from in any::<u32>(), count in 0..20_000_u32) {
        let sketch = seen((0..count).map(|n| from.wrapping_add(n)));
        let (halvings, counted, marks) = sketch.to_parts();
        prop_assert_eq!(Units::from_parts(halvings, counted, marks.to_vec()), Some(sketch.clone()));
    }
}
