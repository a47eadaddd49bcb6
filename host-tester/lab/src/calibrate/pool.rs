//! Many independent jobs, on all cores.
//!
//! The jobs are numbered, and each knows from its number alone what to do, so it does not matter which core does a job,
//! or when: the results stand in the order of the jobs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

/// The longest time between two calls that say how many jobs are done.
const GLANCE: Duration = Duration::from_millis(100);

/// Does the jobs `0..jobs` on this many threads; their results are in the order of the jobs. `watch` is told now and then
/// how many jobs are done.
pub fn run_all<T: Send>(
    jobs: usize,
    threads: usize,
    job: impl Fn(usize) -> T + Sync,
    watch: &mut dyn FnMut(usize),
) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        let mut mine = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= jobs {
                return mine;
            }
            mine.push((number, job(number)));
            done.fetch_add(1, Ordering::Relaxed);
        }
    };
    let mut results = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        while threads.iter().any(|thread| !thread.is_finished()) {
            // A short batch is not kept waiting for the next glance.
            let soon = Duration::from_millis(5 + done.load(Ordering::Relaxed) as u64);
            thread::sleep(GLANCE.min(soon));
            watch(done.load(Ordering::Relaxed));
        }
        threads.into_iter().flat_map(results_of).collect::<Vec<_>>()
    });
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

/// What a thread has done. A panic in a job is a bug of the job, and goes on in the caller's thread.
fn results_of<T>(thread: ScopedJoinHandle<'_, Vec<T>>) -> Vec<T> {
    match thread.join() {
        Ok(results) => results,
        Err(bug) => std::panic::resume_unwind(bug),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_jobs_on_any_number_of_threads() {
        // The first jobs take the longest.
        let job = |number: usize| {
            thread::sleep(Duration::from_micros(2_000 / (number as u64 + 1)));
            number * number
        };
        let wanted: Vec<usize> = (0..40).map(|number| number * number).collect();
        for threads in [0, 1, 3, 64] {
            let mut seen = 0;
            assert_eq!(run_all(40, threads, job, &mut |done| seen = done), wanted, "{threads}");
            assert_eq!(seen, 40, "{threads}");
        }
        assert!(run_all(0, 3, job, &mut |_| {}).is_empty());
    }
}
