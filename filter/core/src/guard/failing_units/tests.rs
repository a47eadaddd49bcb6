use super::*;
use crate::arm::Arm;
use crate::codec::Stored;
use proptest::prelude::*;

fn unit(id: u64) -> Mark {
    Mark::new(&id.to_le_bytes(), Arm::Canary)
}

/// Users of one part, so that they crowd each other out.
fn neighbours() -> impl Iterator<Item = Mark> {
    let home = FailingUnits::shard(unit(0));
    (0..).map(unit).filter(move |unit| FailingUnits::shard(*unit) == home)
}

/// Workers and what they share.
struct Process {
    shared: Vec<FailingUnits>,
    workers: Vec<Recoveries>,
}

impl Process {
    fn of(workers: usize) -> Self {
        let shared = vec![FailingUnits::default(); FailingUnits::SHARDS];
        Self { shared, workers: vec![Recoveries::default(); workers] }
    }

    /// A failure that a worker sees: whether it begins an episode.
    fn fails(&mut self, worker: usize, unit: Mark, broad: bool) -> bool {
        let part = FailingUnits::shard(unit);
        let (shared, begins) = self.workers[worker].failed(unit, broad, self.shared[part].clone());
        self.shared[part] = shared.clone();
        self.workers[worker].learn(part, shared);
        begins
    }

    fn succeeds(&mut self, worker: usize, unit: Mark, answers: u8) {
        self.workers[worker].succeeded(unit, answers);
    }

    /// Every worker's tick, in turn.
    fn tick(&mut self) {
        for (worker, part) in (0..self.workers.len())
            .flat_map(|w| (0..FailingUnits::SHARDS).map(move |part| (w, part)))
        {
            let (worker, shared) = (&mut self.workers[worker], &mut self.shared[part]);
            if let Some(added) = worker.added(part, shared.clone()) {
                *shared = added;
            }
            worker.shared(part, shared.clone());
        }
    }
}

#[test]
fn failures_in_a_row_are_one_episode_whichever_worker_sees_them() {
    let mut process = Process::of(4);
    let begun = (0..10).filter(|n| process.fails(n % 4, unit(1), false)).count();
    assert_eq!(begun, 1);
    assert!(process.fails(0, unit(2), false), "another user is another matter");
}

#[test]
fn good_answers_are_a_recovery() {
    let mut process = Process::of(1);
    process.fails(0, unit(1), false);
    process.succeeds(0, unit(1), RECOVERED);
    assert!(process.fails(0, unit(1), false));
    process.succeeds(0, unit(1), RECOVERED - 1);
    assert!(!process.fails(0, unit(1), false), "one is missing");
    process.succeeds(0, unit(1), RECOVERED - 1);
    process.succeeds(0, unit(2), 200);
    assert!(!process.fails(0, unit(1), false), "and they are to be in a row, and that user's");
}

#[test]
fn good_answers_from_several_workers_add_up_on_the_tick() {
    let mut process = Process::of(4);
    process.fails(0, unit(1), false);
    process.succeeds(1, unit(1), 100);
    process.tick();
    assert!(!process.fails(2, unit(1), false), "that was before anybody but the first knew of it");
    process.tick();
    for worker in 0..4 {
        process.succeeds(worker, unit(1), RECOVERED / 4);
    }
    process.tick();
    assert!(process.fails(3, unit(1), false));
}

#[test]
fn good_answers_before_a_failure_elsewhere_are_out_of_date() {
    let mut process = Process::of(2);
    process.fails(0, unit(1), false);
    process.tick();
    process.succeeds(1, unit(1), RECOVERED);
    assert!(!process.fails(0, unit(1), false), "not shared yet");
    process.tick();
    assert!(!process.fails(0, unit(1), false), "shared too late");
}

#[test]
fn where_it_is_broad_every_failure_begins_one() {
    let mut process = Process::of(1);
    let begun = [false, true, true, false].map(|broad| process.fails(0, unit(1), broad));
    assert_eq!(begun, [true, true, true, false]);
    assert_eq!(
        process.shared[FailingUnits::shard(unit(1))].0.len(),
        1,
        "and its user is there once"
    );
}

#[test]
fn a_user_stays_the_same_when_the_arm_changes() {
    let mut process = Process::of(1);
    let [baseline, canary] = [Arm::Baseline, Arm::Canary].map(|arm| Mark::new(b"ann", arm));
    assert!(process.fails(0, baseline, false));
    assert!(!process.fails(0, canary, false));
}

#[test]
fn whose_episode_began_longest_ago_makes_room() {
    let mut process = Process::of(1);
    let users: Vec<Mark> = neighbours().take(FailingUnits::CAPACITY + 1).collect();
    assert!(users.iter().all(|user| process.fails(0, *user, false)));
    assert!(!process.fails(0, users[1], false), "remembered");
    assert!(process.fails(0, users[0], false), "forgotten");
}

proptest! {
    #[test]
    fn what_is_remembered_survives_storage(
        fails in prop::collection::vec((0..900_u64, any::<bool>(), 0..30_u8), 0..200)
    ) {
        let mut process = Process::of(1);
        for (user, broad, good) in fails {
            process.fails(0, unit(user), broad);
            process.succeeds(0, unit(user), good);
            process.tick();
        }
        for part in process.shared {
            prop_assert_eq!(FailingUnits::decode(&part.encode(&()), &()), Some(part));
        }
    }

    /// Where one worker sees everything, it does not matter when it ticks.
    #[test]
    fn a_tick_changes_nothing_for_one_worker(
        steps in prop::collection::vec((0..40_u64, 0..25_u8, any::<bool>()), 0..200)
    ) {
        let (mut ticking, mut idle) = (Process::of(1), Process::of(1));
        for (user, good, tick) in steps {
            prop_assert_eq!(
                ticking.fails(0, unit(user), false), idle.fails(0, unit(user), false)
            );
            ticking.succeeds(0, unit(user), good);
            idle.succeeds(0, unit(user), good);
            if tick {
                ticking.tick();
            }
        }
    }

    #[test]
    fn foreign_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = FailingUnits::decode(&bytes, &());
        if let Some(repeats) = FailingUnits::decode(&[&[FailingUnits::FORMAT], &bytes[..]].concat(), &()) {
            let (repeats, _) = Recoveries::default().failed(unit(1), false, repeats);
            prop_assert!(repeats.0.len() <= FailingUnits::CAPACITY);
        }
    }
}
