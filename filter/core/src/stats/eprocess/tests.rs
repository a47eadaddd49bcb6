use super::*;

#[test]
fn evidence_starts_at_one() {
    assert!(Evidence::default().ln_e().abs() < 1e-12);
}

/// The expected value of the next step under the null is the present value: a martingale.
#[test]
fn under_the_null_no_step_gains_on_average() {
    let (odds, null) = (Odds::split(0.05, 0.5), 0.075 / (0.075 + 0.95));
    let mut evidence = Evidence::default();
    for step in 0..200 {
        let (mut hit, mut miss) = (evidence, evidence);
        hit.observe(&odds, 0, 1);
        miss.observe(&odds, 1, 0);
        let mean = null * hit.ln_e().exp() + (1.0 - null) * miss.ln_e().exp();
        let now = evidence.ln_e().exp();
        assert!((mean / now - 1.0).abs() < 1e-9, "step {step}: {mean} after {now}");
        evidence = if step % 9 == 0 { hit } else { miss };
    }
}

#[test]
fn misses_in_one_batch_or_singly_are_the_same() {
    let odds = Odds::split(0.1, 0.5);
    let (mut batch, mut single) = (Evidence::default(), Evidence::default());
    batch.observe(&odds, 40, 1);
    (0..40).for_each(|_| single.observe(&odds, 1, 0));
    single.observe(&odds, 0, 1);
    assert!((batch.ln_e() - single.ln_e()).abs() < 1e-9);
}

/// Failures in a row until rollback, after so many baseline errors at equal rates.
fn failures_to_stop(mut evidence: Evidence, baseline_errors: u64) -> Option<u64> {
    let odds = Odds::split(0.05, 0.5);
    (0..baseline_errors / 19).for_each(|_| evidence.observe(&odds, 19, 1));
    (1..1000).find(|_| {
        evidence.observe(&odds, 0, 1);
        evidence.ln_e() >= 100.0_f64.ln()
    })
}

#[test]
fn a_dead_canary_needs_few_failures_and_a_late_one_hardly_more() {
    assert_eq!(failures_to_stop(Evidence::default(), 0), Some(3));
    assert_eq!(failures_to_stop(Evidence::default(), 1000), Some(6));
    // What the mixture over starting moments is for: with all capital at stake from the beginning.
    let stakes = [1.0 / MULTIPLIERS.len() as f64; MULTIPLIERS.len()];
    let plain = Evidence { stakes, investments: u32::MAX };
    assert_eq!(failures_to_stop(plain, 1000), Some(62));
}

#[test]
fn at_full_weight_failures_above_the_tolerated_rate_count_and_successes_forgive() {
    let odds = Odds::absolute(0.0015);
    let mut healthy = Evidence::default();
    (0..100).for_each(|_| healthy.observe(&odds, 1000, 1));
    assert!(healthy.ln_e() < 1.0, "{}", healthy.ln_e());
    let mut broken = healthy;
    let stopped = (1..).find(|_| {
        broken.observe(&odds, 1, 1);
        broken.ln_e() >= 100.0_f64.ln()
    });
    assert!(stopped <= Some(6), "{stopped:?}");
}

#[test]
fn a_share_of_one_proves_nothing() {
    let mut evidence = Evidence::default();
    evidence.observe(&Odds::split(1.0, 0.5), 0, 1000);
    assert!(evidence.ln_e() < 1e-3, "{}", evidence.ln_e());
}

#[test]
fn stored_evidence_comes_back_and_nonsense_does_not() {
    let mut evidence = Evidence::default();
    evidence.observe(&Odds::split(0.2, 0.5), 3, 2);
    let (stakes, investments) = evidence.to_parts();
    assert_eq!(Evidence::from_parts(stakes, investments), Some(evidence));
    for nonsense in [f64::NAN, f64::INFINITY, -1.0] {
        assert_eq!(Evidence::from_parts([nonsense; 7], 0), None);
    }
}

#[test]
fn the_logarithms_are_those_of_the_multipliers() {
    for (r, ln) in MULTIPLIERS.into_iter().zip(LN_MULTIPLIERS) {
        assert!((libm::log(r) - ln).abs() < 1e-15, "{r}");
    }
}

/// With a floor of a thousand failures nothing is stopped before, and the evidence grows on.
#[test]
fn no_run_of_failures_is_too_long_to_be_forgiven() {
    let odds = Odds::split(0.01, 0.5);
    let mut evidence = Evidence::default();
    (0..1000).for_each(|_| evidence.observe(&odds, 0, 1));
    evidence.observe(&odds, 0, u64::MAX);
    assert!(evidence.ln_e() > 690.0 && evidence.ln_e().is_finite());
    (0..20_000).for_each(|_| evidence.observe(&odds, 99, 1));
    assert!(evidence.ln_e() < 1.0, "{}", evidence.ln_e());
}

#[test]
fn a_stake_that_is_lost_whole_leaves_the_others() {
    let mut evidence = Evidence::default();
    evidence.observe(&Odds::split(0.5, 0.5), u64::MAX, 0);
    assert!((evidence.ln_e() - (1.0 - INITIAL_STAKE).ln()).abs() < 1e-12);
    evidence.observe(&Odds::split(0.5, 0.5), 0, 1);
    assert!(evidence.ln_e().is_finite());
}
