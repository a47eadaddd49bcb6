use super::local::{LocalMeters, LocalStore};
use super::*;
use crate::arm::Arm;
use crate::codec::Stored;
use crate::config;
use crate::contract::Verdict;
use crate::contract::{Cohort, RolloutState};
use crate::evidence::Ended;
use crate::outcome::Outcome;
use crate::promotion::Phase;
use crate::record::Record;
use crate::stats::units::Mark;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// A store of bytes, as Envoy's is. With `races` it loses every third race for anything but the state: what was made of
/// the value is thrown away, and the change is asked again.
#[derive(Clone, Default)]
struct ByteStore {
    bytes: Rc<RefCell<HashMap<String, Vec<u8>>>>,
    updates: Rc<Cell<u32>>,
    races: bool,
}

impl Store for ByteStore {
    fn read<T: Stored>(&self, key: &str, context: &T::Context) -> Option<T> {
        self.bytes.borrow().get(key).and_then(|bytes| T::decode(bytes, context))
    }

    fn update<T: Stored, U>(
        &self,
        key: &str,
        context: &T::Context,
        mut change: impl FnMut(&mut Option<T>) -> Option<U>,
    ) -> Option<U> {
        self.updates.set(self.updates.get() + 1);
        if self.races && self.updates.get().is_multiple_of(3) && !key.contains("/state/") {
            change(&mut self.read(key, context));
        }
        let mut value = self.read(key, context);
        let result = change(&mut value)?;
        self.bytes.borrow_mut().insert(key.to_owned(), value?.encode(context));
        Some(result)
    }
}

fn rollout(extra: Value) -> Rollout {
    let mut document = json!({
        "rollout": "r", "unit": [{ "header": "x-user" }],
        "stages": [{ "weight": "20%", "min_time": "10s" }, { "weight": "100%", "watch": "20s" }],
        "gates": [{ "metric": "errors", "max": "5%" }],
    });
    for (key, value) in extra.as_object().into_iter().flatten() {
        document[key] = value.clone();
    }
    config::from_value(&document).unwrap().remove(0)
}

type Worker<'a, S> = (Engine<&'a Rollout, S, LocalMeters>, Claimant);

fn workers<'a, S: Store + Clone>(
    rollout: &'a Rollout,
    store: &S,
    meters: &LocalMeters,
    count: u64,
) -> Vec<Worker<'a, S>> {
    let open = |id| (Engine::open(rollout, store.clone(), meters.clone(), 0), Claimant::new(id));
    (0..count).map(open).collect()
}

/// Sends a request of this user to the worker; whether the canary served it.
fn send<S: Store>(worker: &mut Worker<'_, S>, user: u64, now: u64, canary_fails: bool) -> bool {
    let (engine, claimant) = worker;
    claimant.served(now);
    let bucket = user * 7919 % 100_000;
    let weight = match engine.standing(now) {
        Standing::Open { weight } => u64::from(weight.get()),
        Standing::RolledBack | Standing::Killed => 0,
    };
    let canary = bucket < weight;
    let arm = if canary { Arm::Canary } else { Arm::Baseline };
    engine.meters.assigned(arm);
    let outcome = if canary && canary_fails { Outcome::Failure } else { Outcome::Success };
    let unit = Mark::new(&user.to_le_bytes(), arm);
    engine.ended(Cohort::Arm(arm), &Ended::new(outcome, 20_000), Some(unit), now);
    canary
}

/// Plays 40 s of 100 requests a second in three workers; the canary fails from `turns` on, every fifth time.
fn play<S: Store + Clone>(store: &S, turns: u64) -> Vec<Record> {
    let (rollout, meters) = (rollout(Value::Null), LocalMeters::default());
    let mut all = workers(&rollout, store, &meters, 3);
    for request in 0..4000_u64 {
        let now = request * 10;
        send(
            &mut all[request as usize % 3],
            request * 31 % 1000,
            now,
            now > turns && request % 5 == 0,
        );
        if request % 100 == 99 {
            all.iter_mut().for_each(|(engine, claimant)| engine.tick(now, claimant, &NoAdviser));
        }
    }
    meters.take_records()
}

