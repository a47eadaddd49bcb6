//! `serinus run`.

mod progress;

use crate::cli::{RunArgs, RunFormat};
use crate::exit::Exit;
use crate::scenario::Scenario;
use crate::scenario::embedded::{Options, Runner};
use crate::scenario::outcome::Ran;
use crate::scenario::report::{json, junit, text};
use anstream::StripStream;
use progress::Shown;
use std::fs::File;
use std::io::{self, Write};

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
    let mut file = match args.output.as_ref().map(File::create).transpose() {
        Ok(file) => file.map(StripStream::new),
        Err(error) => {
            let name = args.output.as_deref().unwrap_or_else(|| "".as_ref()).display();
            writeln!(err, "serinus: {name} cannot be written: {error}")?;
            return Ok(Exit::Unusable);
        }
    };
    let mut ran = Vec::new();
    for name in &args.files {
        let Some(one) = one(name, args, &mut runner) else { continue };
        if args.format == RunFormat::Text {
            match &mut file {
                Some(file) => text::one(&one, file)?,
                None => text::one(&one, if good(&one) { &mut *out } else { &mut *err })?,
            }
        }
        ran.push(one);
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
    Ok(ran.iter().map(exit).max().unwrap_or(Exit::Good))
}

/// What comes once all have run.
fn summary(ran: &[Ran], args: &RunArgs, out: &mut dyn Write) -> io::Result<()> {
    match args.format {
        RunFormat::Text => text::summary(ran, out),
        RunFormat::Json => json::write(ran, out),
        RunFormat::Junit => junit::write(ran, out),
    }
}

/// Runs one; `None`: it was not asked for.
fn one(file: &str, args: &RunArgs, runner: &mut Runner) -> Option<Ran> {
    let scenario = match Scenario::read(file) {
        Ok(scenario) => scenario,
        Err(unsound) => return Some(Ran::Unsound(file.to_owned(), unsound)),
    };
    let asked = args.only.as_ref().is_none_or(|only| scenario.name.contains(only));
    asked.then(|| {
        let options = Options { seed: args.seed, filter: args.filter.clone(), trace: args.trace };
        let mut shown = Shown::new(&scenario.name, args.trace);
        let outcome = runner.run(&scenario, &options, &mut shown);
        drop(shown);
        match outcome {
            Ok(outcome) => Ran::Over(Box::new(scenario), outcome),
            Err(error) => Ran::Broken {
                file: file.to_owned(),
                name: scenario.name,
                why: error.to_string(),
                fell_short: error.fell_short(),
            },
        }
    })
}

fn good(ran: &Ran) -> bool {
    exit(ran) == Exit::Good
}

fn exit(ran: &Ran) -> Exit {
    match ran {
        Ran::Over(_, outcome) if outcome.passed() => Exit::Good,
        Ran::Over(..) | Ran::Broken { fell_short: true, .. } => Exit::FellShort,
        Ran::Unsound(..) | Ran::Broken { .. } => Exit::Unusable,
    }
}
