//! Figures for a dashboard. Their form is documented in `serinus explain --help`: keys are added, never changed.

use serde::Serialize;
use serinus_lab::explain::{Figures, Log, Timeline, figures, timelines};
use std::io::{self, Write};

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    files: Vec<&'a str>,
    /// Of the first and the last decision, unix milliseconds.
    from_ms: Option<u64>,
    to_ms: Option<u64>,
    #[serde(flatten)]
    figures: Figures,
}

/// One object on one stream, and nothing else.
pub(super) fn report(logs: &[Log], out: &mut dyn Write) -> io::Result<()> {
    let timelines: Vec<Timeline<'_>> = logs.iter().flat_map(timelines).collect();
    let times = || logs.iter().flat_map(|log| &log.found).map(|found| found.record.time_ms);
    let report = Report {
        version: 1,
        files: logs.iter().map(|log| log.name.as_str()).collect(),
        from_ms: times().min(),
        to_ms: times().max(),
        figures: figures(&timelines),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}
