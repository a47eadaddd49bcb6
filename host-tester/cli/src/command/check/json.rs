//! The report for a machine. Its form is documented in `serinus check --help`: keys are added, never changed.

use super::Checked;
use crate::exit::Exit;
use serde::Serialize;
use serinus_core::diagnostic::Diagnostic;
use std::io::{self, Write};

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    files: Vec<File<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    file: &'a str,
    result: &'static str,
    rollouts: &'a [String],
    problems: &'a [Diagnostic],
}

/// One object on one stream, and nothing else.
pub(super) fn report(files: &[Checked], out: &mut dyn Write) -> io::Result<()> {
    let files = files.iter().map(|checked| File {
        file: &checked.file,
        result: result(checked.exit),
        rollouts: &checked.rollouts,
        problems: &checked.problems,
    });
    let report = Report { version: 1, files: files.collect() };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn result(exit: Exit) -> &'static str {
    match exit {
        Exit::Good => "good",
        Exit::FellShort => "fell-short",
        Exit::Unusable => "unreadable",
    }
}
