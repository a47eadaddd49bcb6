//! Error levels, measured: no test is wrong more often than it says, however often it is looked at.
//!
//! Few runs each, with fixed seeds; `cargo bench -p serinus-core --bench error_control` has 10,000.

#![expect(clippy::expect_used, reason = "a test says what must hold by expecting it")]

#[expect(dead_code, reason = "what other tests need")]
mod simulation;

use serde_json::json;
use serinus_core::config::{self, Rollout};
use serinus_core::guard::GuardPolicy;
use simulation::sequences::{Version, effect_gate, gates_roll_back, mismatches, misses};
use simulation::users::{self, CROWD, Counting, Group, Setting};
use simulation::{Traffic, stopped, stops};

const SEED: u64 = 11;

fn rollout(gates: &serde_json::Value) -> Rollout {
    let document = json!({
        "rollout": "r", "unit": [{ "header": "u" }], "guard": { "alpha": 0.1, "tolerate": "50%" },
        "stages": [{ "weight": "30%", "min_time": "1d" }, { "weight": "100%" }],
        "events": { "buy": { "when": { "response_header": "x", "present": true } } }, "gates": gates,
    });
    config::from_value(&document).expect("a sound rollout").remove(0)
}

/// The share that is exceeded once in a thousand times by so many runs of a chance of exactly `alpha`.
fn limit(alpha: f64, runs: u64) -> f64 {
    alpha + 3.1 * (alpha * (1.0 - alpha) / runs as f64).sqrt()
}

fn rolled_back(policy: &GuardPolicy, traffic: &Traffic, runs: u64) -> f64 {
    stopped(&stops(policy, traffic, 200_000, runs, SEED))
}

#[test]
fn heavy_users_and_a_days_swings_do_not_stop_a_good_canary() {
    // Without the floor, which hides what the test itself does.
    let bare = GuardPolicy { alpha: 0.01, tolerate: 0.0, min_errors: 0 };
    let identical = Traffic::failing(0.001);
    for (what, traffic) in [
        ("heavy-tailed users", Traffic { pareto: 1.2, ..identical }),
        ("swings and outages", Traffic { swings: true, ..identical }),
        ("both", Traffic { pareto: 1.2, swings: true, ..identical }),
    ] {
        let share = rolled_back(&bare, &traffic, 200);
        println!("{what}: {share} (seed {SEED})");
        assert!(share <= limit(0.01, 200), "{what}: {share}");
    }
}

/// The share of rollouts that are stopped within `seconds`, at 5 %, under the standard guard.
fn stopped_by_users(counting: Counting, groups: &[Group], seconds: f64) -> f64 {
    let runs = 150;
    let standard = GuardPolicy { alpha: 0.01, tolerate: 0.5, min_errors: 5 };
    let setting = Setting::five_percent(seconds);
    let stops = users::stops(&standard, counting, groups, setting, (runs, SEED));
    stops.iter().flatten().count() as f64 / runs as f64
}

#[test]
fn users_who_try_again_or_are_broken_do_not_stop_a_good_canary() {
    let again = Group { retries: 4, ..CROWD };
    for (what, groups) in [
        ("four tries", vec![again]),
        ("ten broken accounts", vec![CROWD, Group::alike(10, 0.05, 1.0)]),
        ("twenty half broken ones", vec![CROWD, Group::alike(20, 0.1, 0.5)]),
        ("one that sends a twentieth", vec![CROWD, Group::alike(1, 5.0, 1.0)]),
    ] {
        let [failures, episodes] = [Counting::Failures, Counting::Episodes]
            .map(|counting| stopped_by_users(counting, &groups, 7_200.0));
        println!("{what}: counting failures {failures}, episodes {episodes} (seed {SEED})");
        assert!(failures > limit(0.01, 150), "{what}: {failures} (or there is nothing to show)");
        assert!(episodes <= limit(0.01, 150), "{what}: {episodes}");
    }
}

/// So few users that all of them are known to have failed: every failure counts, or next to none does, as
/// the share that fails is above the limit of [`FailureSpread`](serinus_core::guard::FailureSpread) or below it.
#[test]
fn an_outage_that_few_users_share_stops_nothing_whatever_share_of_requests_it_fails() {
    for fails in [0.05, 0.18, 0.2, 0.25] {
        let groups = [Group::alike(100, 2.0, fails)];
        let stopped = stopped_by_users(Counting::Episodes, &groups, 300.0);
        println!("{fails} fail at both: {stopped} (seed {SEED})");
        assert!(stopped <= limit(0.01, 150), "{fails}: {stopped}");
    }
}

