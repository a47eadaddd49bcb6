//! Thousands of runs, on all cores.
//!
//! Each run has a seed of its own, so it does not matter which core plays it, or when.

use super::run::{Prepared, Ran, SimulationSetup, run};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

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

/// How often `watch` is told how many runs are over.
const GLANCE: Duration = Duration::from_millis(100);

/// Plays every run of every scenario; for each scenario its runs in order.
pub fn fly(
    world: &SimulationSetup<'_>,
    scenarios: &[Prepared<'_>],
    size: Size,
    watch: &mut dyn FnMut(usize),
) -> Vec<Vec<Ran>> {
    let all = scenarios.len() * size.runs;
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        let mut mine = Vec::new();
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            // Long and short runs alternate, so that the time left can be told from the share that is done.
            let (number, scenario) = (job / scenarios.len().max(1), job % scenarios.len().max(1));
            let Some(prepared) = scenarios.get(scenario).filter(|_| job < all) else { break };
            mine.push((scenario, number, run(world, prepared, size.seed, number as u64)));
            done.fetch_add(1, Ordering::Relaxed);
        }
        mine
    };
    let parts = thread::scope(|scope| {
        let threads: Vec<_> = (0..size.threads.max(1)).map(|_| scope.spawn(work)).collect();
        while threads.iter().any(|thread| !thread.is_finished()) {
            thread::sleep(
                GLANCE.min(Duration::from_millis(5 + done.load(Ordering::Relaxed) as u64)),
            );
            watch(done.load(Ordering::Relaxed));
        }
        // A bug in a run is a bug of this command, and says so.
        let join = |thread: thread::ScopedJoinHandle<'_, _>| match thread.join() {
            Ok(part) => part,
            Err(bug) => std::panic::resume_unwind(bug),
        };
        threads.into_iter().flat_map(join).collect::<Vec<_>>()
    });
    in_order(parts, scenarios.len())
}

fn in_order(mut parts: Vec<(usize, usize, Ran)>, scenarios: usize) -> Vec<Vec<Ran>> {
    parts.sort_by_key(|(scenario, number, _)| (*scenario, *number));
    let mut ran: Vec<Vec<Ran>> = (0..scenarios).map(|_| Vec::new()).collect();
    for (scenario, _, one) in parts {
        if let Some(runs) = ran.get_mut(scenario) {
            runs.push(one);
        }
    }
    ran
}
