//! What a report draws, taken down while something runs.
//!
//! A run may be a day of traffic, and how long it will last is not always known. So nothing is kept for each
//! request: counts go into slices of time, and once there are too many moments or slices, every second moment
//! goes and slices are merged in pairs. What is taken down is only read, so a run with a report is the same run.

mod lines;
mod pace;
mod rollout_recording;

use crate::report::{Metric, Report, Traffic};
use crate::scenario::observation::{Finished, LogLine, Snapshot};
use lines::Lines;
use pace::Pace;
use rollout_recording::{Gauge, RolloutRecording};
use serinus_core::config;
use serinus_core::contract::series;
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

/// More rollouts than a page is for.
const MOST_TRIALS: usize = 50;

/// More metrics than a page shows.
const MOST_METRICS: usize = 2000;

/// More slices of traffic than a chart has pixels.
const MOST_SLICES: usize = 1024;

/// Takes down what happens.
#[derive(Debug)]
pub struct Recorder {
    start_ms: u64,
    pace: Pace,
    recordings: Vec<RolloutRecording>,
    /// Which metric belongs to which recording.
    gauges: HashMap<String, (usize, Gauge)>,
    traffic: Traffic,
    lines: Lines,
    metrics: Vec<Metric>,
}

impl Recorder {
    /// Of a run that starts at this time of its own clock, and lasts so long if that is known.
    pub fn new(start: SystemTime, lasts: Option<Duration>) -> Self {
        let since = start.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let pace = Pace::new(lasts);
        Self {
            start_ms: millis(since),
            traffic: Traffic::new(millis(pace.every())),
            pace,
            recordings: Vec::new(),
            gauges: HashMap::new(),
            lines: Lines::default(),
            metrics: Vec::new(),
        }
    }

    /// A plugin has this configuration from now on. Of one that says no rollout there is nothing to take down.
    pub fn watch(&mut self, vm_id: &str, config: &[u8]) {
        for rollout in config::parse(config).unwrap_or_default() {
            let same = |known: &RolloutRecording| known.is_of(vm_id, &rollout);
            let place = self.recordings.iter().position(same).unwrap_or(self.recordings.len());
            for (name, gauge) in Gauge::names(&rollout.name) {
                self.gauges.insert(name, (place, gauge));
            }
            match self.recordings.get_mut(place) {
                Some(known) => known.configure(rollout),
                None if place < MOST_TRIALS => {
                    self.recordings.push(RolloutRecording::new(vm_id, rollout))
                }
                None => {}
            }
        }
    }

    /// A request is over.
    pub fn finished(&mut self, over: &Finished<'_>) {
        let at_ms = millis(over.ended);
        self.traffic.record(at_ms, over.cluster.unwrap_or_default(), over.status);
        if at_ms / self.traffic.slice_ms.max(1) >= MOST_SLICES as u64 {
            self.traffic.coarsen();
        }
    }

    /// A plugin logged a line.
    pub fn logged(&mut self, line: &LogLine<'_>) {
        if let Some(record) = lines::record(line.text) {
            let mut recordings = self.recordings.iter_mut();
            if let Some(recording) = recordings.find(|recording| recording.is_about(&record)) {
                recording.decided(record);
            }
        }
        self.lines.push(line);
    }

    /// When the next sample is due.
    pub fn next_at(&self) -> Duration {
        self.pace.next_at()
    }

    /// Takes a sample of how every rollout stands now.
    pub fn sample(&mut self, now: Duration, snapshot: &dyn Snapshot) {
        let (recordings, gauges) = (&mut self.recordings, &self.gauges);
        recordings.iter_mut().for_each(RolloutRecording::forget);
        snapshot.metrics(&mut |raw, value| {
            let known = gauges.get(series::without_scope(raw));
            if let Some((recording, gauge)) = known
                && let Some(recording) = recordings.get_mut(*recording)
            {
                recording.read(*gauge, value);
            }
        });
        for recording in recordings {
            recording.sample(millis(now), snapshot);
        }
        if self.pace.sampled(now) {
            self.recordings.iter_mut().for_each(RolloutRecording::thin);
        }
    }

    /// Takes the last sample, and the metrics as they are in the end.
    pub fn end(&mut self, now: Duration, snapshot: &dyn Snapshot) {
        self.sample(now, snapshot);
        let metrics = &mut self.metrics;
        metrics.clear();
        snapshot.metrics(&mut |raw, value| {
            if metrics.len() < MOST_METRICS {
                metrics.push(Metric { name: raw.to_owned(), value: value as f64 });
            }
        });
    }

    /// All of it, still without what only the caller knows: a title, facts, expectations.
    pub fn report(self, lasted: Duration) -> Report {
        let rollouts = self.recordings.into_iter().filter_map(RolloutRecording::report).collect();
        let (logs, logs_omitted) = self.lines.report();
        Report {
            start_ms: Some(self.start_ms),
            duration_ms: millis(lasted),
            rollouts,
            traffic: (!self.traffic.clusters.is_empty()).then_some(self.traffic),
            metrics: self.metrics,
            logs,
            logs_omitted,
            ..Report::default()
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
