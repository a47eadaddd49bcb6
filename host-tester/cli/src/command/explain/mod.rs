//! `serinus explain`.

mod figures;
mod json;
mod page;
mod text;

#[cfg(feature = "run")]
pub(in crate::command) use text::tell_decision;

use crate::cli::{ExplainArgs, Format};
use crate::exit::Exit;
use serinus_core::diagnostic::Diagnostic;
use serinus_lab::explain::Log;
use std::io::{self, Write};
use std::path::Path;

/// Reads every file, and tells.
///
/// # Errors
/// If what is told cannot be written.
pub fn run(args: &ExplainArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let logs: Vec<Log> = args.files.iter().map(|file| read(file)).collect();
    match args.format {
        _ if args.figures => {
            text::problems(&logs, err)?;
            figures::report(&logs, out)?;
        }
        Format::Text => text::report(&logs, out, err)?,
        Format::Json => json::report(&logs, out)?,
    }
    let written = match &args.report {
        Some(path) => write_page(path, &logs, err)?,
        None => Exit::Good,
    };
    Ok(exit_of_all(&logs).max(written))
}

/// A file that cannot be read is a log with that problem.
fn read(file: &str) -> Log {
    Log::read(file).unwrap_or_else(|error| Log {
        name: file.to_owned(),
        problems: vec![Diagnostic::error("unreadable", "", format!("cannot be read: {error}"))],
        ..Log::default()
    })
}

/// How one file ended.
fn exit(log: &Log) -> Exit {
    let worst = |problem: &Diagnostic| match problem.code {
        "unreadable" => Exit::Unusable,
        _ => Exit::FellShort,
    };
    log.problems.iter().map(worst).max().unwrap_or(Exit::Good)
}

/// How all of it ended. Without any decision these are probably not the files that were meant.
fn exit_of_all(logs: &[Log]) -> Exit {
    let nothing = logs.iter().all(|log| log.found.is_empty() && log.problems.is_empty());
    let worst = logs.iter().map(exit).max().unwrap_or(Exit::Good);
    if nothing { Exit::Unusable } else { worst }
}

fn write_page(path: &Path, logs: &[Log], err: &mut dyn Write) -> io::Result<Exit> {
    let page = serinus_lab::report::render(&page::report(logs));
    match std::fs::write(path, page) {
        Ok(()) => Ok(Exit::Good),
        Err(error) => {
            writeln!(err, "{}: error: the report cannot be written: {error}", path.display())?;
            Ok(Exit::Unusable)
        }
    }
}
