//! What the users of each version saw, lately and in all.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use serinus_rig::Done;

/// The time over which "per second" is counted.
const WINDOW: Duration = Duration::from_secs(1);

/// The counts of one version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Answers.
    pub requests: u64,
    /// Those that were errors.
    pub errors: u64,
}

impl Counts {
    fn add(&mut self, failed: bool) {
        self.requests += 1;
        self.errors += u64::from(failed);
    }
}

#[derive(Default)]
struct Version {
    all: Counts,
    recent: VecDeque<(Instant, bool)>,
}

/// Counts by version, since the act began.
#[derive(Default)]
pub struct Tally(BTreeMap<String, Version>);

impl Tally {
    /// Takes in an exchange that has ended.
    pub fn add(&mut self, done: &Done) {
        let Some(name) = &done.upstream else { return };
        let version = self.0.entry(name.clone()).or_default();
        version.all.add(!done.is_ok());
        version.recent.push_back((done.at_done, !done.is_ok()));
    }

    /// Forgets what is too old to be recent.
    pub fn roll(&mut self, now: Instant) {
        for version in self.0.values_mut() {
            let old = |(at, _): &(Instant, bool)| now.saturating_duration_since(*at) > WINDOW;
            while version.recent.front().is_some_and(old) {
                version.recent.pop_front();
            }
        }
    }

    /// Since the act began.
    pub fn all(&self, version: &str) -> Counts {
        self.0.get(version).map_or_else(Counts::default, |version| version.all)
    }

    /// In the last second.
    pub fn recent(&self, version: &str) -> Counts {
        let mut counts = Counts::default();
        let recent = self.0.get(version).into_iter().flat_map(|version| &version.recent);
        recent.for_each(|(_, failed)| counts.add(*failed));
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_second_moves_on_and_the_total_stays() {
        let start = Instant::now();
        let mut tally = Tally::default();
        for (ms, status) in [(0, 200), (500, 503), (1200, 200)] {
            let at = start + Duration::from_millis(ms);
            let upstream = Some("v2".to_owned());
            tally.add(&Done {
                user: "u1".into(),
                at_sent: at,
                at_done: at,
                status: Ok(status),
                upstream,
            });
        }
        tally.roll(start + Duration::from_millis(1300));
        assert_eq!(tally.recent("v2"), Counts { requests: 2, errors: 1 });
        tally.roll(start + Duration::from_millis(1600));
        assert_eq!(tally.recent("v2"), Counts { requests: 1, errors: 0 });
        assert_eq!(tally.all("v2"), Counts { requests: 3, errors: 1 });
        assert_eq!(tally.all("v1"), Counts::default());
    }
}
