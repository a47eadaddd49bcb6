//! When the requests of open load come, which they are, and from whom.

use crate::scenario::traffic::{Arrivals as Spread, Traffic};
use fastrand::Rng;
use std::time::Duration;

/// The requests of one stretch of traffic.
#[derive(Debug)]
pub(super) struct Arrivals {
    traffic: Traffic,
    end: Duration,
    next: Duration,
    rng: Rng,
}

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    /// Which part of the mix, from 0; `None`: the rest.
    pub(super) mix: Option<usize>,
    /// From which user.
    pub(super) user: Option<u64>,
}

impl Arrivals {
    /// The stretch with this number, until its own end or that of the scenario.
    pub(super) fn new(traffic: &Traffic, number: usize, seed: u64, end: Option<Duration>) -> Self {
        let own = traffic.lasts.map(|lasts| traffic.from.saturating_add(lasts));
        let end = own.unwrap_or(Duration::MAX).min(end.unwrap_or(Duration::MAX));
        // Stretches of one scenario must not draw the same numbers.
        let mut rng = Rng::with_seed(seed);
        let seed = (0..=number).fold(0, |_, _| rng.u64(..));
        let mut all =
            Self { traffic: traffic.clone(), end, next: traffic.from, rng: Rng::with_seed(seed) };
        all.next = all.next.saturating_add(all.gap());
        all
    }

    /// When the next request comes.
    pub(super) fn next_at(&self) -> Option<Duration> {
        (self.next < self.end).then_some(self.next)
    }

    /// The request that is due now.
    pub(super) fn take(&mut self) -> Arrival {
        self.next = self.next.saturating_add(self.gap());
        let mut left = self.rng.f64();
        let mix = self.traffic.mix.iter().position(|mix| {
            left -= mix.share.get();
            left < 0.0
        });
        let user = self.traffic.users.as_ref().map(|users| self.rng.u64(..users.count));
        Arrival { mix, user }
    }

    fn gap(&mut self) -> Duration {
        let mean = 1.0 / self.traffic.rate;
        let seconds = match self.traffic.arrivals {
            Spread::Even => mean,
            // The first number above zero, so that its logarithm is finite.
            Spread::Poisson => -(1.0 - self.rng.f64()).ln() * mean,
        };
        Duration::from_secs_f64(seconds)
    }
}
