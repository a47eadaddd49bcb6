use super::*;

#[test]
fn all_looks_together_spend_alpha() {
    let spent: f64 = (1..=1_000_000).map(|look| at_look(0.05, look)).sum();
    assert!(spent < 0.05 && spent > 0.05 - 1e-7, "{spent}");
    assert!((at_look(0.05, 1) - 0.030396355).abs() < 1e-9);
    assert_eq!(at_look(0.05, 0), 0.0);
}

#[test]
fn all_gates_together_spend_alpha() {
    assert!((4.0 * share(0.01, 4) - 0.01).abs() < 1e-15);
    assert_eq!(share(0.01, 0), 0.01);
}
