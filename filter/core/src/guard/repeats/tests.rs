use super::*;
use proptest::prelude::*;

fn unit(id: u64) -> Mark {
    Mark::new(&id.to_le_bytes(), Cohort::Canary)
}

/// Users of one part, so that they crowd each other out.
fn neighbours() -> impl Iterator<Item = Mark> {
    let home = Repeats::shard(unit(0));
    (0..).map(unit).filter(move |unit| Repeats::shard(*unit) == home)
}

#[test]
fn failures_in_a_row_are_one_episode() {
    let mut repeats = Repeats::default();
    let begun = (0..10).filter(|_| repeats.begins(unit(1), false)).count();
    assert_eq!(begun, 1);
    assert!(repeats.begins(unit(2), false), "another user is another matter");
}

#[test]
fn a_failure_anew_begins_another() {
    let mut repeats = Repeats::default();
    let begun = [false, true, false].map(|anew| repeats.begins(unit(1), anew));
    assert_eq!(begun, [true, true, false]);
    assert_eq!(repeats, Repeats(vec![unit(1).hash()]), "and its user is there once");
}

#[test]
fn a_user_stays_the_same_when_the_arm_changes() {
    let mut repeats = Repeats::default();
    let [baseline, canary] = [Cohort::Baseline, Cohort::Canary].map(|arm| Mark::new(b"ann", arm));
    assert_eq!(Repeats::shard(baseline), Repeats::shard(canary));
    assert!(repeats.begins(baseline, false));
    assert!(!repeats.begins(canary, false));
}

#[test]
fn whose_episode_began_longest_ago_makes_room() {
    let mut repeats = Repeats::default();
    let users: Vec<Mark> = neighbours().take(Repeats::CAPACITY + 1).collect();
    assert!(users.iter().all(|user| repeats.begins(*user, false)));
    assert!(!repeats.begins(users[1], false), "remembered");
    assert!(repeats.begins(users[0], false), "forgotten");
}

impl Answers {
    fn succeeded(&mut self, arm: Cohort, unit: Mark) {
        assert_eq!(self.note(arm, Outcome::Success, unit), None);
    }
}

/// An arm that is well.
fn well(arm: Cohort) -> Answers {
    let mut answers = Answers::default();
    (0..1000).for_each(|id| answers.succeeded(arm, unit(id)));
    answers
}

#[test]
fn good_answers_are_a_recovery() {
    let arm = Cohort::Canary;
    let mut answers = well(arm);
    assert!(!answers.failed(arm, unit(1)), "never seen to fail before");
    (0..RECOVERED).for_each(|_| answers.succeeded(arm, unit(1)));
    assert!(answers.failed(arm, unit(1)));
    (1..RECOVERED).for_each(|_| answers.succeeded(arm, unit(1)));
    assert!(!answers.failed(arm, unit(1)), "one is missing");
}

#[test]
fn a_place_belongs_to_who_failed_last() {
    let arm = Cohort::Canary;
    let mut answers = well(arm);
    let place = |unit: Mark| (unit.hash() >> 4) as usize % Answers::PLACES;
    let other = (1..).map(unit).find(|other| place(*other) == place(unit(0))).unwrap();
    answers.failed(arm, unit(0));
    (0..RECOVERED).for_each(|_| answers.succeeded(arm, other));
    assert!(!answers.failed(arm, other), "good answers of others are not taken down");
    (0..RECOVERED).for_each(|_| answers.succeeded(arm, unit(0)));
    assert!(!answers.failed(arm, unit(0)), "nor are those of whom it belonged to before");
}

#[test]
fn where_an_arm_fails_broadly_every_failure_counts() {
    let [dead, well] = [Cohort::Canary, Cohort::Baseline];
    let mut answers = Answers::default();
    let counted = (0..100).position(|_| answers.failed(dead, unit(1))).map(|n| n + 1);
    assert_eq!(counted, Some(58), "of one user alone");
    let twice = [0, 1].map(|_| answers.failed(well, unit(2)));
    assert_eq!(twice, [true; 2], "at the other arm too, or it would look the better for it");
    (0..100).for_each(|id| answers.succeeded(dead, unit(id)));
    assert!(!answers.failed(dead, unit(3)), "until it is well again");
}

proptest! {
    #[test]
    fn what_is_remembered_survives_storage(
        fails in prop::collection::vec((0..900_u64, any::<bool>()), 0..200)
    ) {
        let mut repeats = Repeats::default();
        for (user, anew) in fails {
            repeats.begins(unit(user), anew);
        }
        prop_assert_eq!(Repeats::decode(&repeats.encode()), Some(repeats));
    }

    #[test]
    fn foreign_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Some(mut repeats) = Repeats::decode(&bytes) {
            repeats.begins(unit(1), false);
            prop_assert!(repeats.0.len() <= Repeats::CAPACITY);
        }
    }
}
