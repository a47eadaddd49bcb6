use proptest::prelude::*;
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

/// What [`between`] finds, by trying every edge.
fn scanned(p: f64, upper: &[u64], counts: &[u64], rejected: impl Fn(f64, f64) -> bool) -> Quantile {
    let n = total(counts);
    if n == 0.0 {
        return Quantile::default();
    }
    let (mut found, mut hits) = (Quantile::default(), 0.0);
    for (edge, count) in upper.iter().zip(counts) {
        hits += *count as f64;
        let seen = hits / n;
        match rejected(seen, hits) {
            true if seen < p => found.above = Some(*edge),
            true => return Quantile { at_most: Some(*edge), ..found },
            false => {}
        }
    }
    found
}

/// Histograms from a few values to more than a proxy sees in a year, with gaps, and a count above the last edge or none.
fn histogram() -> impl Strategy<Value = Vec<u64>> {
    let up_to = |n: u64| (0..=n).boxed();
    let count = prop_oneof![Just(0), up_to(3), up_to(100), up_to(10_000), up_to(1_000_000_000)];
    prop::collection::vec(count, 0..45)
}

fn share() -> impl Strategy<Value = f64> {
    prop_oneof![0.001..0.999, Just(0.5), Just(0.95), Just(0.99), Just(0.999)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn the_search_finds_what_trying_every_edge_does(
        counts in histogram(), p in share(), alpha in 1e-6..1.0, above_the_last in any::<bool>(),
    ) {
        let edges = counts.len().saturating_sub(usize::from(above_the_last)) as u64;
        let upper: Vec<u64> = (1..=edges).collect();
        let (n, sure) = (total(&counts), libm::log(2.0 / alpha));
        let each = |_, hits: f64| Against::new(p, Prior::Rare).ln(hits, n - hits) >= sure;
        prop_assert_eq!(interval(p, alpha, &upper, &counts), scanned(p, &upper, &counts, each));

        let radius = alpha / 2.0;
        let apart = |seen: f64, _| libm::fabs(seen - p) > radius;
        let found = between(p, &upper, &counts, apart);
        prop_assert_eq!(found, scanned(p, &upper, &counts, apart));
    }
}
