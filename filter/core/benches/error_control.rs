//! Error levels, measured over 10,000 simulated rollouts each;
//! `cargo bench -p serinus-core --bench error_control`.

#![expect(clippy::expect_used, reason = "its own rollouts are sound")]

#[expect(dead_code, reason = "what other tests need")]
#[path = "../tests/simulation/mod.rs"]
mod simulation;

use serde_json::json;
use serinus_core::config::{self, Rollout};
use serinus_core::guard::GuardPolicy;
use simulation::sequences::{Version, effect_gate, gates_roll_back, mismatches, misses};
use simulation::users::{self, CROWD, Counting, Group, Setting};
use simulation::{Traffic, stopped, stops};
use std::process::ExitCode;

const RUNS: u64 = 10_000;
const SEED: u64 = 1;
const REQUESTS: u64 = 400_000;

/// What the guard is by default.
const STANDARD: GuardPolicy = GuardPolicy { alpha: 0.008, tolerate: 0.5, min_errors: 5 };

fn main() -> ExitCode {
    println!("{RUNS} runs each where nothing else is said, seed {SEED}\n");
    let mut levels = Levels { kept: true };
    false_rollbacks(&mut levels);
    repeats();
    few_users();
    at_once();
    sequences(&mut levels);
    gates(&mut levels);
    if levels.kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What was said of error levels, and whether it was kept.
struct Levels {
    kept: bool,
}

impl Levels {
    fn row(&mut self, what: &str, said: f64, measured: f64, runs: u64) {
        // Exceeded once in a thousand times by a chance of exactly that.
        let limit = said + 3.1 * (said * (1.0 - said) / runs as f64).sqrt();
        let kept = measured <= limit;
        let note = if kept { "" } else { "  TOO OFTEN" };
        println!("{what:<58} {:>7.2} % {:>8.2} %{note}", said * 100.0, measured * 100.0);
        self.kept &= kept;
    }
}

fn head(what: &str) {
    println!("{what:<58} {:>9} {:>10}", "at most", "measured");
}

/// The guard on identical versions, 5 % canary, .1 % errors; with neither floor nor tolerance, which would
/// hide what the test itself does.
fn false_rollbacks(levels: &mut Levels) {
    let bare = GuardPolicy { alpha: 0.01, tolerate: 0.0, min_errors: 0 };
    let same = Traffic::failing(0.001);
    head("the guard rolls back identical versions, no floor, no tolerance");
    for (what, traffic) in [
        ("independent users", same),
        ("one user sends a fifth of all requests", Traffic { heavy: 0.2, ..same }),
        ("2000 users, requests Pareto distributed (1.2)", Traffic { pareto: 1.2, ..same }),
        (
            "a day's swings, and an outage of both in every tenth hour",
            Traffic { swings: true, ..same },
        ),
    ] {
        let measured = stopped(&stops(&bare, &traffic, REQUESTS, RUNS, SEED));
        levels.row(what, bare.alpha, measured, RUNS);
    }
    println!();
}

/// What one user's failures in a row would do to the level, and do.
fn repeats() {
    let runs = RUNS / 5;
    println!("identical versions, 5 % canary, two hours, {runs} runs: rolled back, %");
    println!("{:<58} {:>9} {:>10}", "counting", "failures", "episodes");
    let again = |retries| vec![Group { retries, ..CROWD }];
    let with = |users, rps, fails| vec![CROWD, Group::alike(users, rps, fails)];
    for (what, groups) in [
        ("5000 users, 100 requests/s, .1 % errors", vec![CROWD]),
        ("... whose clients try again once, and fail", again(1)),
        ("... twice", again(2)),
        ("... four times", again(4)),
        ("... 10 of them fail always, every 20 s", with(10, 0.05, 1.0)),
        ("... 50 of them", with(50, 0.05, 1.0)),
        ("... 20 fail every second time, at .1 requests/s", with(20, 0.1, 0.5)),
        ("... 100 fail in 5 %, at .1 requests/s", with(100, 0.1, 0.05)),
        ("... one always fails, and sends 1 % of all requests", with(1, 1.0, 1.0)),
        ("... 5 %", with(1, 5.0, 1.0)),
        ("... five always fail, and send 1 % each", with(5, 1.0, 1.0)),
    ] {
        let [failures, episodes] = [Counting::Failures, Counting::Episodes].map(|counting| {
            let stops = users::stops(
                &STANDARD,
                counting,
                &groups,
                Setting::five_percent(7_200.0),
                (runs, SEED),
            );
            stops.iter().flatten().count() as f64 / runs as f64 * 100.0
        });
        println!("{what:<58} {failures:>9.2} {episodes:>10.2}");
    }
    println!();
}

/// What it costs where users are few, so that one of them is soon a repeat.
fn few_users() {
    let runs = RUNS / 20;
    println!("a canary that turns bad, baseline .1 %, {runs} runs: median seconds to rollback");
    println!("{:<58} {:>9} {:>10}", "counting", "failures", "episodes");
    let hour = Setting::five_percent(3_600.0);
    for (what, setting, group) in [
        ("5000 users, 100 requests/s, 5 % canary", hour, CROWD),
        ("200 users, 1000 requests/s, 5 % canary", hour, Group::alike(200, 5.0, 0.001)),
        ("40 users, 800 requests/s, 5 % canary", hour, Group::alike(40, 20.0, 0.001)),
        ("... in 16 workers", Setting { workers: 16, ..hour }, Group::alike(40, 20.0, 0.001)),
        (
            "6 users, 300 requests/s, 50 % canary",
            Setting { weight: 50_000, ..hour },
            Group::alike(6, 50.0, 0.001),
        ),
    ] {
        for canary in [1.0, 0.3, 0.05] {
            let groups = [Group { canary, ..group }];
            let [failures, episodes] = [Counting::Failures, Counting::Episodes].map(|counting| {
                median(users::stops(&STANDARD, counting, &groups, setting, (runs, SEED)))
            });
            let what = format!("{what}: {:.0} % fail", canary * 100.0);
            println!("{what:<58} {failures:>9.1} {episodes:>10.1}");
        }
    }
    println!();
}

fn median(stops: Vec<Option<users::Stop>>) -> f64 {
    let seconds = |stop: Option<users::Stop>| stop.map_or(f64::INFINITY, |stop| stop.seconds);
    let mut sorted: Vec<f64> = stops.into_iter().map(seconds).collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::INFINITY)
}