#[test]
fn bytes_and_lost_races_change_no_decision() {
    for turns in [5_000, 25_000, u64::MAX] {
        let records = play(&LocalStore::default(), turns);
        assert_eq!(play(&ByteStore::default(), turns), records);
        assert_eq!(play(&ByteStore { races: true, ..ByteStore::default() }, turns), records);
        let last = records.last().map(|record| record.verdict);
        let expected = if turns == u64::MAX { Verdict::Promote } else { Verdict::Rollback };
        assert_eq!(last, Some(expected), "the canary turns after {turns} ms");
    }
}

#[test]
fn a_rollback_holds_for_the_next_request_of_every_worker() {
    let (rollout, store, meters) =
        (rollout(Value::Null), LocalStore::default(), LocalMeters::default());
    let mut all = workers(&rollout, &store, &meters, 4);
    let mut user = 0;
    while all[0].0.state().phase != Phase::RolledBack {
        user += 1;
        send(&mut all[0], user, user, true);
    }
    assert!(user < 60, "{user} requests");
    for worker in &mut all[1..] {
        assert_ne!(worker.0.state().phase, Phase::RolledBack, "no tick has told it");
        let served: Vec<bool> = (0..100).map(|user| send(worker, user, 100, true)).collect();
        assert!(!served.contains(&true));
    }
    assert_eq!(meters.take_records().len(), 1, "one decision");
    assert_eq!(
        meters.gauges(),
        Gauges { state: RolloutState::RolledBack, weight: 0, stage: 0, revision: 2 }
    );
}

#[test]
fn only_who_holds_the_lease_evaluates_and_an_idle_worker_takes_it_from_a_busy_one() {
    let store = LocalStore::default();
    let (first, second) = (Claimant::new(1), Claimant::new(2));
    first.served(1_000);
    assert!(first.holds(&store, "lease", 1_000));
    second.served(1_000);
    assert!(!second.holds(&store, "lease", 1_500), "both are busy");
    assert!(
        second.holds(&store, "lease", 12_000),
        "three seconds without a renewal: its worker has crashed"
    );
    assert!(first.holds(&store, "lease", 15_001));
    first.served(15_500);
    assert!(first.holds(&store, "lease", 15_500));
    assert!(
        second.holds(&store, "lease", 15_600),
        "the first is busy, the second has been idle for ten seconds"
    );
    assert!(!first.holds(&store, "lease", 15_700));
    assert!(
        first.holds(&store, "lease", 1),
        "a clock that is set back takes the lease from the far future"
    );
}

#[test]
fn a_rollback_that_another_build_has_written_stays_one_and_nothing_else_of_it() {
    let rollout = rollout(Value::Null);
    let keys = Keys::of(&rollout);
    for phase in [Phase::RolledBack, Phase::Promoted] {
        let store = ByteStore::default();
        let (state, _) = (
            State {
                revision: 300,
                phase,
                ..State::begin(0, 1, rollout.stage(1).weight, Default::default())
            },
            (),
        );
        let mut bytes = state.encode(&());
        bytes[0] += 1;
        bytes.push(1);
        store.bytes.borrow_mut().insert(keys.state.clone(), bytes);
        let engine = Engine::open(&rollout, store, LocalMeters::default(), 0);
        let expected = if phase == Phase::RolledBack { phase } else { Phase::Progressing };
        assert_eq!(
            (engine.state().phase, engine.state().stage, engine.state().revision),
            (expected, 0, 301)
        );
    }
}

#[test]
fn what_was_seen_in_an_earlier_stage_is_no_evidence_in_a_later_one() {
    let (rollout, store, meters) =
        (rollout(Value::Null), LocalStore::default(), LocalMeters::default());
    let mut all = workers(&rollout, &store, &meters, 2);
    for user in 0..2000 {
        send(&mut all[user as usize % 2], user, user * 4, false);
    }
    for now in [9_000, 11_000, 12_000] {
        let (engine, claimant) = &mut all[0];
        engine.tick(now, claimant, &NoAdviser);
    }
    assert_eq!(all[0].0.state().stage, 1);
    // The second worker merges what it saw in the first stage only now.
    for user in 0..100 {
        send(&mut all[1], user, 12_500, false);
    }
    let (engine, claimant) = &mut all[1];
    engine.tick(13_000, claimant, &NoAdviser);
    let stage = View::new(&rollout, store).ledger().unwrap().stage;
    assert_eq!(stage.canary.outcomes.judged(), 100);
}
