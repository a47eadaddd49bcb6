use super::*;
use crate::policy::EventCount;

fn arm(requests: u64, failures: u64) -> Arm {
    Arm { requests, failures, ..Arm::default() }
}

fn window(seconds: u32) -> Window {
    Window { seconds, ..Window::default() }
}

#[test]
fn a_stretch_is_the_shortest_that_covers_what_is_asked() {
    let windows = vec![window(40), window(300), window(3600)];
    let snapshot = Snapshot { windows, ..Snapshot::default() };
    let seconds = |length| snapshot.window(Duration::from_secs(length)).map(|w| w.seconds);
    assert_eq!(
        [30, 300, 301, 3601].map(seconds),
        [Some(300), Some(300), Some(3600), None],
        "the whole stage is no stretch"
    );
    assert_eq!(snapshot.whole_stage().map(|w| w.seconds), Some(40));
    assert_eq!(Snapshot::default().window(Duration::ZERO), None);
}

#[test]
fn a_gate_on_trial_is_never_the_open_one() {
    let gate = |name: &str, verdict, severity| GateResult {
        name: name.into(),
        verdict,
        severity,
        detail: String::new(),
    };
    let mut snapshot = Snapshot {
        gates: vec![
            gate("a", Verdict::Rollback, GateSeverity::DryRun),
            gate("b", Verdict::Promote, GateSeverity::Critical),
            gate("c", Verdict::Hold, GateSeverity::Warn),
        ],
        ..Snapshot::default()
    };
    assert_eq!(snapshot.open_gate().map(|gate| gate.name.as_str()), Some("c"));
    snapshot.gates.pop();
    assert_eq!(snapshot.open_gate(), None);
}

#[test]
fn nothing_seen_has_no_rate() {
    assert_eq!(arm(0, 0).failure_rate(), None);
    assert_eq!(arm(0, 0).burn(0.999), None);
    assert_eq!(arm(10, 1).failure_rate(), Some(0.1));
    assert!((arm(1000, 2).burn(0.999).unwrap() - 2.0).abs() < 1e-9);
    let events = vec![EventCount { name: "order".into(), count: 3 }];
    let shop = Arm { events, ..arm(12, 0) };
    assert_eq!((shop.event_rate("order"), shop.event_rate("other")), (Some(0.25), None));
    assert_eq!(shop.event_counts("order"), Some(Counts { hits: 3, total: 12 }));
    assert_eq!(arm(0, 0).event_rate("order"), None);
}

#[test]
fn an_interval_narrows_around_its_rate() {
    let few = arm(100, 1).failure_interval(0.05);
    let many = arm(10_000, 100).failure_interval(0.05);
    assert!(few.low < many.low && many.low < 0.01 && 0.01 < many.high && many.high < few.high);
}

#[test]
fn a_quantile_is_told_by_the_edges_around_it() {
    let latency =
        LatencyHistogram { upper_ms: vec![10.0, 250.5, 500.0], counts: vec![600, 300, 90, 10] };
    let p90 = latency.quantile(0.9, 0.05);
    assert_eq!((p90.above, p90.at_most), (Some(10.0), Some(500.0)));
    assert_eq!(
        (latency.total(), latency.slower_than(250.5), latency.slower_than(300.0)),
        (1000, 100, 100)
    );
    assert_eq!(latency.slower_than(1.0), 1000);
    assert_eq!(LatencyHistogram::default().quantile(0.9, 0.05), QuantileMs::default());
    assert!(!LatencyHistogram::default().is_above(0.9, 0.0, 0.05));
}

#[test]
fn histograms_with_other_edges_are_not_compared() {
    let of =
        |edge, counts: [u64; 2]| LatencyHistogram { upper_ms: vec![edge], counts: counts.into() };
    assert!(of(1.0, [1, 9]).compare(&of(2.0, [9, 1])).is_none());
    assert!(of(1.0, [100, 900]).compare(&of(1.0, [900, 100])).unwrap().effect > 0.8);
}

proptest::proptest! {
    #[test]
    fn what_is_above_an_edge_is_what_the_interval_says(
        counts in proptest::collection::vec(0..300_u64, 8), p in 0.01..0.99, alpha in 1e-4..0.5, ms in 0.0..9.0
    ) {
        let latency = LatencyHistogram { upper_ms: (1..8).map(f64::from).collect(), counts };
        let interval = latency.quantile(p, alpha).above;
        proptest::prop_assert_eq!(latency.is_above(p, ms, alpha), interval.is_some_and(|edge| edge >= ms));
    }
}
