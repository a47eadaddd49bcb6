use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;

/// confseq: `empirical_process_lil_bound(1000, .05, 100, .85)` = .08204769. Its root search stops
/// early, at `C` = 8.122697, whose error by the theorem is .0500015; ours is on the safe side of .05.
#[test]
fn agrees_with_the_reference_implementation() {
    let band = Band::new(0.05, 100.0).unwrap();
    assert!((band.radius(1000.0) - 0.08204769).abs() < 1.1e-7, "{}", band.radius(1000.0));
    let theirs = (0.08204769_f64 / A).powi(2) * 1000.0 - 10.0_f64.ln().ln_1p();
    assert!(crossing(theirs) > 0.05 && crossing(band.c) <= 0.05);
}

/// The paper prints 8.123 for .05; the others by an independent solver (scipy, 1e-12).
#[test]
fn the_constant_is_the_papers() {
    for (alpha, c) in [(0.05, 8.1227193), (0.1, 7.6229748), (0.01, 9.2835434), (1e-4, 12.5994023)] {
        let band = Band::new(alpha, 1.0).unwrap();
        assert!((band.c - c).abs() < 1e-6, "{alpha}: {}", band.c);
    }
}

#[test]
fn nonsense_has_no_band() {
    for (alpha, t_min) in [(0.0, 1.0), (1.0, 1.0), (f64::NAN, 1.0), (0.05, 0.5), (0.05, f64::NAN)] {
        assert_eq!(Band::new(alpha, t_min), None, "{alpha}, {t_min}");
    }
}

#[test]
fn before_its_start_it_says_nothing() {
    let band = Band::new(0.05, 100.0).unwrap();
    assert_eq!(band.radius(99.0), 1.0);
    assert_eq!(band.radius(f64::NAN), 1.0);
    assert_eq!(band.radius(100.0), A * (band.c / 100.0).sqrt());
    assert_eq!(band.quantile(0.5, &[1, 2], &[30, 30, 30]), Quantile::default());
}

#[test]
fn p99_needs_71_000_values() {
    let band = Band::new(0.05, 1000.0).unwrap();
    let needed = (1000..).find(|t| band.radius(f64::from(*t)) <= 0.01);
    assert_eq!(needed, Some(70_679));
}

#[test]
fn quantiles_are_edges_on_both_sides_of_the_truth() {
    // 100,000 values spread evenly over (0, 100]: the p-quantile is 100 p; the radius is .0087.
    let upper: Vec<u64> = (1..100).collect();
    let band = Band::new(0.05, 1000.0).unwrap();
    let found = band.quantile(0.5, &upper, &[1000; 100]);
    assert_eq!(found, Quantile { above: Some(49), at_most: Some(51) });
    assert_eq!(band.quantile(0.0, &upper, &[1000; 100]).above, None);
    assert_eq!(band.quantile(1.0, &upper, &[1000; 100]).at_most, None);
}

/// How often a band of `scale` times the width is left, at alpha .1: looks after each of 10,000
/// values, from 20 on, at ten edges.
fn left(scale: f64, runs: u32) -> f64 {
    let band = Band::new(0.1, 20.0).unwrap();
    let radius: Vec<f64> = (0..=10_000).map(|t| scale * band.radius(f64::from(t))).collect();
    let mut random = StdRng::seed_from_u64(5);
    let left = (0..runs).filter(|_| {
        let mut below = [0.0; 10];
        radius.iter().enumerate().skip(1).any(|(t, radius)| {
            let bucket = (random.random::<f64>() * 11.0) as usize;
            below.iter_mut().skip(bucket).for_each(|n| *n += 1.0);
            let off = |(edge, n): (usize, &f64)| (n / t as f64 - (edge + 1) as f64 / 11.0).abs();
            t >= 20 && below.iter().enumerate().map(off).any(|off| off > *radius)
        })
    });
    let rate = left.count() as f64 / f64::from(runs);
    println!("band, seed 5, alpha .1, {scale} of its width, {runs} runs of 10,000 looks: {rate}");
    rate
}

#[test]
fn it_is_left_less_often_than_alpha_and_half_of_it_is_not() {
    assert!(left(1.0, 200) <= 0.1);
    assert!(left(0.5, 200) > 0.1);
}