/// What correlation between users breaks, and what the floor buys.
fn at_once() {
    println!("identical versions where k users fail at once in one cohort: rolled back, %");
    println!("{:<40} {:>6} {:>6} {:>6} {:>6} {:>6}", "k", 1, 2, 3, 5, 10);
    for (tolerate, min_errors) in [(0.0, 0), (0.5, 0), (0.5, 5), (0.5, 10), (0.5, 20), (0.5, 50)] {
        let policy = GuardPolicy { alpha: 0.008, tolerate, min_errors };
        let shares = [1, 2, 3, 5, 10].map(|at_once| {
            let traffic = Traffic { at_once, ..Traffic::failing(0.0002) };
            let traffic = Traffic { baseline: 0.0002, ..traffic };
            stopped(&stops(&policy, &traffic, REQUESTS, RUNS / 5, SEED)) * 100.0
        });
        let [a, b, c, d, e] = shares;
        let label = format!("tolerate {:.0} %, floor {min_errors}", tolerate * 100.0);
        println!("{label:<40} {a:>6.2} {b:>6.2} {c:>6.2} {d:>6.2} {e:>6.2}");
    }
    println!();
}

fn sequences(levels: &mut Levels) {
    head("a confidence sequence ever misses its rate, in 50,000 looks");
    for (rate, alpha) in [(0.001, 0.05), (0.01, 0.05), (0.05, 0.01), (0.4, 0.05)] {
        let (below, above) = misses(rate, alpha, 50_000, RUNS, SEED);
        levels.row(&format!("rate {rate}: lies below it"), alpha, below, RUNS);
        levels.row(&format!("rate {rate}: lies above it"), alpha, above, RUNS);
    }
    head("\nfair arms are ever a mismatch, in 1,000 looks at 50,000 users");
    for weight in [0.01, 0.05, 0.5] {
        let measured = mismatches(weight, 0.05, 50_000, 50, RUNS, SEED);
        levels.row(&format!("canary {weight}"), 0.05, measured, RUNS);
    }
    println!();
}

fn rollout(gates: &serde_json::Value) -> Rollout {
    let document = json!({
        "rollout": "r", "unit": [{ "header": "u" }], "guard": { "alpha": 0.1, "tolerate": "50%" },
        "stages": [{ "weight": "30%", "min_time": "1d" }, { "weight": "100%" }],
        "events": { "buy": { "when": { "response_header": "x", "present": true } } }, "gates": gates,
    });
    config::from_value(&document).expect("sound").remove(0)
}

fn gates(levels: &mut Levels) {
    head("the whole distribution, with the effect at its limit, in all looks");
    let r =
        rollout(&json!([{ "metric": "latency", "compare": "mann-whitney", "max_effect": 0.56 }]));
    let (passed, breached) = effect_gate(&r, 0.56, 100, 100, RUNS, SEED);
    levels.row("passes", r.levels.promote, passed, RUNS);
    levels.row("is breached", r.levels.rollback, breached, RUNS);
    head("\ngates at the edge of what is tolerated, guard left out, 60 looks");
    let r = rollout(&json!([
        { "metric": "errors", "max": "1%" }, { "metric": "latency", "max": "1s" },
        { "metric": "event", "name": "buy", "max_drop": "10%" } ]));
    let baseline = Version { fails: 0.04, slow: 0.04, event: 0.1 };
    let edge = Version { fails: 0.06, slow: 0.06, event: 0.09 };
    let share = gates_roll_back(&r, [edge, baseline], 60, 500, RUNS, SEED);
    levels.row("three gates roll back", r.levels.rollback_in_all * 3.0, share, RUNS);
}
