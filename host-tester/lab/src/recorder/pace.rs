//! When to look: often at first, and half as often each time that there are too many looks.

use std::time::Duration;

/// So many looks draw well; twice as many are never kept.
const LOOKS: u32 = 600;

/// As short as a scenario may be: looking more often shows nothing.
const SHORTEST: Duration = Duration::from_millis(10);

/// Where it is not known how long a run lasts.
const FIRST: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) struct Pace {
    every: Duration,
    next: Duration,
    looks: u32,
}

impl Pace {
    pub(super) fn new(lasts: Option<Duration>) -> Self {
        let every = lasts.map_or(FIRST, |lasts| (lasts / LOOKS).max(SHORTEST));
        Self { every, next: Duration::ZERO, looks: 0 }
    }

    pub(super) fn every(&self) -> Duration {
        self.every
    }

    pub(super) fn next_at(&self) -> Duration {
        self.next
    }

    /// Notes a look; whether every second one is to go.
    pub(super) fn looked(&mut self, now: Duration) -> bool {
        self.looks += 1;
        let full = self.looks >= 2 * LOOKS;
        if full {
            self.looks /= 2;
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
