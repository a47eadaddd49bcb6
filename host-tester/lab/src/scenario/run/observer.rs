//! Whoever watches a run beside the judge.

use crate::scenario::observation::{Finished, LogLine, Snapshot};
use std::time::Duration;

/// Sees what happens in a run. An observer only reads, so that a run that is observed is the same run.
pub trait Observer {
    /// A plugin in this VM has this configuration from now on.
    fn configured(&mut self, vm_id: &str, config: &[u8]);

    /// A request is over.
    fn finished(&mut self, over: &Finished<'_>);

    /// A plugin logged a line.
    fn logged(&mut self, line: &LogLine<'_>);

    /// When the next sample is due, since the start.
    fn next_at(&self) -> Duration;

    /// Takes a sample of what there is to see now.
    fn sample(&mut self, now: Duration, snapshot: &dyn Snapshot);

    /// Takes the last sample.
    fn end(&mut self, now: Duration, snapshot: &dyn Snapshot);
}
