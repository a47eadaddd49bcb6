//! The report for a machine. Its form is documented in `serinus lint --help`: keys are added, never changed.

use super::Linted;
use crate::exit::Exit;
use serde::Serialize;
use serinus_host::lint::Versions;
use serinus_host::lint::{Facts, Finding};
use std::io::{self, Write};

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    envoy: Versions,
    files: Vec<File<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    file: &'a str,
    result: &'static str,
    error: Option<String>,
    module: Option<&'a Facts>,
    findings: &'a [Finding],
}

/// One object on one stream, and nothing else.
pub(super) fn report(files: &[Linted], envoy: Versions, out: &mut dyn Write) -> io::Result<()> {
    let files = files.iter().map(file).collect();
    serde_json::to_writer_pretty(&mut *out, &Report { version: 1, envoy, files })?;
    writeln!(out)
}

fn file(linted: &Linted) -> File<'_> {
    let report = linted.report.as_ref();
    File {
        file: &linted.file,
        result: match linted.exit {
            Exit::Good => "good",
            Exit::FellShort => "fell-short",
            Exit::Unusable => "unreadable",
        },
        error: report.err().map(ToString::to_string),
        module: report.ok().and_then(|report| report.facts.as_ref()),
        findings: report.map_or(&[], |report| &report.findings),
    }
}
