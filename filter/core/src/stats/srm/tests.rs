use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Geometric};

use super::*;

const PLANNED: [f64; 2] = [0.95, 0.05];

#[test]
fn evidence_starts_at_one() {
    assert!(ln_e(&[0, 0], &PLANNED).unwrap().abs() < 1e-9);
}

/// In 40 digits (mpmath): the Dirichlet-multinomial likelihood over the multinomial one.
#[test]
fn agrees_with_an_independent_computation() {
    for (counts, shares, expected) in VECTORS {
        let found = ln_e(counts, shares).unwrap();
        assert!((found - expected).abs() < 1e-7 * expected.abs().max(1.0), "{counts:?}: {found}");
    }
}

#[test]
fn shares_that_are_none_give_no_answer() {
    for shares in [&[0.5, 0.4][..], &[1.0, 0.0], &[1.5, -0.5], &[1.0], &[f64::NAN, 0.5], &[]] {
        assert_eq!(ln_e(&[1, 2], shares), None, "{shares:?}");
    }
}

/// The expected value of the next step under the plan is the present value: a martingale.
#[test]
fn under_the_plan_no_unit_gains_on_average() {
    for counts in [[0, 0], [90, 20], [5000, 100], [95_000, 5_100]] {
        let now = ln_e(&counts, &PLANNED).unwrap();
        let [first, second] = [[1, 0], [0, 1]]
            .map(|[a, b]| (ln_e(&[counts[0] + a, counts[1] + b], &PLANNED).unwrap() - now).exp());
        let mean = PLANNED[0] * first + PLANNED[1] * second;
        assert!((mean - 1.0).abs() < 1e-7, "{counts:?}: {mean}");
    }
}

#[test]
fn counts_at_the_limits_give_numbers() {
    assert!(ln_e(&[u64::MAX, u64::MAX], &PLANNED).is_some_and(f64::is_finite));
    assert!(ln_e(&[u64::MAX, 0], &[0.001, 0.999]).is_some_and(|e| e.is_finite() && e > 100.0));
}

/// The unit at which a mismatch is found, for each run; a look after every unit.
fn found(runs: u32, units: u64, share: f64, seed: u64) -> Vec<Option<u64>> {
    let mut random = StdRng::seed_from_u64(seed);
    let run = |_| {
        let mut counts = [0_u64; 2];
        (1..=units).find(|_| {
            counts[usize::from(random.random_bool(share))] += 1;
            ln_e(&counts, &PLANNED).unwrap() >= 100.0_f64.ln()
        })
    };
    (0..runs).map(run).collect()
}

/// As [`ln_e`], unit by unit, so that 100,000 looks are cheap.
fn alarms_in(units: u64, random: &mut StdRng) -> bool {
    let gaps = Geometric::new(PLANNED[1]).unwrap();
    let (mut e, mut counts, mut gap) = (1.0, [0_u64; 2], gaps.sample(random));
    let alarm = (0..units).any(|n| {
        let arm = usize::from(gap == 0);
        gap = if gap == 0 { gaps.sample(random) } else { gap - 1 };
        let expected = CONCENTRATION * PLANNED[arm] + counts[arm] as f64;
        e *= expected / (CONCENTRATION + n as f64) / PLANNED[arm];
        counts[arm] += 1;
        e >= 20.0
    });
    assert!((ln_e(&counts, &PLANNED).unwrap() - f64::ln(e)).abs() < 1e-6);
    alarm
}

#[test]
fn looks_after_every_unit_keep_the_level() {
    let mut random = StdRng::seed_from_u64(7);
    let alarms = (0..300).filter(|_| alarms_in(100_000, &mut random)).count();
    println!("SRM, seed 7, alpha .05, 300 runs of 100,000 looks: {alarms} false alarms");
    assert!((1..=15).contains(&alarms), "{alarms}");
}

#[test]
fn six_percent_instead_of_five_is_found() {
    let mut at: Vec<u64> = found(100, 60_000, 0.06, 8).into_iter().flatten().collect();
    at.sort_unstable();
    println!("SRM, seed 8, alpha .01, 6 % for 5 %: median {:?}, p95 {:?}", at[50], at[94]);
    assert!(at.len() >= 95 && at[50] < 12_000, "{}", at.len());
}

const VECTORS: [(&[u64], &[f64], f64); 3] = [
    (&[9400, 600], &[0.95, 0.05], 4.71313732202),
    (&[95000, 5000], &[0.95, 0.05], -1.19909955025),
    (&[5000, 3300, 1700], &[0.5, 0.3, 0.2], 18.2417314765),
];
