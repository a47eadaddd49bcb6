//! A scenario that is run, and recorded if a page is wanted.

use crate::recorder::Recorder;
use crate::report::Report;
use crate::scenario::observation::{Finished, LogLine, Snapshot};
use crate::scenario::run::Observer;
use crate::scenario::{Options, Outcome, Progress, RunError, Runner, Scenario};
use std::time::Duration;

impl Observer for Recorder {
    fn configured(&mut self, vm_id: &str, config: &[u8]) {
        self.watch(vm_id, config);
    }

    fn finished(&mut self, over: &Finished<'_>) {
        self.finished(over);
    }

    fn logged(&mut self, line: &LogLine<'_>) {
        self.logged(line);
    }

    fn next_at(&self) -> Duration {
        self.next_at()
    }

    fn sample(&mut self, now: Duration, snapshot: &dyn Snapshot) {
        self.sample(now, snapshot);
    }

    fn end(&mut self, now: Duration, snapshot: &dyn Snapshot) {
        self.end(now, snapshot);
    }
}

/// What came of a scenario, and what was recorded of it, if anything was.
pub type Recorded = (Outcome, Option<Report>);

/// Runs a scenario; with `record`, what a page draws is recorded.
///
/// # Errors
/// If it cannot be run at all.
pub fn run(
    runner: &mut Runner,
    scenario: &Scenario,
    options: &Options,
    progress: &mut dyn Progress,
    record: bool,
) -> Result<Recorded, RunError> {
    let mut recorder = record.then(|| Recorder::new(scenario.start, scenario.lasts));
    let observer = recorder.as_mut().map(|recorder| recorder as &mut dyn Observer);
    let outcome = runner.run_observed(scenario, options, progress, observer)?;
    // Where a plugin was to refuse its configuration, nothing ran.
    let recorder = recorder.filter(|_| scenario.refused.is_none());
    let report = recorder.map(|recorder| recorder.report(outcome.simulated));
    Ok((outcome, report))
}
