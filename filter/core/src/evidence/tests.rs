use super::*;
use crate::arm::Arm;
use crate::codec::Stored;
use crate::stats::units::Mark;
use proptest::prelude::*;

fn edges() -> Edges {
    Edges::with_thresholds([500_000, 123_456])
}

fn layout() -> Layout {
    Layout { edges: edges(), events: 7 }
}

fn ended(outcome: Outcome, micros: u64) -> Ended {
    Ended::new(outcome, micros)
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
    let (old, new) = (layout(), Layout { edges: Edges::with_thresholds([300_000]), events: 7 });
    let mut ledger = Ledger::new(0, &old);
    let mut delta = Delta::new(0, 0, &old);
    delta.record(Arm::Canary, &ended(Outcome::Success, 280_000), &old);
    ledger.merge(&delta, 0, &old);
    let read = Ledger::decode(&ledger.encode(&old), &new).unwrap();
    assert_eq!(read.stage.canary.outcomes.judged(), 1);
    assert_eq!(read.stage.canary.latency, Histogram::new(&new.edges));
}

#[test]
fn an_idle_gap_empties_the_window_without_a_write() {
    let mut window = Windows::default();
    window.add(1_000_000, &canary(7));
    let seen = |w: &Windows, now| w.recent(now).canary.judged();
    assert_eq!(seen(&window, 1_000_000 + 299_000), 7);
    assert_eq!(seen(&window, 1_000_000 + 300_000), 0);
    assert_eq!(seen(&window, u64::MAX), 0);
}

#[test]
fn a_late_report_lands_in_its_own_slice() {
    let mut window = Windows::default();
    window.add(1_000_000, &canary(1));
    window.add(900_000, &canary(2));
    assert_eq!(window.recent(1_000_000).canary.judged(), 3);
    assert_eq!(window.recent(1_200_000).canary.judged(), 1);
}

#[test]
fn a_clock_that_was_set_back_does_not_blind_the_window() {
    let mut window = Windows::default();
    window.add(90_000_000, &canary(1));
    window.add(1_000_000, &canary(2));
    assert_eq!(window.recent(1_000_000).canary.judged(), 2);
}

#[test]
fn a_delta_of_an_earlier_stage_counts_for_the_window_only() {
    let layout = layout();
    let mut old = Delta::new(1, 0, &layout);
    old.record(Arm::Canary, &ended(Outcome::Failure, 0), &layout);
    let mut ledger = Ledger::new(2, &layout);
    ledger.merge(&old, 1_000_000, &layout);
    assert_eq!(ledger.stage.canary.outcomes.judged(), 0);
    assert_eq!(ledger.windows.recent(1_000_000).canary.judged(), 1);
}

#[test]
fn a_delta_of_a_later_stage_opens_it() {
    let layout = layout();
    let mut ledger = Ledger::new(1, &layout);
    ledger.merge(
        &{
            let mut d = Delta::new(1, 0, &layout);
            d.record(Arm::Canary, &ended(Outcome::Failure, 0), &layout);
            d
        },
        0,
        &layout,
    );
    let mut new = Delta::new(2, 0, &layout);
    new.record(Arm::Baseline, &ended(Outcome::Success, 5), &layout);
    ledger.merge(&new, 0, &layout);
    assert_eq!(
        (ledger.stage.canary.outcomes.judged(), ledger.stage.baseline.outcomes.judged()),
        (0, 1)
    );
}

proptest! {
    #[test]
    fn workers_may_merge_in_any_order(parts in prop::collection::vec((0..3_usize, any::<bool>(), 0..200_000_000_u64, 0..290_u64), 0..40)) {
        let layout = layout();
        let deltas: Vec<(Delta, u64)> = parts.iter().map(|(o, canary, micros, slice)| {
            let mut d = Delta::new(0, 0, &layout);
            let arm = if *canary { Arm::Canary } else { Arm::Baseline };
            d.record(arm, &ended(Outcome::ALL[*o], *micros), &layout);
            (d, 10_000_000 + slice * 1000)
        }).collect();
        let book = |order: &mut dyn Iterator<Item = &(Delta, u64)>| {
            let mut ledger = Ledger::new(0, &layout);
            order.for_each(|(d, at)| ledger.merge(d, *at, &layout));
            let recent = ledger.windows.recent(10_290_000);
            (ledger.stage, recent)
        };
        prop_assert_eq!(book(&mut deltas.iter()), book(&mut deltas.iter().rev()));
    }

    #[test]
    fn a_ledger_survives_storage(n in 0..50_u64, micros in any::<u64>(), at in 0..u64::MAX / 2) {
        let layout = layout();
        let mut ledger = Ledger::new(3, &layout);
        let mut delta = Delta::new(3, 0, &layout);
        (0..n).for_each(|_| delta.record(Arm::Canary, &ended(Outcome::Success, micros), &layout));
        ledger.merge(&delta, at, &layout);
        prop_assert_eq!(Ledger::decode(&ledger.encode(&layout), &layout), Some(ledger));
    }

    #[test]
    fn foreign_bytes_are_refused_not_trusted(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Ledger::decode(&bytes, &layout());
        let _ = UnitCounts::decode(&[&[1][..], &bytes].concat(), &());
        let mut framed = vec![2];
        framed.extend(bytes);
        let _ = Ledger::decode(&framed, &layout());
    }
}

