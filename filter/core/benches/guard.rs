//! The guard's error rates, over 10,000 simulated rollouts each; `cargo bench -p serinus-core`.

#[expect(dead_code, reason = "what other tests need")]
#[path = "../tests/simulation/mod.rs"]
mod simulation;

use serinus_core::guard::GuardPolicy;
use simulation::{Traffic, quantile, stopped, stops};

const RUNS: u64 = 10_000;
const SEED: u64 = 1;

fn main() {
    // The default: of a budget of 1 % the guard has four fifths.
    let policy = GuardPolicy { alpha: 0.008, tolerate: 0.5, min_errors: 5 };
    println!(
        "the guard: {policy:?}, 5 % canary, baseline 0.1 % errors, {RUNS} runs, seed {SEED}\n"
    );
    println!("canary requests until rollback      median      p95   stopped");
    for heavy in [0.0, 0.2] {
        for rate in [1.0, 0.3, 0.05, 0.01, 0.003] {
            let traffic = Traffic { heavy, ..Traffic::failing(rate) };
            row(&label(&format!("{:.1} % errors", rate * 100.0), heavy), &policy, &traffic);
        }
    }
    let late = Traffic { turns: 1_000_000, ..Traffic::failing(1.0) };
    row("dead after 1,000,000 good requests", &policy, &late);
    println!("\nfalse rollbacks of identical versions over 400,000 requests (at most 0.8 %)");
    for heavy in [0.0, 0.2] {
        let traffic = Traffic { heavy, ..Traffic::failing(0.001) };
        let share = stopped(&stops(&policy, &traffic, 400_000, RUNS, SEED));
        println!("{:<34} {:>6.2} %", label("identical", heavy), share * 100.0);
    }
}

fn label(what: &str, heavy: f64) -> String {
    match heavy {
        0.0 => what.to_owned(),
        heavy => format!("{what}, one user {:.0} %", heavy * 100.0),
    }
}

fn row(label: &str, policy: &GuardPolicy, traffic: &Traffic) {
    let stops = stops(policy, traffic, traffic.turns + 4_000_000, RUNS, SEED);
    let (median, p95) = (quantile(&stops, 0.5), quantile(&stops, 0.95));
    println!("{label:<34} {median:>7} {p95:>8} {:>7.1} %", stopped(&stops) * 100.0);
}
