//! `serinus lint`.

mod json;
mod text;

use crate::cli::{Format, LintArgs};
use crate::exit::Exit;
use serinus_host::lint::{self, Report, Severity};
use std::fs::File;
use std::io::{self, Read, Write};

/// No filter is larger. It keeps `serinus lint /dev/zero` from filling the memory.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Why there are no bytes to look at.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("is larger than 256 MiB, which no filter is")]
    TooLarge,
}

/// What came of one file.
struct Linted {
    file: String,
    report: Result<Report, ReadError>,
    exit: Exit,
}

/// Lints every file, and reports.
///
/// # Errors
/// If the report cannot be written.
pub fn run(args: &LintArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let linted: Vec<Linted> = args.files.iter().map(|file| lint_file(file, args)).collect();
    match args.format {
        Format::Text => text::report(&linted, args.envoy, out, err)?,
        Format::Json => json::report(&linted, args.envoy, out)?,
    }
    Ok(linted.iter().map(|linted| linted.exit).max().unwrap_or(Exit::Good))
}

fn lint_file(path: &str, args: &LintArgs) -> Linted {
    let file = if path == "-" { "<stdin>" } else { path }.to_owned();
    let report = read(path).map(|bytes| lint::lint(&bytes, args.envoy));
    let exit = report.as_ref().map_or(Exit::Unusable, |report| judged(report, args.strict));
    Linted { file, report, exit }
}

fn judged(report: &Report, strict: bool) -> Exit {
    let worst = if strict { Severity::Warning } else { Severity::Error };
    if report.findings.iter().any(|finding| finding.severity <= worst) {
        return Exit::FellShort;
    }
    Exit::Good
}

fn read(path: &str) -> Result<Vec<u8>, ReadError> {
    if path == "-" {
        return read_all(io::stdin().lock());
    }
    read_all(File::open(path)?)
}

fn read_all(reader: impl Read) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ReadError::TooLarge);
    }
    Ok(bytes)
}
