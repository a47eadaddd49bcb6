//! The report for a machine. Its form is documented in `serinus explain --help`: keys are added, never changed.

use crate::exit::Exit;
use serde::Serialize;
use serinus_core::diagnostic::Diagnostic;
use serinus_core::record::Record;
use serinus_lab::explain::{Found, Log, Timeline, timelines};
use serinus_lab::story::{Summary, tell};
use std::io::{self, Write};

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    files: Vec<File<'a>>,
    rollouts: Vec<Rollout<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    file: &'a str,
    result: &'static str,
    lines: usize,
    other_lines: usize,
    decisions: usize,
    problems: &'a [Diagnostic],
}

#[derive(Serialize)]
struct Rollout<'a> {
    file: &'a str,
    rollout: &'a str,
    generation: u64,
    #[serde(flatten)]
    stands: &'a Summary,
    summary: String,
    decisions: Vec<Decision<'a>>,
}

#[derive(Serialize)]
struct Decision<'a> {
    line: usize,
    headline: String,
    why: Vec<String>,
    record: &'a Record,
}

/// One object on one stream, and nothing else.
pub(super) fn report(logs: &[Log], out: &mut dyn Write) -> io::Result<()> {
    let timelines: Vec<Timeline<'_>> = logs.iter().flat_map(timelines).collect();
    let report = Report {
        version: 1,
        files: logs.iter().map(file).collect(),
        rollouts: timelines.iter().map(rollout).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn file(log: &Log) -> File<'_> {
    File {
        file: &log.name,
        result: match super::exit(log) {
            Exit::Good => "good",
            Exit::FellShort => "fell-short",
            Exit::Unusable => "unreadable",
        },
        lines: log.lines,
        other_lines: log.others,
        decisions: log.found.len(),
        problems: &log.problems,
    }
}

fn rollout<'a>(timeline: &'a Timeline<'a>) -> Rollout<'a> {
    Rollout {
        file: timeline.file,
        rollout: timeline.rollout,
        generation: timeline.generation,
        stands: &timeline.summary,
        summary: timeline.summary.sentence(),
        decisions: timeline.decisions.iter().map(|found| decision(found)).collect(),
    }
}

fn decision(found: &Found) -> Decision<'_> {
    let told = tell(&found.record);
    Decision { line: found.line, headline: told.headline, why: told.why, record: &found.record }
}
