//! The callouts that filters have made, as far as they are kept.

use super::exchange::CalloutSeen;
use std::collections::VecDeque;

/// How many are kept: the last ones.
const KEPT: usize = 10_000;

/// Callouts by number, from 0.
#[derive(Debug, Default)]
pub(super) struct CalloutLog {
    kept: VecDeque<CalloutSeen>,
    /// The number of the first that is kept.
    first: u64,
}

impl CalloutLog {
    /// Keeps one; its number.
    pub(super) fn push(&mut self, callout: CalloutSeen) -> u64 {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
            self.first += 1;
        }
        self.kept.push_back(callout);
        self.next() - 1
    }

    /// The number that the next one will have.
    pub(super) fn next(&self) -> u64 {
        self.first + self.kept.len() as u64
    }

    /// One that is kept.
    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut CalloutSeen> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.kept.get_mut(place)
    }

    /// Those that are kept, from a number on.
    pub(super) fn since(&self, number: u64) -> impl Iterator<Item = &CalloutSeen> {
        let gone = usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.kept.iter().skip(gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::Sent;

    #[test]
    fn the_last_ones_are_kept_under_their_numbers() {
        let mut callouts = CalloutLog::default();
        for at in 0..KEPT as u64 + 5 {
            let callout =
                CalloutSeen { at, worker: 1, cluster: String::new(), sent: Sent::default() };
            assert_eq!(callouts.push(callout), at);
        }
        assert_eq!(callouts.since(0).next().unwrap().at, 5);
        assert_eq!(
            callouts.since(10_003).map(|callout| callout.at).collect::<Vec<_>>(),
            [10_003, 10_004]
        );
        assert!(callouts.get_mut(4).is_none());
        assert_eq!(callouts.get_mut(5).unwrap().at, 5);
    }
}
