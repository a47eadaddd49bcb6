//! Did everybody stay where they were put?

use std::collections::BTreeMap;
use std::time::Instant;

use super::load::Done;

/// A user who was sent back and forth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Who.
    pub user: String,
    /// How often the upstream changed, at the least.
    pub changes: usize,
}

/// The users whose upstream changed more than `allowed` times: 0 under a steady weight, 1 for one step (A, then B), 2
/// where a rollback may follow it (A, B, A).
///
/// Requests that overlapped may have been decided in either order, so a change counts only where the one request had
/// been answered before the other was sent. Exchanges without an upstream say nothing.
pub fn stickiness_violations(done: &[Done], allowed: usize) -> Vec<Violation> {
    let mut by_user: BTreeMap<&str, Vec<&Done>> = BTreeMap::new();
    for exchange in done.iter().filter(|exchange| exchange.upstream.is_some()) {
        by_user.entry(&exchange.user).or_default().push(exchange);
    }
    let counted = by_user
        .into_iter()
        .map(|(user, visits)| Violation { user: user.into(), changes: changes(visits) });
    counted.filter(|violation| violation.changes > allowed).collect()
}

/// The changes in the longest chain of visits, each sent after the one before was answered, each to another upstream.
fn changes(mut visits: Vec<&Done>) -> usize {
    visits.sort_by_key(|visit| visit.at_sent);
    // For each upstream: when the earliest chain of so many visits that ends there was answered.
    let mut chains: BTreeMap<Option<&str>, Vec<Instant>> = BTreeMap::new();
    for visit in visits {
        let here = visit.upstream.as_deref();
        let before = chains
            .iter()
            .filter(|(upstream, _)| **upstream != here)
            .map(|(_, ends)| ends.partition_point(|end| *end <= visit.at_sent))
            .max()
            .unwrap_or(0);
        let ends = chains.entry(here).or_default();
        // A chain of `before + 1` visits ends here; so does one of every smaller length.
        for length in 0..=before {
            match ends.get_mut(length) {
                Some(end) => *end = visit.at_done.min(*end),
                None => ends.push(visit.at_done),
            }
        }
    }
    chains.values().map(Vec::len).max().unwrap_or(0).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn visits(list: &[(u64, u64, &str)]) -> Vec<Done> {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        list.iter()
            .map(|(sent, done, upstream)| Done {
                user: "u1".into(),
                at_sent: at(*sent),
                at_done: at(*done),
                status: Ok(200),
                upstream: Some((*upstream).into()),
            })
            .collect()
    }

    fn changes_in(list: &[(u64, u64, &str)]) -> usize {
        stickiness_violations(&visits(list), 0).first().map_or(0, |violation| violation.changes)
    }

    #[test]
    fn every_change_in_a_sequence_counts() {
        assert_eq!(changes_in(&[(0, 1, "a"), (2, 3, "a"), (4, 5, "a")]), 0);
        assert_eq!(changes_in(&[(0, 1, "a"), (2, 3, "b"), (4, 5, "b")]), 1);
        assert_eq!(changes_in(&[(0, 1, "a"), (2, 3, "b"), (4, 5, "a"), (6, 7, "b")]), 3);
        assert_eq!(changes_in(&[(4, 5, "a"), (0, 1, "a"), (2, 3, "b")]), 2, "in the order sent");
    }

    #[test]
    fn overlapping_requests_are_in_no_order() {
        assert_eq!(changes_in(&[(0, 9, "a"), (1, 2, "b")]), 0);
        assert_eq!(changes_in(&[(0, 2, "a"), (1, 5, "b"), (3, 4, "a")]), 0);
        assert_eq!(changes_in(&[(0, 2, "a"), (1, 3, "b"), (4, 5, "a")]), 1);
    }

    #[test]
    fn a_chain_may_begin_with_a_request_that_overlaps_an_earlier_answer() {
        assert_eq!(changes_in(&[(0, 1, "a"), (0, 2, "b"), (3, 5, "a"), (6, 7, "b")]), 2);
    }

    #[test]
    fn allowed_changes_are_no_violation() {
        let rollback = visits(&[(0, 1, "a"), (2, 3, "b"), (4, 5, "a")]);
        assert_eq!(stickiness_violations(&rollback, 2), []);
        assert_eq!(
            stickiness_violations(&rollback, 1),
            [Violation { user: "u1".into(), changes: 2 }]
        );
    }
}
