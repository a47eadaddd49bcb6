use super::*;
use proptest::prelude::*;

fn edges() -> Edges {
    Edges::with_thresholds([500_000, 123_456])
}

fn canary(count: u64) -> PerArm<Outcomes> {
    let mut seen: PerArm<Outcomes> = PerArm::default();
    (0..count).for_each(|_| seen.canary.record(Outcome::Success));
    seen
}

#[test]
fn a_gate_threshold_is_an_edge_so_the_tail_is_exact() {
    let edges = edges();
    let mut h = Histogram::new(&edges);
    for micros in [123_455, 123_456, 123_457, 500_000, 500_001] {
        h.record(micros, &edges);
    }
    assert_eq!(h.slower_than(123_456, &edges), 3);
    assert_eq!(h.slower_than(500_000, &edges), 1);
    assert_eq!(h.slower_than(u64::MAX, &edges), 0);
}

#[test]
fn other_thresholds_leave_the_latencies_out_but_not_the_counts() {
    let (old, new) = (edges(), Edges::with_thresholds([300_000]));
    let mut ledger = Ledger::new(0, &old);
    let mut delta = Delta::new(0, &old);
    delta.record(Cohort::Canary, Outcome::Success, 280_000, &old);
    ledger.merge(&delta, 0, &old);
    let read = Ledger::decode(&ledger.encode(&old), &new).unwrap();
    assert_eq!(read.stage.canary.outcomes.judged(), 1);
    assert_eq!(read.stage.canary.latency, Histogram::new(&new));
}

#[test]
fn an_idle_gap_empties_the_window_without_a_write() {
    let mut window = Window::default();
    window.add(1_000_000, &canary(7));
    let seen = |w: &mut Window, now| w.snapshot(now).canary.judged();
    assert_eq!(seen(&mut window, 1_000_000 + 299_000), 7);
    assert_eq!(seen(&mut window, 1_000_000 + 300_000), 0);
    assert_eq!(seen(&mut window, u64::MAX), 0);
}

#[test]
fn a_late_report_lands_in_its_own_slice() {
    let mut window = Window::default();
    window.add(1_000_000, &canary(1));
    window.add(900_000, &canary(2));
    assert_eq!(window.snapshot(1_000_000).canary.judged(), 3);
    assert_eq!(window.snapshot(1_200_000).canary.judged(), 1);
}

#[test]
fn a_clock_that_was_set_back_does_not_blind_the_window() {
    let mut window = Window::default();
    window.add(90_000_000, &canary(1));
    window.add(1_000_000, &canary(2));
    assert_eq!(window.snapshot(1_000_000).canary.judged(), 2);
}

#[test]
fn a_delta_of_an_earlier_stage_counts_for_the_window_only() {
    let edges = edges();
    let mut old = Delta::new(1, &edges);
    old.record(Cohort::Canary, Outcome::Failure, 0, &edges);
    let mut ledger = Ledger::new(2, &edges);
    ledger.merge(&old, 1_000_000, &edges);
    assert_eq!(ledger.stage.canary.outcomes.judged(), 0);
    assert_eq!(ledger.window.snapshot(1_000_000).canary.judged(), 1);
}

#[test]
fn a_delta_of_a_later_stage_opens_it() {
    let edges = edges();
    let mut ledger = Ledger::new(1, &edges);
    ledger.merge(
        &{
            let mut d = Delta::new(1, &edges);
            d.record(Cohort::Canary, Outcome::Failure, 0, &edges);
            d
        },
        0,
        &edges,
    );
    let mut new = Delta::new(2, &edges);
    new.record(Cohort::Baseline, Outcome::Success, 5, &edges);
    ledger.merge(&new, 0, &edges);
    assert_eq!(
        (ledger.stage.canary.outcomes.judged(), ledger.stage.baseline.outcomes.judged()),
        (0, 1)
    );
}

proptest! {
    #[test]
    fn workers_may_merge_in_any_order(parts in prop::collection::vec((0..3_usize, any::<bool>(), 0..200_000_000_u64, 0..290_u64), 0..40)) {
        let edges = edges();
        let deltas: Vec<(Delta, u64)> = parts.iter().map(|(o, canary, micros, slice)| {
            let mut d = Delta::new(0, &edges);
            let arm = if *canary { Cohort::Canary } else { Cohort::Baseline };
            d.record(arm, Outcome::ALL[*o], *micros, &edges);
            (d, 10_000_000 + slice * 1000)
        }).collect();
        let book = |order: &mut dyn Iterator<Item = &(Delta, u64)>| {
            let mut ledger = Ledger::new(0, &edges);
            order.for_each(|(d, at)| ledger.merge(d, *at, &edges));
            let recent = ledger.window.snapshot(10_290_000);
            (ledger.stage, recent)
        };
        prop_assert_eq!(book(&mut deltas.iter()), book(&mut deltas.iter().rev()));
    }

    #[test]
    fn a_ledger_survives_storage(n in 0..50_u64, micros in any::<u64>(), at in 0..u64::MAX / 2) {
        let edges = edges();
        let mut ledger = Ledger::new(3, &edges);
        let mut delta = Delta::new(3, &edges);
        (0..n).for_each(|_| delta.record(Cohort::Canary, Outcome::Success, micros, &edges));
        ledger.merge(&delta, at, &edges);
        prop_assert_eq!(Ledger::decode(&ledger.encode(&edges), &edges), Some(ledger));
    }

    #[test]
    fn foreign_bytes_are_refused_not_trusted(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Ledger::decode(&bytes, &edges());
        let mut framed = vec![1];
        framed.extend(bytes);
        let _ = Ledger::decode(&framed, &edges());
    }
}
