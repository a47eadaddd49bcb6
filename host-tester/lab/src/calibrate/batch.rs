//! Every scenario, simulated thousands of times.
//!
//! Each run has a seed of its own, so it does not matter which core simulates it, or when.

use super::pool;
use super::run::{Prepared, RunResult, SimulationSetup, run};

/// How many runs of how many scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Runs of each scenario.
    pub runs: usize,
    /// What chance begins with.
    pub seed: u64,
    /// How many cores take part.
    pub threads: usize,
}

/// Simulates every run of every scenario; for each scenario, the results are in the order of its runs.
pub fn run_batch(
    setup: &SimulationSetup<'_>,
    scenarios: &[Prepared<'_>],
    size: Size,
    watch: &mut dyn FnMut(usize),
) -> Vec<Vec<RunResult>> {
    // Long and short runs alternate, so that the time left can be told from the share that is done.
    let job = |job: usize| {
        let number = job / scenarios.len().max(1);
        let scenario = scenarios.get(job % scenarios.len().max(1))?;
        Some(run(setup, scenario, size.seed, number as u64))
    };
    let jobs = scenarios.len() * size.runs;
    let mut results: Vec<Vec<RunResult>> = scenarios.iter().map(|_| Vec::new()).collect();
    for (job, result) in pool::run_all(jobs, size.threads, job, watch).into_iter().enumerate() {
        if let Some(runs) = results.get_mut(job % scenarios.len().max(1)) {
            runs.extend(result);
        }
    }
    results
}
