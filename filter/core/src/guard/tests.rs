use super::*;
use crate::codec::Stored;
use proptest::prelude::*;

const POLICY: GuardPolicy = GuardPolicy { alpha: 0.01, tolerate: 0.5, min_errors: 5 };

fn ground(percent: u32) -> StageBaseline {
    let weight = Weight::try_new(percent * 1000).unwrap();
    StageBaseline { weight, began: Counters::default(), absolute: None }
}

fn counters(assigned: [u64; 2], failed: [u64; 2]) -> Counters {
    let pair = |[baseline, canary]: [u64; 2]| PerArm { baseline, canary };
    Counters { assigned: pair(assigned), failed: pair(failed), episodes: pair(failed) }
}

#[test]
fn a_dead_canary_stops_at_the_floor() {
    let mut book = GuardState::default();
    for n in 1..=5 {
        let now = counters([n * 19, n], [0, n]);
        let finding = POLICY.judge(&mut book, &ground(5), &now);
        assert_eq!(finding.breached, n >= POLICY.min_errors, "after {n}: {finding:?}");
    }
}

#[test]
fn an_outage_that_both_arms_share_is_nobodys_fault() {
    let mut book = GuardState::default();
    for n in 1..=500 {
        let finding = POLICY.judge(&mut book, &ground(5), &counters([n * 19, n], [n * 19, n]));
        assert!(!finding.breached, "after {n}: {finding:?}");
    }
}

#[test]
fn a_heavy_user_in_the_canary_is_measured_not_blamed() {
    let mut book = GuardState::default();
    // 5 % of the users, but a quarter of the requests, at equal error rates.
    for n in 1..=400 {
        let now = counters([n * 3000, n * 1000], [n * 3, n]);
        assert!(!POLICY.judge(&mut book, &ground(5), &now).breached, "after {n}");
    }
}

#[test]
fn a_client_that_hammers_on_in_vain_does_not_make_the_canarys_share_small() {
    let mut book = GuardState::default();
    // Four of five requests are its own, and all fail. The others' episodes are the canary's with its weight's chance.
    for n in 1..=400 {
        let failed = counters([n * 9900, n * 100], [n * 7919, n]);
        let now = Counters { episodes: PerArm { baseline: n * 19 + 1, canary: n }, ..failed };
        let finding = POLICY.judge(&mut book, &ground(5), &now);
        assert!(!finding.breached, "after {n}: {finding:?}");
        assert!((finding.share - 0.05).abs() < 0.003, "after {n}: {finding:?}");
    }
}

#[test]
fn failures_that_are_no_episode_are_no_evidence() {
    let mut book = GuardState::default();
    for n in 1..=100 {
        let now = Counters {
            episodes: PerArm { baseline: 0, canary: 1 },
            ..counters([19 * n, n], [0, n])
        };
        let finding = POLICY.judge(&mut book, &ground(5), &now);
        assert!(!finding.breached, "after {n}: {finding:?}");
    }
}

#[test]
fn looking_twice_at_the_same_counters_changes_nothing() {
    let mut book = GuardState::default();
    let now = counters([100, 5], [0, 3]);
    let first = POLICY.judge(&mut book, &ground(5), &now);
    assert_eq!(POLICY.judge(&mut book, &ground(5), &now).ln_e, first.ln_e);
}

#[test]
fn at_full_weight_the_baselines_memory_is_the_measure() {
    let full =
        |rate: Option<f64>| StageBaseline { absolute: rate.map(Odds::absolute), ..ground(100) };
    let run = |ground: StageBaseline| {
        let mut book = GuardState::default();
        (1..=40).find(|&n| {
            let now = counters([0, 10_000 + n], [0, n]);
            POLICY.judge(&mut book, &ground, &now).breached
        })
    };
    let stopped = run(full(Some(0.0015)));
    assert!(stopped >= Some(5) && stopped < Some(40), "{stopped:?}");
    assert_eq!(run(full(None)), None, "without a measure nothing is judged");
}

#[test]
fn a_reset_of_the_counters_does_not_put_the_guard_to_sleep() {
    let before = counters([5000, 500], [50, 50]);
    let mut book = GuardState::opened_at(before);
    let ground = StageBaseline { began: before, ..ground(5) };
    let stopped = (1..=60)
        .find(|&n| POLICY.judge(&mut book, &ground, &counters([n * 19, n], [0, n])).breached);
    assert_eq!(stopped, Some(5));
}

proptest! {
    #[test]
    fn a_book_survives_storage(steps in prop::collection::vec((0..100_u64, 0..5_u64), 0..30)) {
        let mut book = GuardState::default();
        let mut now = Counters::default();
        for (misses, hits) in steps {
            now.episodes.baseline += misses;
            now.episodes.canary += hits;
            POLICY.judge(&mut book, &ground(5), &now);
        }
        prop_assert_eq!(GuardState::decode(&book.encode(&()), &()), Some(book));
    }

    #[test]
    fn foreign_bytes_are_no_book(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = GuardState::decode(&bytes, &());
    }

    #[test]
    fn any_counters_are_survived(a in any::<[u64; 4]>(), b in any::<[u64; 4]>()) {
        let mut book = GuardState::default();
        for x in [a, b] {
            let finding = POLICY.judge(&mut book, &ground(5), &counters([x[0], x[1]], [x[2], x[3]]));
            prop_assert!(!finding.ln_e.is_nan());
        }
    }
}
