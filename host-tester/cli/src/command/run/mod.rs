//! `serinus run`.

use crate::cli::{RunArgs, RunFormat};
use crate::command::progress::ProgressLine;
use crate::exit::Exit;
use anstream::StripStream;
use serinus_lab::rehearsal::{self, page};
use serinus_lab::report::Report;
use serinus_lab::scenario::outcome::RunResult;
use serinus_lab::scenario::report::{json, junit, text};
use serinus_lab::scenario::{Options, Runner};
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

/// Runs every scenario, and reports.
///
/// # Errors
/// If the report cannot be written.
pub fn run(args: &RunArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let mut runner = match Runner::new() {
        Ok(runner) => runner,
        Err(error) => {
            writeln!(err, "serinus: {error}")?;
            return Ok(Exit::Unusable);
        }
    };
    // Before anything is run: an hour later it would be too late to say so.
    let (Ok(file), Ok(report)) = (create(&args.output, err)?, create(&args.report, err)?) else {
        return Ok(Exit::Unusable);
    };
    let mut file = file.map(StripStream::new);
    let mut ran = Vec::new();
    let mut recorded = Vec::new();
    for name in &args.files {
        let Some((one, seen)) = one(name, args, &mut runner) else { continue };
        if args.format == RunFormat::Text {
            match &mut file {
                Some(file) => text::one(&one, file)?,
                None => text::one(&one, if good(&one) { &mut *out } else { &mut *err })?,
            }
        }
        ran.push(one);
        recorded.push(seen);
    }
    if ran.is_empty() {
        writeln!(
            err,
            "serinus: no scenario has {:?} in its name",
            args.only.as_deref().unwrap_or_default()
        )?;
        return Ok(Exit::Unusable);
    }
    match &mut file {
        Some(file) => summary(&ran, args, file)?,
        None if args.format == RunFormat::Text && !ran.iter().all(good) => {
            summary(&ran, args, err)?
        }
        None => summary(&ran, args, out)?,
    }
    if let Some(mut report) = report {
        let all = ran.iter().zip(recorded).collect();
        report.write_all(page::render(all).as_bytes())?;
    }
    Ok(ran.iter().map(exit).max().unwrap_or(Exit::Good))
}

/// Makes a file that was asked for; why it cannot be made is said.
fn create(
    path: &Option<PathBuf>,
    err: &mut dyn Write,
) -> io::Result<Result<Option<File>, WriteError>> {
    let Some(path) = path else { return Ok(Ok(None)) };
    match File::create(path) {
        Ok(file) => Ok(Ok(Some(file))),
        Err(error) => {
            writeln!(err, "serinus: {} cannot be written: {error}", path.display())?;
            Ok(Err(WriteError))
        }
    }
}

/// A file cannot be written, and that has been said.
struct WriteError;

/// What comes once all have run.
fn summary(ran: &[RunResult], args: &RunArgs, out: &mut dyn Write) -> io::Result<()> {
    match args.format {
        RunFormat::Text => text::summary(ran, out),
        RunFormat::Json => json::write(ran, out),
        RunFormat::Junit => junit::write(ran, out),
    }
}

/// Runs one, and records it for a report; `None`: it was not asked for.
fn one(file: &str, args: &RunArgs, runner: &mut Runner) -> Option<(RunResult, Option<Report>)> {
    let scenario = match rehearsal::read(file) {
        Ok(scenario) => scenario,
        Err(unsound) => return Some((RunResult::Invalid(file.to_owned(), unsound), None)),
    };
    let asked = args.only.as_ref().is_none_or(|only| scenario.name.contains(only));
    asked.then(|| {
        let options = Options { seed: args.seed, filter: args.filter.clone(), trace: args.trace };
        let mut shown = ProgressLine::new(&scenario.name, args.trace);
        let record = args.report.is_some();
        let outcome = rehearsal::run(runner, &scenario, &options, &mut shown, record);
        drop(shown);
        match outcome {
            Ok((outcome, recorded)) => {
                (RunResult::Completed(Box::new(scenario), outcome), recorded)
            }
            Err(error) => (
                RunResult::NotRun {
                    file: file.to_owned(),
                    name: scenario.name,
                    why: error.to_string(),
                    fell_short: error.fell_short(),
                },
                None,
            ),
        }
    })
}

fn good(ran: &RunResult) -> bool {
    exit(ran) == Exit::Good
}

fn exit(ran: &RunResult) -> Exit {
    match ran {
        RunResult::Completed(_, outcome) if outcome.passed() => Exit::Good,
        RunResult::Completed(..) | RunResult::NotRun { fell_short: true, .. } => Exit::FellShort,
        RunResult::Invalid(..) | RunResult::NotRun { .. } => Exit::Unusable,
    }
}
