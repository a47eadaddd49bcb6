use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::super::band::Band;
use super::*;

#[test]
fn no_data_and_no_quantile_say_nothing() {
    let nothing = Quantile::default();
    assert_eq!(interval(0.5, 0.05, &[], &[]), nothing);
    assert_eq!(interval(0.5, 0.05, &[1, 2], &[0, 0, 0]), nothing);
    for p in [0.0, 1.0, -1.0, f64::NAN] {
        assert_eq!(interval(p, 0.05, &[1], &[9, 9]), nothing, "{p}");
    }
}

/// Half of `alpha` for each side: a gate on the upper end alone needs 410, see `confidence`.
#[test]
fn fast_values_put_p99_under_an_edge() {
    let needed = (1..).find(|n| interval(0.99, 0.05, &[500], &[*n, 0]).at_most == Some(500));
    assert_eq!(needed, Some(486));
}

#[test]
fn it_is_tighter_than_the_band_where_the_tail_is() {
    let upper: Vec<u64> = (1..100).collect();
    let counts = [100; 100];
    let band = Band::new(0.05, 1000.0).unwrap();
    let width = |q: Quantile| q.at_most.unwrap_or(100) - q.above.unwrap_or(0);
    for p in [0.5, 0.9, 0.95, 0.985] {
        let (ours, bands) = (interval(p, 0.05, &upper, &counts), band.quantile(p, &upper, &counts));
        assert!(width(ours) <= width(bands), "{p}: {ours:?} {bands:?}");
    }
    let found = interval(0.95, 0.05, &upper, &counts);
    assert_eq!(found, Quantile { above: Some(94), at_most: Some(96) });
}

#[test]
fn values_above_the_last_edge_are_values() {
    assert_eq!(interval(0.5, 0.05, &[10], &[0, 1000]), Quantile { above: Some(10), at_most: None });
}

#[test]
fn counts_at_the_limits_do_not_break_it() {
    let found = interval(0.5, 0.05, &[1, 2], &[u64::MAX, u64::MAX, u64::MAX]);
    assert_eq!(found, Quantile { above: Some(1), at_most: Some(2) });
}

/// Values 1..=20 uniform, so P90 is 18: looks after each of 2000 values.
#[test]
fn it_misses_the_quantile_less_often_than_alpha() {
    const RUNS: u32 = 200;
    let upper: Vec<u64> = (1..20).collect();
    let mut random = StdRng::seed_from_u64(6);
    let missed = (0..RUNS).filter(|_| {
        let mut counts = [0_u64; 20];
        (0..2000).any(|_| {
            counts[random.random_range(0..20)] += 1;
            let found = interval(0.9, 0.1, &upper, &counts);
            found.above.is_some_and(|edge| edge >= 18) || found.at_most.is_some_and(|e| e < 18)
        })
    });
    let rate = missed.count() as f64 / f64::from(RUNS);
    println!("quantile, seed 6, alpha .1, {RUNS} runs of 2000 looks: missed in {rate}");
    assert!(rate <= 0.1, "{rate}");
}
