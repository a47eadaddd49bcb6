//! What is due when, apart from steps: those begin in the order of the file.

use super::arrivals::Arrivals;
use crate::scenario::Scenario;
use crate::scenario::judge::{Judge, Moment};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// Something that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// A cluster behaves otherwise: the number of the cluster by name, and of the phase.
    Phase(usize, usize),
    /// A stretch of traffic has a request.
    Arrival(usize),
    /// An expectation is to be compared with what there is then: the number of the moment.
    Moment(usize),
}

/// Everything by time; at one time changes come first, and expectations last.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    due: BinaryHeap<Reverse<(Duration, Due)>>,
    pub(super) arrivals: Vec<Arrivals>,
    /// All moments; those at the end are not on the agenda.
    pub(super) moments: Vec<Moment>,
}

impl Agenda {
    pub(super) fn new(scenario: &Scenario, judge: &Judge<'_>, seed: u64) -> Self {
        let mut agenda = Self { moments: judge.moments(), ..Self::default() };
        for (cluster, behaviour) in scenario.clusters.values().enumerate() {
            for (i, phase) in behaviour.phases.iter().enumerate().skip(1) {
                agenda.put(phase.from, Due::Phase(cluster, i));
            }
        }
        for (i, traffic) in scenario.traffic.iter().enumerate() {
            agenda.arrivals.push(Arrivals::new(traffic, i, seed, scenario.lasts));
            agenda.arrival(i);
        }
        for i in 0..agenda.moments.len() {
            if let Some(at) = agenda.moments.get(i).and_then(|moment| moment.at) {
                agenda.put(at, Due::Moment(i));
            }
        }
        agenda
    }

    fn put(&mut self, at: Duration, due: Due) {
        self.due.push(Reverse((at, due)));
    }

    /// Notes when a stretch of traffic has its next request.
    pub(super) fn arrival(&mut self, stretch: usize) {
        if let Some(at) = self.arrivals.get(stretch).and_then(Arrivals::next_at) {
            self.put(at, Due::Arrival(stretch));
        }
    }

    /// When the next thing is due.
    pub(super) fn next_at(&self) -> Option<Duration> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }

    /// The next thing, if it is due.
    pub(super) fn pop(&mut self, now: Duration) -> Option<Due> {
        self.next_at().filter(|at| *at <= now)?;
        self.due.pop().map(|Reverse((_, due))| due)
    }
}