#[test]
fn a_canary_that_is_dead_for_few_users_is_stopped_all_the_same() {
    let of =
        |users: u32| Group { canary: 1.0, ..Group::alike(users, 800.0 / f64::from(users), 0.001) };
    assert!(stopped_by_users(Counting::Episodes, &[of(5000)], 2.0) > 0.99);
    // Where the canary has none of the forty, nobody is hurt; where it has one, nobody can tell whose fault it is.
    let too_few = 0.95_f64.powi(40) + 40.0 * 0.05 * 0.95_f64.powi(39);
    let stopped = stopped_by_users(Counting::Episodes, &[of(40)], 10.0);
    assert!((stopped - (1.0 - too_few)).abs() < 0.1, "{stopped}, {too_few}");
}

#[test]
fn users_who_fail_at_once_break_the_level_and_the_floor_and_tolerance_buy_it_back() {
    let bare = GuardPolicy { alpha: 0.01, tolerate: 0.0, min_errors: 0 };
    let standard = GuardPolicy { alpha: 0.01, tolerate: 0.5, min_errors: 5 };
    let at_once = |at_once| Traffic { at_once, ..Traffic::failing(0.001) };
    let pairs = at_once(2);
    let (broken, held) = (rolled_back(&bare, &pairs, 300), rolled_back(&standard, &pairs, 300));
    println!("two at once: bare {broken}, standard {held} (seed {SEED})");
    assert!(broken > limit(0.01, 300), "{broken}");
    assert!(held < broken / 2.0, "{held} against {broken}");
    let high = GuardPolicy { min_errors: 50, ..standard };
    let fives = at_once(5);
    let (low, high) = (rolled_back(&standard, &fives, 300), rolled_back(&high, &fives, 300));
    println!("five at once: floor 5 {low}, floor 50 {high}");
    assert!(high < low, "{high} against {low}");
}

#[test]
fn a_confidence_sequence_misses_its_rate_no_more_often_than_it_says() {
    for (rate, alpha) in [(0.001, 0.05), (0.01, 0.05), (0.05, 0.01), (0.4, 0.05)] {
        let (below, above) = misses(rate, alpha, 20_000, 300, SEED);
        println!("rate {rate}, alpha {alpha}: below {below}, above {above} (seed {SEED})");
        // Both sides together, so a comparison of two ends is not worse than one interval.
        assert!(below + above <= limit(alpha, 300), "{rate}: {below} + {above}");
    }
}

#[test]
fn fair_arms_are_rarely_a_mismatch() {
    let found = mismatches(0.05, 0.05, 20_000, 100, 200, SEED);
    println!("mismatch at alpha .05: {found} (seed {SEED})");
    assert!(found <= limit(0.05, 200), "{found}");
}

#[test]
fn the_whole_distribution_is_misjudged_no_more_often_than_its_level_over_all_looks() {
    let r =
        rollout(&json!([{ "metric": "latency", "compare": "mann-whitney", "max_effect": 0.56 }]));
    let (passed, _) = effect_gate(&r, 0.56, 30, 100, 150, SEED);
    println!("effect at its limit: passed {passed} at .05 (seed {SEED})");
    assert!(passed <= limit(r.levels.promote, 150), "{passed}");
    let (_, breached) = effect_gate(&r, 0.56, 30, 100, 150, SEED);
    println!("breached {breached} at {}", r.levels.rollback);
    assert!(breached <= limit(r.levels.rollback, 150), "{breached}");
    let (passed, _) = effect_gate(&r, 0.5, 60, 100, 20, SEED);
    assert!(passed > 0.9, "no difference should be seen: {passed}");
    let (_, breached) = effect_gate(&r, 0.65, 60, 100, 20, SEED);
    assert!(breached > 0.9, "a great one too: {breached}");
}

#[test]
fn gates_roll_back_a_canary_at_the_edge_of_what_is_tolerated_no_more_often_than_their_part() {
    let r = rollout(&json!([
        { "metric": "errors", "max": "1%" }, { "metric": "latency", "max": "1s" },
        { "metric": "event", "name": "buy", "max_drop": "10%" } ]));
    let baseline = Version { fails: 0.04, slow: 0.04, event: 0.1 };
    let edge = Version { fails: 0.06, slow: 0.06, event: 0.09 };
    let share = gates_roll_back(&r, [edge, baseline], 60, 500, 50, SEED);
    let part = r.levels.rollback_in_all * 3.0;
    println!("gates alone: {share}, their part is {part} (seed {SEED})");
    assert!(share <= limit(part, 50), "{share}");
    let bad = Version { fails: 0.12, slow: 0.04, event: 0.1 };
    let caught = gates_roll_back(&r, [bad, baseline], 60, 500, 20, SEED);
    assert!(caught > 0.9, "{caught}");
}
