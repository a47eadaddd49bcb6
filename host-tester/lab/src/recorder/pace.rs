//! When to take a sample: often at first, and half as often each time that there are too many samples.

use std::time::Duration;

/// So many samples draw well; twice as many are never kept.
const SAMPLES: u32 = 600;

/// As short as a scenario may be: more samples show nothing.
const SHORTEST: Duration = Duration::from_millis(10);

/// Where it is not known how long a run lasts.
const FIRST: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) struct Pace {
    every: Duration,
    next: Duration,
    samples: u32,
}

impl Pace {
    pub(super) fn new(lasts: Option<Duration>) -> Self {
        let every = lasts.map_or(FIRST, |lasts| (lasts / SAMPLES).max(SHORTEST));
        Self { every, next: Duration::ZERO, samples: 0 }
    }

    pub(super) fn every(&self) -> Duration {
        self.every
    }

    pub(super) fn next_at(&self) -> Duration {
        self.next
    }

    /// Notes that a sample was taken; whether every second one is to go.
    pub(super) fn sampled(&mut self, now: Duration) -> bool {
        self.samples += 1;
        let full = self.samples >= 2 * SAMPLES;
        if full {
            self.samples /= 2;
            self.every = self.every.saturating_mul(2);
        }
        while self.next <= now {
            let behind = (now - self.next).as_nanos() / self.every.as_nanos().max(1) + 1;
            let steps = u32::try_from(behind).unwrap_or(u32::MAX);
            self.next = self.next.saturating_add(self.every.saturating_mul(steps));
        }
        full
    }
}