#[test]
fn each_window_is_read_to_a_slice_from_minutes_to_days() {
    const MINUTE: u64 = 60_000;
    let now = 400 * 86_400_000;
    let mut windows = Windows::default();
    // One request a minute, for four days.
    let began = now - 4 * 1440 * MINUTE;
    (0..4 * 1440).for_each(|minute| windows.add(began + minute * MINUTE, &canary(1)));
    let last = now - MINUTE;
    for (span, slice) in
        [(5, 1), (30, 2), (60, 2), (120, 12), (360, 12), (1440, 48), (3 * 1440, 144)]
    {
        let seen = windows.over(last, span * MINUTE).canary.judged();
        assert!((span - slice..=span).contains(&seen), "{seen} in {span} minutes");
    }
}

#[test]
fn a_full_ledger_takes_few_bytes() {
    let layout = layout();
    let mut ledger = Ledger::new(1, &layout);
    let mut delta = Delta::new(1, 0, &layout);
    (0..1000).for_each(|i| delta.record(Arm::Baseline, &ended(Outcome::Success, i), &layout));
    delta.record(Arm::Canary, &ended(Outcome::Failure, 0), &layout);
    (0..30_000).for_each(|i| ledger.merge(&delta, 10_000 * i, &layout));
    let mut w = Writer::new(0);
    ledger.windows.encode(&mut w);
    assert!(w.finish().len() < 1800);
}

#[test]
fn an_event_counts_with_its_request_and_under_its_own_name() {
    let layout = layout();
    let mut events = Events::default();
    events.note(2);
    events.note(99);
    let mut delta = Delta::new(0, 0, &layout);
    for outcome in Outcome::ALL {
        let bought = Ended { events, ..ended(outcome, 1) };
        delta.record(Arm::Canary, &bought, &layout);
    }
    let mut ledger = Ledger::new(0, &layout);
    ledger.merge(&delta, 0, &layout);
    let seen = |ledger: &Ledger| [0, 1, 2, 3].map(|i| ledger.stage.canary.event(i));
    assert_eq!(seen(&ledger), [0, 0, 2, 0], "not for the client that left");
    let bytes = ledger.encode(&layout);
    assert_eq!(Ledger::decode(&bytes, &layout), Some(ledger));
    let renamed = Layout { events: 8, ..layout };
    assert_eq!(seen(&Ledger::decode(&bytes, &renamed).unwrap()), [0; 4]);
}

#[test]
fn what_happens_in_the_warm_up_is_seen_and_not_judged() {
    let layout = layout();
    let mut ledger = Ledger::new(1, &layout);
    let mut delta = Delta::new(1, 30_000, &layout);
    delta.record(Arm::Canary, &ended(Outcome::Failure, 0), &layout);
    ledger.merge(&delta, 29_999, &layout);
    let seen = |ledger: &Ledger| {
        (ledger.stage.canary.outcomes.judged(), ledger.windows.recent(30_000).canary.judged())
    };
    assert_eq!(seen(&ledger), (0, 1));
    ledger.merge(&delta, 30_000, &layout);
    assert_eq!(seen(&ledger), (1, 2));
}

/// A worker that has seen units `range` of the baseline.
fn worker(entry: u64, range: std::ops::Range<u32>) -> NewUnits {
    let mut sightings = NewUnits::new(entry, 0);
    range.for_each(|i| sightings.see(Mark::new(&i.to_le_bytes(), Arm::Baseline)));
    assert!(sightings.has_news(0));
    sightings
}

#[test]
fn a_unit_that_several_workers_serve_is_counted_once() {
    let (mut first, second) = (worker(1, 0..2000), worker(1, 1000..3000));
    let stored = first.merged(None);
    first.learn(stored.clone());
    let stored = second.merged(UnitCounts::decode(&stored.encode(&()), &()));
    assert_eq!(stored.units.counted(), PerArm { baseline: 3000, canary: 0 });
    first.see(Mark::new(&7_u32.to_le_bytes(), Arm::Baseline));
    assert!(!first.has_news(0), "who is known is no news");
}

#[test]
fn the_next_stage_counts_anew_and_an_old_one_does_not_come_back() {
    let stored = worker(1, 0..100).merged(None);
    let next = worker(2, 0..10).merged(Some(stored));
    assert_eq!((next.entry, next.units.estimate()), (2, 10));
    assert_eq!(worker(1, 0..100).merged(Some(next.clone())), next);
}

#[test]
fn a_worker_with_a_late_tick_keeps_few_marks_and_the_census_stays_a_fair_sample() {
    let mut late = worker(1, 0..300_000);
    let census = late.merged(None);
    let bytes = census.encode(&());
    assert!(bytes.len() < 4 * 4096, "{}", bytes.len());
    assert_eq!(UnitCounts::decode(&bytes, &()), Some(census.clone()));
    late.learn(census);
    assert!(!late.has_news(0));
}

#[test]
fn who_comes_in_the_warm_up_is_not_counted() {
    let mut sightings = NewUnits::new(1, 1000);
    sightings.see(Mark::new(b"early", Arm::Canary));
    assert!(!sightings.has_news(999));
    sightings.see(Mark::new(b"late", Arm::Canary));
    assert!(sightings.has_news(1000));
}
