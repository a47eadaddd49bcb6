//! Which decisions belong together.
//!
//! Those of one try of one rollout in one file. Each Envoy decides for itself and a record does not say
//! which one it was, so the decisions of two files are never mixed: a rollout that one proxy has promoted
//! and another has stopped must not read as one story.

use super::{Found, Log};
use crate::story::{Summary, summarize};
use serinus_core::record::Record;

/// One try of a rollout, as one file tells it.
#[derive(Clone, Debug)]
pub struct Timeline<'a> {
    /// The file's name.
    pub file: &'a str,
    /// The rollout's name.
    pub rollout: &'a str,
    /// Its generation.
    pub generation: u64,
    /// Its decisions, in the order of the file; at least one.
    pub decisions: Vec<&'a Found>,
    /// What they came to.
    pub summary: Summary,
}

/// The timelines of a file, in the order in which they begin.
pub fn timelines(log: &Log) -> Vec<Timeline<'_>> {
    let mut tries: Vec<(&str, u64, Vec<&Found>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for found in &log.found {
        let Record { rollout, generation, .. } = &found.record;
        let place = *places.entry((rollout.as_str(), *generation)).or_insert_with(|| {
            tries.push((rollout, *generation, Vec::new()));
            tries.len() - 1
        });
        if let Some((_, _, decisions)) = tries.get_mut(place) {
            decisions.push(found);
        }
    }
    tries
        .into_iter()
        .filter_map(|(rollout, generation, decisions)| {
            let records: Vec<&Record> = decisions.iter().map(|found| &found.record).collect();
            let summary = summarize(&records)?;
            Some(Timeline { file: &log.name, rollout, generation, decisions, summary })
        })
        .collect()
}

impl Timeline<'_> {
    /// When its first decision was made, unix milliseconds.
    pub fn first_ms(&self) -> u64 {
        self.decisions.first().map_or(0, |found| found.record.time_ms)
    }
}
