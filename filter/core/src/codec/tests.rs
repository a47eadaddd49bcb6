//! Every value that workers keep for each other, against bytes of a stranger.
//!
//! A test names the type, and takes its format from it: so no format can go out of date behind which nothing is tried.

use super::Stored;
use crate::arm::Arm;
use crate::config::{self, Rollout};
use crate::contract::Cohort;
use crate::engine::local::{LocalMeters, LocalStore};
use crate::engine::{Adviser, Claimant, Engine, Keys, Lease, Meters, Present, Store};
use crate::evidence::{Ended, Ledger, UnitCounts};
use crate::guard::{FailingUnits, FailureSpread, GuardState};
use crate::outcome::Outcome;
use crate::policy::memory::Memory;
use crate::policy::{Decision, Opinion, Param, Snapshot};
use crate::promotion::SlowRequestTests;
use crate::record::Verdict;
use crate::stats::units::Mark;
use proptest::prelude::*;
use serde_json::json;
use std::fmt::Debug;

/// What a stranger may have written: bytes of a length that fits a small value, with many small numbers among them,
/// because these are lengths and counts.
fn strange() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(0), 0..9_u8, any::<u8>(), Just(0xff), Just(0x80)];
    prop::collection::vec(byte, 0..400)
}

/// Reads `bytes` as a `T` of today's format. A value that can be read is written and read again as the same value, and a
/// rollout that finds it under `key` goes on without a panic.
fn survives<T: Stored + PartialEq + Debug>(
    bytes: &[u8],
    context: &T::Context,
    key: impl Fn(&Keys) -> &String,
) -> Result<(), TestCaseError> {
    let framed = [&[T::FORMAT], bytes].concat();
    let Some(value) = T::decode(&framed, context) else { return Ok(()) };
    let again = T::decode(&value.encode(context), context);
    prop_assert_eq!(again.as_ref(), Some(&value));
    let (rollout, store) = (rollout(), LocalStore::default());
    let keys = Keys::of(&rollout);
    store.update(key(&keys), context, |stored| {
        *stored = Some(value.clone());
        Some(())
    });
    play(&rollout, &store, 60);
    Ok(())
}

/// The same of a good value that is cut, extended, or changed in one byte.
fn survives_damage<T: Stored + PartialEq + Debug>(
    context: &T::Context,
    key: impl Fn(&Keys) -> &String,
) -> Result<(), TestCaseError> {
    let (rollout, store) = (rollout(), LocalStore::default());
    play(&rollout, &store, 2000);
    let keys = Keys::of(&rollout);
    let value: &T = &store.read(key(&keys), context).unwrap();
    let bytes = value.encode(context);
    assert_eq!(bytes.first(), Some(&T::FORMAT));
    assert_eq!(T::decode(&bytes, context).as_ref(), Some(value));
    for length in 0..bytes.len() {
        assert_ne!(T::decode(&bytes[..length], context).as_ref(), Some(value), "cut at {length}");
    }
    for place in (1..bytes.len()).step_by(bytes.len().div_ceil(150)) {
        for flip in [1, 0x7f, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[place] ^= flip;
            survives::<T>(&damaged[1..], context, &key)?;
        }
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_ne!(T::decode(&longer, context).as_ref(), Some(value), "a byte too many");
    Ok(())
}

/// Gates of every kind that keep something in shared data, and a policy that remembers.
fn rollout() -> Rollout {
    let document = json!({
        "rollout": "r", "unit": [{ "header": "x-user" }],
        "stages": [{ "weight": "30%", "min_time": "1s" }, { "weight": "100%", "watch": "1h" }],
        "gates": [{ "metric": "errors", "max": "20%" },
            { "metric": "latency", "quantile": "p90", "max": "100ms" },
            { "metric": "latency", "compare": "mann-whitney", "max_effect": 0.6 }],
        "slo": { "availability": "99%", "max_burn": 5 },
    });
    config::from_value(&document).unwrap().remove(0)
}

/// Plays so many requests of 40 users in two workers, of which the canary fails one in seven, with a tick after every 20.
fn play(rollout: &Rollout, store: &LocalStore, requests: u64) {
    let meters = LocalMeters::default();
    let open = |_| Engine::open(rollout, store.clone(), meters.clone(), 1_000);
    let mut workers = [0, 1].map(open);
    let claimants = [0, 1].map(Claimant::new);
    for request in 0..requests {
        let now = 1_000 + request * 50;
        let worker = &mut workers[request as usize % 2];
        let _ = worker.standing(now);
        let arm = if request % 3 == 0 { Arm::Canary } else { Arm::Baseline };
        let unit = Mark::new(&(request % 40).to_le_bytes(), arm);
        let failed = arm == Arm::Canary && request % 7 == 0;
        let outcome = if failed { Outcome::Failure } else { Outcome::Success };
        worker.meters.assigned(arm);
        let ended = Ended::new(outcome, 10_000 + request % 11 * 20_000);
        worker.ended(Cohort::Arm(arm), &ended, Some(unit), now);
        if request % 20 == 0 {
            for (worker, claimant) in workers.iter_mut().zip(&claimants) {
                worker.tick(now, claimant, &Remembers);
            }
        }
    }
}

/// A policy that promotes and remembers.
struct Remembers;

impl Adviser for Remembers {
    fn fingerprint(&self) -> Option<&str> {
        Some("abcd")
    }

    fn params(&self) -> Vec<Param> {
        Vec::new()
    }

    fn evaluate(&self, snapshot: &Snapshot) -> Option<Opinion> {
        let mut memory = snapshot.memory.clone();
        memory.push(7);
        let decision =
            Decision { verdict: Verdict::Hold, reason: "r".into(), evidence: Vec::new(), memory };
        Some(Opinion { sha256: "abcd".into(), fuel: 1, outcome: Ok(decision) })
    }
}

/// For each kind of value: bytes of a stranger, and a good value that is spoilt.
macro_rules! hostile {
    ($($name:ident: $type:ty, $context:expr, $key:expr;)*) => {
        $(mod $name {
            use super::*;

            proptest! {
                #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

                #[test]
                fn bytes_of_a_stranger_are_survived(bytes in strange()) {
                    survives::<$type>(&bytes, &$context, $key)?;
                }
            }

            #[test]
            fn a_good_value_that_is_spoilt_is_survived() {
                survives_damage::<$type>(&$context, $key).unwrap();
            }
        })*
    };
}

hostile! {
    state: Present, (), |keys| &keys.state;
    guard: GuardState, (), |keys| &keys.guard;
    spread: FailureSpread, (), |keys| &keys.spread;
    failing: FailingUnits, (), |keys| &keys.failing[0];
    ledger: Ledger, rollout().layout, |keys| &keys.ledger;
    units: UnitCounts, (), |keys| &keys.units;
    slow: SlowRequestTests, (), |keys| &keys.slow;
    memory: Memory, (), |keys| &keys.policy;
    lease: Lease, (), |keys| &keys.lease;
}
