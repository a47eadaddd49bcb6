//! A second opinion on the statistics: scipy, on thousands of random tables.
//!
//! `setup/scipy` finds a Python that has it, or fetches it into `target/setup`. Where none can be had the test says so
//! and is skipped: the vectors in `src/stats` are checked anyhow.

#![expect(clippy::unwrap_used, reason = "a test says what must hold by unwrapping it")]

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use serinus_core::stats::confidence::{Prior, interval};
use serinus_core::stats::mann_whitney::compare;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

const SEED: u64 = 11;
const TABLES: usize = 3_000;

/// The Python that has scipy. Found once: two tests that fetch it at the same time take it away from each other.
static PYTHON: LazyLock<Option<String>> = LazyLock::new(|| {
    let found = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../setup/scipy")).output();
    let found = found.ok().filter(|found| found.status.success())?;
    Some(String::from_utf8(found.stdout).unwrap().trim().to_owned())
});

/// What scipy says of each table; `None` where there is no scipy.
fn scipy(tables: &[Value]) -> Option<Vec<[f64; 2]>> {
    let Some(python) = &*PYTHON else {
        eprintln!("skipped: no scipy is to be had (setup/scipy says why)");
        return None;
    };
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/second_opinion.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines: String = tables.iter().map(|table| format!("{table}\n")).collect();
    // It may answer before it has read all.
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let answer = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let text = String::from_utf8(answer.stdout).unwrap();
    let answers: Vec<[f64; 2]> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), tables.len(), "scipy did not answer all (seed {SEED})");
    Some(answers)
}

/// Relative where numbers are large, absolute where they are not.
fn near(ours: f64, theirs: f64, tolerance: f64) -> bool {
    (ours - theirs).abs() <= tolerance * theirs.abs().max(1e-12) || ours == theirs
}

#[test]
fn ranks_are_compared_as_scipy_does() {
    let mut rng = StdRng::seed_from_u64(SEED);
    let tables: Vec<(Vec<u64>, Vec<u64>)> = (0..TABLES)
        .map(|_| {
            let buckets = rng.random_range(2..=12);
            let most = 10_u64.pow(rng.random_range(0..=3));
            let mut arm = || -> Vec<u64> {
                let mut counts: Vec<u64> =
                    (0..buckets).map(|_| rng.random_range(0..=most)).collect();
                // Never nobody at all.
                counts[rng.random_range(0..buckets)] += 1;
                counts
            };
            (arm(), arm())
        })
        .collect();
    let asked: Vec<Value> = tables
        .iter()
        .map(|(canary, baseline)| json!({ "canary": canary, "baseline": baseline }))
        .collect();
    let Some(answers) = scipy(&asked) else { return };
    let mut compared = 0;
    for ((canary, baseline), [u, p]) in tables.iter().zip(answers) {
        let ours = compare(canary, baseline).unwrap();
        assert_eq!(ours.u, u, "{canary:?} {baseline:?} (seed {SEED})");
        // All values equal: scipy has no p, we have 1.
        if p.is_nan() {
            assert_eq!(ours.p, 1.0);
            continue;
        }
        assert!(near(ours.p, p, 1e-9), "{canary:?} {baseline:?}: {} is not {p}", ours.p);
        compared += 1;
    }
    assert!(compared > TABLES * 9 / 10, "{compared}");
}

#[test]
fn intervals_are_those_that_scipys_beta_function_gives() {
    let mut rng = StdRng::seed_from_u64(SEED);
    let tables: Vec<(u64, u64, f64)> = (0..TABLES)
        .map(|_| {
            let total = 10_u64.pow(rng.random_range(0..=6)) * rng.random_range(1..=9);
            let rate = 10_f64.powf(rng.random_range(-5.0..0.0));
            let hits = (total as f64 * rate).round() as u64;
            (hits, total, [0.05, 0.01, 0.001, 0.000_1][rng.random_range(0..4)])
        })
        .collect();
    let asked: Vec<Value> = tables
        .iter()
        .map(|(hits, total, alpha)| json!({ "hits": hits, "total": total, "alpha": alpha }))
        .collect();
    let Some(answers) = scipy(&asked) else { return };
    for ((hits, total, alpha), [low, high]) in tables.iter().zip(answers) {
        let ours = interval(*hits, *total, *alpha, Prior::Rare);
        for (ours, theirs) in [(ours.low, low), (ours.high, high)] {
            // Both solve an equation to some digits; of a sum of logarithms of a million, ten are left.
            let same = near(ours, theirs, 1e-6) || near(1.0 - ours, 1.0 - theirs, 1e-6);
            assert!(same, "{hits} of {total} at {alpha}: {ours} is not {theirs} (seed {SEED})");
        }
    }
}
